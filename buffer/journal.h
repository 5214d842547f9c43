// Journal: the durable batches, in SQLite; the only connection that writes and checkpoints. Owned
// by the Log, used by its recorder (by the main thread before and after the recorder's thread
// lives).
//
//   batch(id, rows, payload)      a row per batch; the key is lane and position (row.h)
//   run(epoch, stream, ended, chunks), names(hash, content)      what signal ids mean (names.h);
//                                 ended: 1 cleanly, + 2: began with a synchronised clock
//   state(name, value)            "uplink/<name>", "absent/<name>", "field", "lanes": cursors and
//                                 counts (state.h); "clock/<epoch>" (dating.h)
//   dead_letter(id, uplink, why, payload)      a reading each, as a batch; the newest 1,000, an
//                                              eighth of max_size at most
//
// Everything between begin() and commit() becomes durable together or not at all. Database and
// write-ahead log together stay below max_size. A file that is not ours, too new or damaged is an
// Error `corrupt`: whoever opens it sets it aside as "<path>.damaged-N" and takes over what can be
// read of it (salvage.h).
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "buffer/ballast.h"
#include "buffer/names.h"
#include "buffer/row.h"
#include "buffer/sqlite.h"
#include "buffer/state.h"

namespace fieldweir {

struct JournalPlace {
  std::string path;
  std::uint64_t max_size = 0;
  const char* vfs = nullptr;
  std::uint64_t min_free = 0;  // with less left on the disk it does not grow
  FreeBytes free_bytes = free_bytes_of_disk;
};

/// A run that the journal knows. Epoch 0: none.
struct RunRow {
  static constexpr std::int64_t ended_flag = 1;  // as they are stored
  static constexpr std::int64_t synchronised_flag = 2;
  std::uint32_t epoch = 0;
  std::uint32_t stream = 0;
  bool ended = true;          // cleanly
  bool synchronised = false;  // its clock, when it began: its times are true
};

/// Batches of a lane that stay though everybody who is there has them: behind `after`, up to and
/// with `through`.
struct KeptRange {
  Position after;
  Position through;
  bool empty() const { return through <= after; }
};

class Journal {
 public:
  explicit Journal(JournalPlace place)
      : place_(std::move(place)),
        ballast_(place_.path, wal_bytes() + (64 << 10), place_.free_bytes) {}
  ~Journal() { close(); }

  /// `alone`: without the memory that readers share, for which a full disk has no room.
  enum class Sharing { readers, alone };
  /// Opens or creates. An Error leaves it closed, to be tried again.
  Result<> open(Sharing sharing = Sharing::readers);
  void close();
  bool is_open() const { return database_.is_open(); }
  /// Closes and moves the files out of the way, to mending_path(); open() then creates new ones.
  /// Until keep_aside() nothing counts as taken over, in the next run neither: then the files that
  /// a power cut left half filled go, and those out of the way stay. Where keep_aside() will put
  /// them.
  const std::string& set_aside();
  void keep_aside();
  bool mending() const;
  std::string mending_path() const { return place_.path + ".mending"; }
  /// Where files were last moved; empty if none were.
  const std::string& aside() const { return aside_; }
  /// Grows whenever the file at the path may be another one: readers then open theirs again.
  unsigned generation() const { return generation_.load(std::memory_order_acquire); }
  /// A reader met a damaged page; the recorder sets the file aside before it writes again. Until
  /// trust(), what is not in the journal may only not yet be taken over.
  void suspect() { suspected_.store(true, std::memory_order_release); }
  void trust() { suspected_.store(false, std::memory_order_release); }
  bool suspected() const { return suspected_.load(std::memory_order_acquire); }
  const JournalPlace& place() const { return place_; }
  Ballast& ballast() { return ballast_; }
  const Ballast& ballast() const { return ballast_; }

  // --- reading
  Result<RunRow> last_run();
  Result<RunRow> run(std::uint32_t epoch);
  /// The signals of a run, as far as they have names; nullptr if they cannot be read.
  std::unique_ptr<SignalTable> signals(std::uint32_t epoch);
  /// The newest batch of a lane; seq 0 if there is none.
  Result<Position> last(Lane lane);
  /// Readings in the batches of a lane after `after`, up to and with `through`.
  Result<std::uint64_t> readings(Lane lane, Position after, Position through);
  /// Those of them that an uplink with these books is not done with.
  Result<std::uint64_t> owed(Lane lane, const UplinkBooks& books, Position after, Position through);
  /// Empty if there is none.
  Result<std::vector<std::byte>> state(std::string_view name);
  Result<std::vector<std::string>> uplinks();
  /// The names of states that begin with `prefix`, which ends with a '/'.
  Result<std::vector<std::string>> states(std::string_view prefix);

