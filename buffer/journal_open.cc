#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>

#include "buffer/journal.h"

namespace fieldweir {
namespace {

namespace fs = std::filesystem;

constexpr std::array parts = {"", "-wal", "-shm"};  // of a journal's path
constexpr int application = 0x46576A31;             // "FWj1"
constexpr int format = 1;

constexpr const char* tables = R"(
  BEGIN;
  CREATE TABLE batch(id INTEGER PRIMARY KEY, rows INTEGER NOT NULL, payload BLOB NOT NULL);
  CREATE TABLE run(epoch INTEGER PRIMARY KEY, stream INTEGER NOT NULL, ended INTEGER NOT NULL,
                   chunks BLOB NOT NULL);
  CREATE TABLE names(hash INTEGER PRIMARY KEY, content BLOB NOT NULL);
  CREATE TABLE state(name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
  CREATE TABLE dead_letter(id INTEGER PRIMARY KEY AUTOINCREMENT, uplink TEXT NOT NULL,
                           why TEXT NOT NULL, payload BLOB NOT NULL);
  PRAGMA application_id = %d;
  PRAGMA user_version = %d;
  COMMIT;
)";

}  // namespace

Result<> Journal::open(Sharing sharing) {
  const Result<> opened = open_file(sharing);
  if (!opened) close();
  return opened;
}

Result<> Journal::open_file(Sharing sharing) {
  std::error_code ignored;  // opening tells what is wrong
  const auto folder = fs::path(place_.path).parent_path();
  if (!folder.empty()) fs::create_directories(folder, ignored);
  generation_.fetch_add(1, std::memory_order_release);
  if (auto r = database_.open(place_.path.c_str(), Database::Access::write, place_.vfs); !r)
    return r;
  if (sharing == Sharing::alone)
    if (auto r = database_.run("PRAGMA locking_mode=EXCLUSIVE"); !r) return r;
  if (auto r = check_file(); !r) return r;
  if (auto r = prepare(); !r) return r;
  ballast_.keep();
  return probe();
}

Result<> Journal::check_file() {
  const auto objects = database_.number("SELECT count(*) FROM sqlite_master");
  if (!objects) return objects.error();
  if (objects.value() > 0) {
    const auto owner = database_.number("PRAGMA application_id");
    if (!owner) return owner.error();
    if (owner.value() != application) return error(Reason::corrupt, "not a journal of fieldweir");
    const auto version = database_.number("PRAGMA user_version");
    if (!version) return version.error();
    if (version.value() != format)
      return error(Reason::corrupt, "a journal of format %d, this version knows %d",
                   static_cast<int>(version.value()), format);
  }
  // the log is reused in place and never cut shorter than what a checkpoint interval needs
  char pragmas[512];
  std::snprintf(pragmas, sizeof pragmas,
                "PRAGMA page_size=%zu; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
                "PRAGMA secure_delete=OFF; PRAGMA temp_store=MEMORY; PRAGMA cache_size=-512;"
                "PRAGMA wal_autocheckpoint=%llu; PRAGMA journal_size_limit=%llu;"
                "PRAGMA max_page_count=%llu;",
                page_bytes, static_cast<unsigned long long>(wal_bytes() / frame_bytes),
                static_cast<unsigned long long>(wal_bytes()),
                static_cast<unsigned long long>(most_pages()));
  if (auto r = database_.run(pragmas); !r) return r;
  if (objects.value() > 0) return {};
  char create[1024];
  std::snprintf(create, sizeof create, tables, application, format);
  return database_.run(create);
}

Result<> Journal::prepare() {
  const std::pair<Statement*, const char*> statements[] = {
      {&put_, "INSERT OR IGNORE INTO batch VALUES(?, ?, ?)"},
      {&put_run_, "INSERT OR REPLACE INTO run VALUES(?, ?, ?, ?)"},
      {&put_names_, "INSERT OR IGNORE INTO names VALUES(?, ?)"},
      {&put_state_, "INSERT OR REPLACE INTO state VALUES(?, ?)"},
      {&remove_state_, "DELETE FROM state WHERE name = ?"},
      {&put_dead_letter_, "INSERT INTO dead_letter(uplink, why, payload) VALUES(?, ?, ?)"},
      {&cut_dead_letters_,
       "DELETE FROM dead_letter WHERE id <= (SELECT max(id) FROM dead_letter) - 1000 OR id <= "
       "(SELECT max(id) FROM (SELECT id, sum(length(payload)) OVER (ORDER BY id DESC) AS bytes "
       "FROM dead_letter) WHERE bytes > ?)"},
      {&sum_, "SELECT count(*), sum(length(payload)) FROM batch WHERE id BETWEEN ? AND ?"},
      {&remove_, "DELETE FROM batch WHERE id BETWEEN ? AND ?"},
      {&row_after_,
       "SELECT id, length(payload), rows FROM batch WHERE id > ? AND id <= ? ORDER BY id LIMIT 1 "
       "OFFSET ?"},
      {&row_before_,
       "SELECT id, length(payload), rows FROM batch WHERE id < ? AND id > ? ORDER BY id DESC "
       "LIMIT 1"},
      {&payload_, "SELECT payload FROM batch WHERE id = ?"},
  };
  for (const auto& [statement, sql] : statements)
    if (auto r = statement->prepare(database_, sql); !r) return r;
  const auto value = state("lanes");
  if (!value) return value.error();
  totals_ = totals_before_ = read_totals(value.value()).value_or(JournalTotals{});
  return count_pages();
}

// What every start needs to know; a file that cannot tell is damaged, and better known so at once.
Result<> Journal::probe() {
  if (const auto run = last_run(); !run) return run.error();
  for (const Lane lane : {Lane::events, Lane::telemetry})
    if (const auto newest = last(lane); !newest) return newest.error();
  if (const auto names = uplinks(); !names) return names.error();
  return {};
}

void Journal::close() {
  for (Statement* statement :
       {&put_, &put_run_, &put_names_, &put_state_, &remove_state_, &put_dead_letter_,
        &cut_dead_letters_, &sum_, &remove_, &row_after_, &row_before_, &payload_})
    statement->close();
  pages_before_ += database_.pages_written();
  database_.close();
}

bool Journal::mending() const {
  std::error_code ignored;
  return fs::exists(mending_path(), ignored);
}

const std::string& Journal::set_aside() {
  close();
  std::error_code ignored;
  const bool resumed = mending();
  // else a power cut came before all had been moved
  const bool half_filled = resumed && fs::exists(place_.path, ignored);
  for (const char* part : parts) {
    if (half_filled) {
      fs::remove(place_.path + part, ignored);
      continue;
    }
    if (!resumed) fs::remove(mending_path() + part, ignored);
    fs::rename(place_.path + part, mending_path() + part, ignored);
  }
  for (int n = 1; n <= 9; ++n) {
    aside_ = place_.path + ".damaged-" + std::to_string(n);
    if (!fs::exists(aside_, ignored)) break;
  }
  return aside_;
}

void Journal::keep_aside() {
  std::error_code ignored;
  for (const char* part : parts) {
    fs::remove(aside_ + part, ignored);
    fs::rename(mending_path() + part, aside_ + part, ignored);
  }
}

// The two halves of the quota: pages in the database, and a log that may pass its checkpoint mark
// by one transaction, with its index.
std::uint64_t Journal::wal_bytes() const {
  return std::clamp<std::uint64_t>(place_.max_size / 8, 128 << 10, 1 << 20);
}

std::uint64_t Journal::most_pages() const {
  return (place_.max_size - 2 * wal_bytes() - (64 << 10)) / page_bytes;
}

}  // namespace fieldweir
