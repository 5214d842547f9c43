// sqlite: a connection and its prepared statements, as thin as can be. sqlite3.h stays behind
// sqlite.cc. A Database and its Statements belong to one thread at a time. Errors are Results with
// a Reason that the recorder acts on: disk_full, corrupt, locked, disk.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "core/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace fieldweir {

/// Of all connections of the process together; SQLite fails rather than exceed it.
inline constexpr std::size_t sqlite_heap_limit = 4u << 20;

class Database {
 public:
  enum class Access { read, write };

  Database() = default;
  ~Database() { close(); }
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  /// `vfs`: SQLite's name of a file layer, nullptr for its default.
  Result<> open(const char* path, Access access, const char* vfs);
  /// Statements must be gone.
  void close();
  bool is_open() const { return connection_ != nullptr; }

  /// One or more statements without parameters or rows.
  Result<> run(const char* sql);
  /// The one number that `sql` gives ("PRAGMA page_count").
  Result<std::int64_t> number(const char* sql);

  /// Rows that the last statement inserted, changed or deleted.
  std::int64_t changes() const;
  /// Pages written to the write-ahead log since it was opened.
  std::uint64_t pages_written() const;

 private:
  friend class Statement;
  sqlite3* connection_ = nullptr;
};

class Statement {
 public:
  Statement() = default;
  ~Statement() { close(); }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  /// `sql` has `?` for parameters; kept for the life of the connection.
  Result<> prepare(Database& database, const char* sql);
  void close();
  bool prepared() const { return statement_ != nullptr; }

  // parameters count from 1; texts and bytes are borrowed until reset()
  Statement& bind(int parameter, std::int64_t value);
  Statement& bind(int parameter, std::string_view text);
  Statement& bind(int parameter, std::span<const std::byte> bytes);

  /// True: there is a row; its columns, from 0, are valid until the next step or reset.
  Result<bool> step();
  /// For a statement without rows: step and reset.
  Result<> run();
  void reset();

  std::int64_t integer(int column) const;
  std::string_view text(int column) const;
  std::span<const std::byte> bytes(int column) const;

 private:
  sqlite3_stmt* statement_ = nullptr;
};

}  // namespace fieldweir
