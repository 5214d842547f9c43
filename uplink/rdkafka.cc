#include "uplink/rdkafka.h"

#include "uplink/library.h"

namespace fieldweir {
namespace {

Rdkafka load() {
  const Library from("librdkafka.so.1", "a kafka uplink",
                     "fieldweir-kafka");  // the same file in Debian 12 and 13
  Rdkafka k{};
  from.find(k.conf_new, "rd_kafka_conf_new");
  from.find(k.conf_destroy, "rd_kafka_conf_destroy");
  from.find(k.conf_set, "rd_kafka_conf_set");
  from.find(k.conf_set_opaque, "rd_kafka_conf_set_opaque");
  from.find(k.conf_set_events, "rd_kafka_conf_set_events");
  from.find(k.conf_set_background_event_cb, "rd_kafka_conf_set_background_event_cb");
  from.find(k.conf_set_log_cb, "rd_kafka_conf_set_log_cb");
  from.find(k.create, "rd_kafka_new");
  from.find(k.destroy, "rd_kafka_destroy");
  from.find(k.queue_get_main, "rd_kafka_queue_get_main");
  from.find(k.queue_get_background, "rd_kafka_queue_get_background");
  from.find(k.queue_forward, "rd_kafka_queue_forward");
  from.find(k.queue_destroy, "rd_kafka_queue_destroy");
  from.find(k.headers_new, "rd_kafka_headers_new");
  from.find(k.header_add, "rd_kafka_header_add");
  from.find(k.headers_destroy, "rd_kafka_headers_destroy");
  from.find(k.produceva, "rd_kafka_produceva");
  from.find(k.purge, "rd_kafka_purge");
  from.find(k.error_code, "rd_kafka_error_code");
  from.find(k.error_destroy, "rd_kafka_error_destroy");
  from.find(k.event_type, "rd_kafka_event_type");
  from.find(k.event_message_next, "rd_kafka_event_message_next");
  from.find(k.event_error, "rd_kafka_event_error");
  from.find(k.event_error_string, "rd_kafka_event_error_string");
  from.find(k.event_destroy, "rd_kafka_event_destroy");
  from.find(k.fatal_error, "rd_kafka_fatal_error");
  from.find(k.err2str, "rd_kafka_err2str");
  return k;
}

}  // namespace

const Rdkafka& rdkafka() {
  static const Rdkafka loaded = load();
  return loaded;
}

}  // namespace fieldweir
