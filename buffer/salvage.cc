#include "buffer/salvage.h"

#include "core/log.h"

namespace fieldweir {
namespace {

constexpr int rows_per_commit = 256;

/// Calls take(statement) for each row that can be read; false if take or reading failed.
template <class Take>
bool each(Database& from, const char* sql, Take take) {
  Statement select;
  if (!select.prepare(from, sql)) return false;
  for (;;) {
    const Result<bool> row = select.step();
    if (!row) return false;
    if (!row.value()) return true;
    if (!take(select)) return false;
  }
}

class Batches {
 public:
  explicit Batches(Journal& into) : into_(into) {}

  bool take(const Statement& row) {
    BatchHeader header;
    const RowId id = row.integer(0);
    if (!decode_header(row.bytes(1), header) || row_id(header.lane, header.position) != id) {
      ++broken;
      return true;
    }
    if (taken % rows_per_commit == 0 && taken > 0 && !(into_.commit() && into_.begin()))
      return false;
    if (!into_.put(header.lane, header.position, header.rows, row.bytes(1))) return false;
    ++taken;
    last = id;
    return true;
  }

  std::uint64_t taken = 0;
  std::uint64_t broken = 0;
  RowId last = -1;

 private:
  Journal& into_;
};

}  // namespace

void salvage(const std::string& aside, const char* vfs, Journal& into) {
  Database from;
  if (!from.open(aside.c_str(), Database::Access::read, vfs) || !into.begin()) {
    log(LogLevel::error, "journal", "nothing could be read of %s", aside.c_str());
    return;
  }
  // cursors before batches: without them everything is sent again, which receivers can tell
  each(from, "SELECT name, value FROM state WHERE name <> 'lanes'",
       [&](const Statement& row) { return into.put_state(row.text(0), row.bytes(1)).ok(); });
  each(from, "SELECT epoch, stream, ended, chunks FROM run", [&](const Statement& row) {
    return into
        .put_run({static_cast<std::uint32_t>(row.integer(0)),
                  static_cast<std::uint32_t>(row.integer(1)), row.integer(2) != 0},
                 row.bytes(3))
        .ok();
  });
  each(from, "SELECT hash, content FROM names",
       [&](const Statement& row) { return into.put_names(row.integer(0), row.bytes(1)).ok(); });
  Batches batches(into);
  const auto take = [&](const Statement& row) { return batches.take(row); };
  // a broken page ends the way up; the way down reaches what lies behind it
  if (!each(from, "SELECT id, payload FROM batch ORDER BY id", take)) {
    const RowId up_to = batches.last;
    each(from, "SELECT id, payload FROM batch ORDER BY id DESC",
         [&](const Statement& row) { return row.integer(0) > up_to && batches.take(row); });
  }
  if (!into.commit()) into.roll_back();
  log(LogLevel::warning, "journal", "took over %llu batches of %s, %llu were damaged",
      static_cast<unsigned long long>(batches.taken), aside.c_str(),
      static_cast<unsigned long long>(batches.broken));
}

}  // namespace fieldweir
