// kafka_cluster: librdkafka's mock of a Kafka cluster as a process of its own, for tests.
//
//     kafka_cluster BROKERS TOPIC PARTITIONS FIFO
//
// Prints its bootstrap servers in one line. Then obeys lines from the FIFO, and prints `ok` after
// each:
//     down | up                 all brokers
//     refuse CODE COUNT         the next COUNT produce requests are answered with error CODE
//     slow MILLISECONDS         round trip
#include <fcntl.h>
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

namespace {

void obey(rd_kafka_mock_cluster_t* cluster, int brokers, const std::string& order) {
  char word[16] = "";
  int first = 0;
  int second = 0;
  std::sscanf(order.c_str(), "%15s %d %d", word, &first, &second);
  const std::string what = word;
  for (int broker = 1; broker <= brokers; ++broker) {
    if (what == "down") rd_kafka_mock_broker_set_down(cluster, broker);
    if (what == "up") rd_kafka_mock_broker_set_up(cluster, broker);
    if (what == "slow") rd_kafka_mock_broker_set_rtt(cluster, broker, first);
  }
  constexpr std::int16_t produce = 0;  // its number in the protocol
  if (what == "refuse") {
    const std::vector<rd_kafka_resp_err_t> errors(static_cast<std::size_t>(second),
                                                  static_cast<rd_kafka_resp_err_t>(first));
    rd_kafka_mock_push_request_errors_array(cluster, produce, errors.size(), errors.data());
  }
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 5) return 2;
  const int brokers = std::atoi(arguments[1]);
  rd_kafka_conf_t* const conf = rd_kafka_conf_new();
  rd_kafka_conf_set_log_cb(conf, nullptr);
  char why[256];
  rd_kafka_t* const handle = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof why);
  if (handle == nullptr) return 1;
  rd_kafka_mock_cluster_t* const cluster = rd_kafka_mock_cluster_new(handle, brokers);
  rd_kafka_mock_topic_create(cluster, arguments[2], std::atoi(arguments[3]), 1);
  std::printf("%s\n", rd_kafka_mock_cluster_bootstraps(cluster));
  std::fflush(stdout);
  const int fifo = open(arguments[4], O_RDWR);  // for writing too, so that it never ends
  std::string line;
  for (char byte; read(fifo, &byte, 1) == 1;) {
    if (byte != '\n') {
      line += byte;
      continue;
    }
    obey(cluster, brokers, line);
    line.clear();
    std::printf("ok\n");
    std::fflush(stdout);
  }
}
