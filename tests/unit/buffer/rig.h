// Rig: a log on a temporary folder with a clock that the test moves, and uplinks played by the
// test.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>

#include "buffer/log.h"
#include "tests/support/fake_clock.h"
#include "tests/support/temp_dir.h"

namespace fieldweir {

inline SignalTable::Signal signal(std::string_view name, std::string_view unit,
                                  Lane lane = Lane::telemetry) {
  return {SignalName(name), UnitName(unit), Kind::uint64, lane, 0};
}

/// No test here depends on what a power cut does to a real disk: memory will do, and syncs cost
/// nothing.
inline const bool in_memory = [] {
  return std::filesystem::exists("/dev/shm") && setenv("TMPDIR", "/dev/shm", 0) == 0;
}();

class Rig {
 public:
  explicit Rig(std::vector<std::string> uplinks = {"a"}) : uplinks_(std::move(uplinks)) {
    for (int i = 0; i < 100; ++i)
      signals.define(
          signal("dev.s" + std::to_string(i), "C", i == 99 ? Lane::events : Lane::telemetry));
    batch.rows = 20;
    buffer.path = folder.file("journal.db");
  }

  Log& start() {
    log =
        std::make_unique<Log>(batch, buffer, uplinks_,
                              LogContext{signals, texts, clock, Random(++seed_), vfs, free_bytes});
    due_ = 0;
    return *log;
  }
  /// As a power cut would: nothing more is written.
  void crash() { log.reset(); }
  void stop() {
    ASSERT_TRUE(log->stop(clock.now()).ok());
    log.reset();
  }
  void restart() {
    stop();
    start();
  }
  void set_uplinks(std::vector<std::string> uplinks) { uplinks_ = std::move(uplinks); }

  /// `n` readings, numbered through, of signals that change.
  void add(int n, SignalId only = 100) {
    for (; n > 0; --n) {
      const auto signal = only < 100 ? only : static_cast<SignalId>(next_value % 99);
      const Reading r = uint64_reading(signal, clock.now(), next_value++);
      log->output().add({&r, 1}, clock.now());
    }
  }
  void close() { log->output().flush(clock.now()); }
  void batches(int n) {
    for (; n > 0; --n) add(20);
  }

  void run(Duration duration) {
    for (const Time end = clock.now() + duration; clock.now() < end;
         clock.advance(50 * millisecond)) {
      log->output().tick(clock.now());
      for (int turns = 0; clock.now() >= due_ || log->recorder().doorbell().answer(); ++turns) {
        due_ = log->recorder().turn(clock.now());
        ASSERT_LT(turns, 1000) << "the recorder never rests";
      }
    }
  }

  /// Everything that uplink `u` has not yet acknowledged in the lane.
  std::vector<DecodedBatch> pending(std::size_t u, Lane lane = Lane::telemetry,
                                    std::size_t most = SIZE_MAX) {
    std::vector<DecodedBatch> found;
    Position after = log->reader(u).cursor(lane).acknowledged;
    for (DecodedBatch batch_read(100); found.size() < most; found.push_back(batch_read)) {
      const Result<bool> more = log->reader(u).next(lane, after, batch_read);
      EXPECT_TRUE(more.ok()) << more.error().text.view();
      if (!more || !more.value()) break;
      EXPECT_GT(batch_read.position, after);
      after = batch_read.position;
    }
    return found;
  }
  void acknowledge(std::size_t u, const DecodedBatch& done, LogReader::Outcome outcome) {
    log->reader(u).acknowledge(done.lane, {done.position, done.position}, outcome);
  }
  /// The first reading of a batch, as a destination refuses it.
  static DecodedBatch first_reading(DecodedBatch batch) {
    batch.readings.resize(1);
    return batch;
  }
  /// Takes and acknowledges up to `most` batches one by one; the readings' numbers.
  std::vector<std::uint64_t> deliver(std::size_t u, std::size_t most = SIZE_MAX) {
    std::vector<std::uint64_t> values;
    for (const Lane lane : {Lane::events, Lane::telemetry})
      for (const DecodedBatch& b : pending(u, lane, most)) {
        for (const Reading& r : b.readings) values.push_back(r.bits);
        acknowledge(u, b, {b.readings.size(), 0, 0});
      }
    return values;
  }
  std::uint64_t commits() const { return log->status().journal.commits; }

  TempDir folder;
  FakeClock clock;
  SignalTable signals{200};
  TextTable texts{16};
  BatchSettings batch;
  BufferSettings buffer;
  const char* vfs = nullptr;
  FreeBytes free_bytes = free_bytes_of_disk;
  std::unique_ptr<Log> log;
  std::uint64_t next_value = 0;

 private:
  std::vector<std::string> uplinks_;
  std::uint64_t seed_ = 0;
  Time due_ = 0;
};

inline std::vector<std::uint64_t> numbers(std::uint64_t from, std::uint64_t to) {
  std::vector<std::uint64_t> all;
  for (; from < to; ++from) all.push_back(from);
  return all;
}

}  // namespace fieldweir
