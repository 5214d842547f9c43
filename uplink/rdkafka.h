// rdkafka: the one door to librdkafka, which is loaded when the first kafka uplink asks for it (see
// library.h). While starting; rdkafka() throws std::runtime_error that names the missing library.
#pragma once

#include <librdkafka/rdkafka.h>

namespace fieldweir {

/// What we use of librdkafka, by its own names without the prefix.
struct Rdkafka {
  decltype(&::rd_kafka_conf_new) conf_new;
  decltype(&::rd_kafka_conf_destroy) conf_destroy;
  decltype(&::rd_kafka_conf_set) conf_set;
  decltype(&::rd_kafka_conf_set_opaque) conf_set_opaque;
  decltype(&::rd_kafka_conf_set_events) conf_set_events;
  decltype(&::rd_kafka_conf_set_background_event_cb) conf_set_background_event_cb;
  decltype(&::rd_kafka_conf_set_log_cb) conf_set_log_cb;
  decltype(&::rd_kafka_new) create;
  decltype(&::rd_kafka_destroy) destroy;
  decltype(&::rd_kafka_queue_get_main) queue_get_main;
  decltype(&::rd_kafka_queue_get_background) queue_get_background;
  decltype(&::rd_kafka_queue_forward) queue_forward;
  decltype(&::rd_kafka_queue_destroy) queue_destroy;
  decltype(&::rd_kafka_headers_new) headers_new;
  decltype(&::rd_kafka_header_add) header_add;
  decltype(&::rd_kafka_headers_destroy) headers_destroy;
  decltype(&::rd_kafka_produceva) produceva;
  decltype(&::rd_kafka_purge) purge;
  decltype(&::rd_kafka_error_code) error_code;
  decltype(&::rd_kafka_error_destroy) error_destroy;
  decltype(&::rd_kafka_event_type) event_type;
  decltype(&::rd_kafka_event_message_next) event_message_next;
  decltype(&::rd_kafka_event_error) event_error;
  decltype(&::rd_kafka_event_error_string) event_error_string;
  decltype(&::rd_kafka_event_destroy) event_destroy;
  decltype(&::rd_kafka_fatal_error) fatal_error;
  decltype(&::rd_kafka_err2str) err2str;
};

/// Loaded.
const Rdkafka& rdkafka();

}  // namespace fieldweir
