// Damage: what befalls a journal's file between two starts, for the tests of starting and mending.
#pragma once

#include <sqlite3.h>

#include <fstream>
#include <iterator>

#include "tests/unit/buffer/failing_disk.h"
#include "tests/unit/buffer/rig.h"

namespace fieldweir {

inline std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline void write_file(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

inline void run_sql(const std::string& path, const std::string& sql) {
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open(path.c_str(), &database), SQLITE_OK);
  EXPECT_EQ(sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK)
      << sqlite3_errmsg(database);
  sqlite3_close(database);
}

/// A rig with a backlog of 100 batches in a journal that is closed.
inline void fill(Rig& rig) {
  rig.start();
  for (int i = 0; i < 5; ++i) {
    rig.batches(20);
    rig.run(3 * second);
  }
  rig.stop();
}

/// A reader may be the first to meet a damaged page: an Error, and the recorder mends it.
inline void read_until_mended(Rig& rig, std::size_t uplink) {
  DecodedBatch batch(20);
  for (Position after; !testing::Test::HasFailure();) {
    const Result<bool> more = rig.log->reader(uplink).next(Lane::telemetry, after, batch);
    if (more && !more.value()) break;
    if (!more) rig.run(3 * second);
    after = more ? batch.position : Position{};
  }
}

/// `times` two seconds with `batches` each: more than memory may keep.
inline void write(Rig& rig, int times, int batches) {
  for (; times > 0; --times) {
    rig.batches(batches);
    rig.run(2 * second);
  }
}

/// The next write fails, so that the journal is closed until it is tried again.
inline void fail_a_write(Rig& rig) {
  Failing::begin(0, SQLITE_IOERR_WRITE, false);
  rig.batches(1);
  for (int i = 0; Failing::countdown == 0 && i < 100; ++i) rig.run(50 * millisecond);
  ASSERT_FALSE(rig.log->status().journal.writable);
}

}  // namespace fieldweir
