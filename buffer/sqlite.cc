#include "buffer/sqlite.h"

#include <sqlite3.h>

#include <cstdio>
#include <cstring>

#include "core/check.h"

namespace fieldweir {
namespace {

Reason reason_of(int code) {
  switch (code & 0xFF) {
    case SQLITE_FULL:
      return Reason::disk_full;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return Reason::corrupt;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return Reason::locked;
    default:
      return Reason::disk;
  }
}

/// psow=0: a card that loses its power while it writes a page of 4 KiB may lose all that is in it.
/// So SQLite fills such a page with each commit, and writes its parts together.
class Uri {
 public:
  explicit Uri(const char* path) {
    add("file:");
    for (const char* c = path; *c != '\0'; ++c) {
      char escaped[4];
      std::snprintf(escaped, sizeof escaped, std::strchr("%?#", *c) ? "%%%02X" : "%c", *c);
      add(escaped);
    }
    add("?psow=0");
  }
  const char* text() const { return text_; }

 private:
  /// A path that does not fit is longer than any file may have: what is left of it is refused, too.
  void add(const char* piece) {
    const std::size_t length = std::strlen(piece);
    if (size_ + length >= sizeof text_) return;
    std::memcpy(text_ + size_, piece, length + 1);
    size_ += length;
  }
  char text_[3 * 4096 + 16];  // on the stack: a reader opens while memory may be short
  std::size_t size_ = 0;
};

Error failure(sqlite3* connection) {
  const int code = sqlite3_extended_errcode(connection);
  return error(reason_of(code), "%s (SQLite %d)", sqlite3_errmsg(connection), code);
}

}  // namespace

Result<> Database::open(const char* path, Access access, const char* vfs) {
  close();
  sqlite3_hard_heap_limit64(sqlite_heap_limit);
  const int flags =
      SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE |
      (access == Access::write ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY);
  if (sqlite3_open_v2(Uri(path).text(), &connection_, flags, vfs) == SQLITE_OK) {
    // a reader that opens while the writer recovers the log waits a little rather than fail
    sqlite3_busy_timeout(connection_, 250);
    return {};
  }
  const Error why = connection_ != nullptr ? failure(connection_)
                                           : error(Reason::disk, "no memory for a connection");
  close();
  return why;
}

void Database::close() {
  if (connection_ == nullptr) return;
  FIELDWEIR_CHECK(sqlite3_close(connection_) == SQLITE_OK);
  connection_ = nullptr;
}

Result<> Database::run(const char* sql) {
  if (sqlite3_exec(connection_, sql, nullptr, nullptr, nullptr) == SQLITE_OK) return {};
  return failure(connection_);
}

Result<std::int64_t> Database::number(const char* sql) {
  Statement statement;
  if (const Result<> prepared = statement.prepare(*this, sql); !prepared) return prepared.error();
  const Result<bool> row = statement.step();
  if (!row) return row.error();
  return row.value() ? statement.integer(0) : 0;
}

std::int64_t Database::changes() const { return sqlite3_changes(connection_); }

std::uint64_t Database::pages_written() const {
  if (connection_ == nullptr) return 0;
  int now = 0;
  int highest = 0;
  sqlite3_db_status(connection_, SQLITE_DBSTATUS_CACHE_WRITE, &now, &highest, 0);
  return static_cast<std::uint64_t>(now);
}

Result<> Statement::prepare(Database& database, const char* sql) {
  close();
  if (sqlite3_prepare_v3(database.connection_, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement_,
                         nullptr) == SQLITE_OK)
    return {};
  return failure(database.connection_);
}

void Statement::close() {
  sqlite3_finalize(statement_);
  statement_ = nullptr;
}

// binding fails only for a parameter that the statement does not have
Statement& Statement::bind(int parameter, std::int64_t value) {
  FIELDWEIR_CHECK(sqlite3_bind_int64(statement_, parameter, value) == SQLITE_OK);
  return *this;
}

Statement& Statement::bind(int parameter, std::string_view text) {
  FIELDWEIR_CHECK(sqlite3_bind_text(statement_, parameter, text.data(),
                                    static_cast<int>(text.size()), SQLITE_STATIC) == SQLITE_OK);
  return *this;
}

Statement& Statement::bind(int parameter, std::span<const std::byte> bytes) {
  const void* start = bytes.empty() ? "" : static_cast<const void*>(bytes.data());  // not NULL
  FIELDWEIR_CHECK(sqlite3_bind_blob(statement_, parameter, start, static_cast<int>(bytes.size()),
                                    SQLITE_STATIC) == SQLITE_OK);
  return *this;
}

Result<bool> Statement::step() {
  switch (sqlite3_step(statement_)) {
    case SQLITE_ROW:
      return true;
    case SQLITE_DONE:
      return false;
  }
  const Error why = failure(sqlite3_db_handle(statement_));
  reset();
  return why;
}

Result<> Statement::run() {
  const Result<bool> row = step();
  reset();
  if (!row) return row.error();
  return {};
}

void Statement::reset() {
  if (statement_ != nullptr) sqlite3_reset(statement_);
}

std::int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(statement_, column);
}

std::string_view Statement::text(int column) const {
  const auto* start = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
  return {start == nullptr ? "" : start,
          static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

std::span<const std::byte> Statement::bytes(int column) const {
  const auto* start = static_cast<const std::byte*>(sqlite3_column_blob(statement_, column));
  return {start, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

}  // namespace fieldweir
