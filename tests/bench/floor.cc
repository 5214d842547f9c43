// floor: the least program that does the gateway's main job, for the benchmark's ratios. One thread
// reads registers with libmodbus, gathers batches of the same size as the gateway's, writes them as
// JSON, optionally stores each in SQLite (WAL, FULL, one commit a second), and publishes with Paho
// at QoS 1. No quality, no accounting, no recovery: what remains when everything that the product
// is for is left out.
//
//   floor MODBUS_PORT BROKER_PORT SECONDS [DATABASE]
//
// Prints: readings=N cpu_ns=N
#include <modbus/modbus.h>
#include <mqtt/async_client.h>
#include <sqlite3.h>
#include <sys/resource.h>

#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>

namespace {

constexpr int units = 10;
constexpr int registers = 100;
constexpr std::size_t rows_per_batch = 500;

struct Row {
  std::int64_t milliseconds;
  int unit;
  int address;
  std::uint16_t value;
};

std::string to_json(const std::vector<Row>& rows) {
  std::string json = "{\"readings\":[";
  char number[32];
  const auto append = [&](auto value) {
    json.append(number, std::to_chars(number, number + sizeof number, value).ptr);
  };
  for (const Row& row : rows) {
    json += "{\"ts\":";
    append(row.milliseconds);
    json += ",\"signal\":\"unit";
    append(row.unit);
    json += ".r";
    append(row.address);
    json += "\",\"value\":";
    append(row.value * 0.1);
    json += ",\"quality\":\"good\"},";
  }
  json.back() = ']';
  json += '}';
  return json;
}

void must(bool good, const char* what) {
  if (good) return;
  std::fprintf(stderr, "floor: %s failed\n", what);
  std::exit(1);
}

class Store {
 public:
  explicit Store(const char* path) {
    must(sqlite3_open(path, &database_) == SQLITE_OK, "sqlite3_open");
    run("PRAGMA page_size=512; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
        "CREATE TABLE batch(id INTEGER PRIMARY KEY, body BLOB); BEGIN");
    sqlite3_prepare_v2(database_, "INSERT INTO batch(body) VALUES(?)", -1, &insert_, nullptr);
  }
  void add(const std::string& body) {
    sqlite3_bind_blob(insert_, 1, body.data(), static_cast<int>(body.size()), SQLITE_STATIC);
    must(sqlite3_step(insert_) == SQLITE_DONE, "insert");
    sqlite3_reset(insert_);
  }
  // what has been sent a second ago is acknowledged: keep the file from growing, as the gateway
  // does
  void commit() { run("DELETE FROM batch; COMMIT; BEGIN"); }

 private:
  void run(const char* sql) {
    must(sqlite3_exec(database_, sql, nullptr, nullptr, nullptr) == SQLITE_OK, sql);
  }
  sqlite3* database_ = nullptr;
  sqlite3_stmt* insert_ = nullptr;
};

std::int64_t cpu_nanoseconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1'000'000'000LL +
         (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1'000LL;
}

}  // namespace

int main(int argc, char** argv) {
  must(argc >= 4, "usage: floor MODBUS_PORT BROKER_PORT SECONDS [DATABASE]");
  modbus_t* bus = modbus_new_tcp("127.0.0.1", std::atoi(argv[1]));
  must(modbus_connect(bus) == 0, "modbus_connect");
  mqtt::async_client client("mqtt://127.0.0.1:" + std::string(argv[2]), "floor", nullptr);
  client.connect(mqtt::connect_options_builder().mqtt_version(MQTTVERSION_3_1_1).finalize())
      ->wait();
  std::unique_ptr<Store> store = argc > 4 ? std::make_unique<Store>(argv[4]) : nullptr;

  std::vector<Row> rows;
  rows.reserve(rows_per_batch + registers);
  std::uint16_t values[registers];
  std::int64_t readings = 0;
  const auto start = std::chrono::steady_clock::now();
  const auto end = start + std::chrono::seconds(std::atoi(argv[3]));
  auto next_commit = start + std::chrono::seconds(1);
  const std::int64_t cpu_at_start = cpu_nanoseconds();
  for (auto due = start; due < end; due += std::chrono::milliseconds(100)) {
    std::this_thread::sleep_until(due);
    for (int unit = 1; unit <= units; ++unit) {
      modbus_set_slave(bus, unit);
      must(modbus_read_registers(bus, 0, registers, values) == registers, "modbus_read_registers");
      const std::int64_t now = std::chrono::duration_cast<std::chrono::milliseconds>(
                                   std::chrono::system_clock::now().time_since_epoch())
                                   .count();
      for (int i = 0; i < registers; ++i) rows.push_back({now, unit, i, values[i]});
      if (rows.size() < rows_per_batch) continue;
      const std::string body = to_json(rows);
      if (store) store->add(body);
      client.publish("floor/telemetry", body, 1, false);
      readings += static_cast<std::int64_t>(rows.size());
      rows.clear();
    }
    if (store && due >= next_commit) {
      store->commit();
      next_commit += std::chrono::seconds(1);
    }
  }
  std::printf("readings=%lld cpu_ns=%lld\n", static_cast<long long>(readings),
              static_cast<long long>(cpu_nanoseconds() - cpu_at_start));
  std::fflush(stdout);
  std::_Exit(0);  // measured: nothing after this is of interest
}
