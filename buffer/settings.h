// settings: what `batch:` and `buffer:` say. Read while starting; plain values afterwards.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/fields.h"
#include "core/time.h"

namespace fieldweir {

/// When a batch is closed: whichever comes first.
struct BatchSettings {
  Duration every = second;
  std::int64_t rows = 500;
  std::uint64_t bytes = 64 * 1024;  // as json, estimated
};
const config::Fields<BatchSettings>& batch_fields();

struct CommitSettings {
  Duration every = second;
};

/// Which batches of the lowest lane go when there is no room.
enum class WhenFull { drop_oldest, drop_newest };

/// When old telemetry is thinned, and how much.
struct ThinSettings {
  double above = 0.7;  // of what the journal may hold
  Duration every = minute;
};

struct BufferSettings {
  std::string path = "/var/lib/fieldweir/journal.db";
  std::uint64_t max_size = 512ull << 20;  // database and write-ahead log together
  std::uint64_t min_free_disk = 0;        // with less left on its disk the journal does not grow
  Duration max_age = 30 * day;            // of a batch, and of the absence of an uplink
  WhenFull when_full = WhenFull::drop_oldest;
  std::optional<ThinSettings> thin;
  Duration persist_after = second;  // 0: every batch is written
  CommitSettings commit;
  std::vector<std::string> durable = {"events"};  // lanes that always go to disk, within 200 ms
};
const config::Fields<BufferSettings>& buffer_fields();

/// How old a reading that is lost in a power cut can be at most, besides the time that the commit
/// itself takes: batch.every + persist_after + commit.every.
Duration loss_window(const BatchSettings& batch, const BufferSettings& buffer);

}  // namespace fieldweir
