// status: what the log tells about itself (`fieldweir status`). Value types, made by Log::status().
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "buffer/log_reader.h"
#include "core/fixed_text.h"

namespace fieldweir {

struct LaneStatus {
  Position last;                      // of the newest batch closed
  std::uint64_t journal_batches = 0;  // rows on disk, as of the last commit
  std::uint64_t journal_bytes = 0;    // their payloads
};

struct JournalStatus {
  bool writable = false;
  Reason problem = Reason::none;  // why it is not, or what went wrong last and still does
  FixedText<160> problem_text;
  FixedText<200> aside;              // where a damaged file went in this run; empty: nowhere
  std::uint64_t database_bytes = 0;  // the file's pages in use
  std::uint64_t wal_bytes = 0;
  bool ballast = false;             // held: what is delivered can be removed on a full disk
  bool low_disk = false;            // less than buffer.min_free_disk is left: it does not grow
  std::uint64_t limit_bytes = 0;    // buffer.max_size
  std::uint64_t commits = 0;        // in this run
  std::uint64_t bytes_written = 0;  // to the write-ahead log and the database, in this run
  Duration longest_commit = 0;
  Time last_commit = 0;
};

struct UplinkLogStatus {
  std::string name;
  std::array<LogReader::Cursor, lane_count> cursors;
  std::uint64_t queued = 0;  // readings not yet acknowledged, in tail and journal
};

/// An uplink that is not run, and what is kept for it until it is again.
struct AbsentStatus {
  std::string name;
  Time since = 0;            // 0: not known, the clock was not synchronised
  std::uint64_t queued = 0;  // readings that it is owed
};

struct LogStatus {
  std::size_t tail_slots = 0;
  std::size_t tail_used = 0;
  std::uint64_t at_risk = 0;  // readings that a power cut would take
  std::array<LaneStatus, lane_count> lanes;
  JournalStatus journal;
  std::vector<UplinkLogStatus> uplinks;
  std::vector<AbsentStatus> absent;
};

}  // namespace fieldweir