  // --- writing
  Result<> begin();
  Result<> commit();
  void roll_back();
  /// On a full disk, between transactions: gives up the ballast for a write-ahead log that begins
  /// anew. What comes of it the next commit tells.
  void make_way();
  /// From the write-ahead log into the database, which is worth a try.
  void checkpoint();

  /// Again is the same as once: after a failed commit nobody knows whether a batch is there.
  Result<> put(Lane lane, Position position, std::uint32_t rows,
               std::span<const std::byte> payload);
  Result<> put_run(const RunRow& run, std::span<const std::byte> chunks);
  Result<> put_names(std::int64_t hash, std::span<const std::byte> chunk);
  Result<> put_state(std::string_view name, std::span<const std::byte> value);
  Result<> put_dead_letter(std::string_view uplink, std::string_view why,
                           std::span<const std::byte> payload);
  /// To their bounds.
  Result<> cut_dead_letters();
  Result<> remove_rows(Lane lane, RowId first, RowId last);
  Result<> remove_state(std::string_view name);

  /// Removes batches up to `through` but for `kept`, `most_removed` at most; whether there are
  /// more.
  Result<bool> remove(Lane lane, Position through, const KeptRange& kept);
  /// Runs and names that no batch needs, but for those of `run`. Only when there is no batch at
  /// all; they stay while there are dead letters.
  Result<> remove_unused(std::uint32_t epoch);

  /// Bytes that can be put before the quota is reached, pages in part used not counted; only what
  /// is free within the file while the disk is `low`, or if asked for.
  Result<std::uint64_t> room(bool within_file = false);
  /// Whether the disk had less than `min_free` left when room() was last asked.
  bool low() const { return low_; }
  const JournalTotals& totals() const { return totals_; }
  /// The most that database_bytes() can be.
  std::uint64_t capacity() const { return most_pages() * page_bytes; }
  bool has_batches() const { return totals_[0].batches + totals_[1].batches > 0; }
  std::uint64_t database_bytes() const { return database_bytes_; }
  std::uint64_t bytes_written() const;
  std::uint64_t wal_size() const;  // of the file
  /// What a commit may bring before the log is checkpointed; two of it are kept free of the quota.
  std::uint64_t wal_bytes() const;

  static constexpr int most_removed = 4'000;
  static constexpr std::size_t page_bytes = 512;
  static constexpr std::size_t frame_bytes = page_bytes + 24;  // of a page in the write-ahead log

  // --- for the quota: rows of a lane in order
  struct Row {
    RowId id = 0;
    std::size_t bytes = 0;  // of the payload
    std::uint32_t rows = 0;
  };
  /// The `skip`-th row after `id` in `lane`; id 0 if there is none.
  Result<Row> row_after(Lane lane, RowId id, std::int64_t skip = 0);
  Result<Row> row_before(Lane lane, RowId id);
  /// The payload of a row, valid until the next call.
  Result<std::span<const std::byte>> payload(RowId id);

 private:
  Result<bool> remove_some(Lane lane, RowId after, RowId last);
  Result<> open_file(Sharing sharing);
  Result<> check_file();
  Result<> prepare();
  Result<> probe();
  std::uint64_t most_pages() const;
  Result<> count_pages();

  const JournalPlace place_;
  Ballast ballast_;
  std::string aside_;
  Database database_;
  Statement put_, put_run_, put_names_, put_state_, put_dead_letter_, remove_state_, sum_, remove_,
      row_after_, row_before_, payload_, cut_dead_letters_;
  JournalTotals totals_{};
  JournalTotals totals_before_{};  // of the transaction that is open
  std::uint64_t database_bytes_ = 0;
  std::uint64_t file_bytes_ = 0;
  bool low_ = false;
  std::uint64_t pages_before_ = 0;  // written by connections that are closed
  std::atomic<unsigned> generation_{0};
  std::atomic<bool> suspected_{false};
};

}  // namespace fieldweir
