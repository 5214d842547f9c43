// failing_disk: a disk that fails at the n-th call, for the log on top of it.
#pragma once

#include <functional>
#include <utility>

#include "tests/unit/buffer/disk_layer.h"

namespace fieldweir {

/// A file layer over SQLite's own, whose n-th write or sync fails, once or for ever.
struct Failing {
  enum class At { writes_and_syncs, syncs };
  static inline int countdown = -1;
  static inline bool for_ever = false;
  static inline int code = SQLITE_IOERR;
  static inline At at = At::writes_and_syncs;
  static inline bool torn = false;  // a write that fails brings half of its bytes
  static inline int failures = 0;
  static inline bool full = false;               // not even for the index of the write-ahead log
  static inline std::function<void()> at_write;  // called once, in the midst of the next write

  /// The n-th call from now on fails.
  static void begin(int n, int error, bool again) {
    countdown = n;
    code = error;
    for_ever = again;
    at = At::writes_and_syncs;
    torn = false;
    failures = 0;
  }

  static bool now() {
    if (countdown < 0 || --countdown >= 0) return false;
    countdown = for_ever ? 0 : -1;
    ++failures;
    return true;
  }

  static int write(sqlite3_file* file, const void* bytes, int n, sqlite3_int64 offset) {
    sqlite3_file* below = LayerFile::below(file);
    if (at_write) std::exchange(at_write, nullptr)();
    if (full) return SQLITE_FULL;
    if (at == At::syncs || !now()) return below->pMethods->xWrite(below, bytes, n, offset);
    if (torn) below->pMethods->xWrite(below, bytes, n / 2, offset);
    return code;
  }
  static int sync(sqlite3_file* file, int flags) {
    sqlite3_file* below = LayerFile::below(file);
    return now() ? code : below->pMethods->xSync(below, flags);
  }
  static int map(sqlite3_file* file, int page, int size, int extend, void volatile** memory) {
    sqlite3_file* below = LayerFile::below(file);
    return full ? SQLITE_IOERR_SHMSIZE
                : below->pMethods->xShmMap(below, page, size, extend, memory);
  }
};

inline const char* failing_vfs() {
  static const sqlite3_io_methods methods = [] {
    sqlite3_io_methods made = handing_on();
    made.xWrite = Failing::write;
    made.xSync = Failing::sync;
    made.xShmMap = Failing::map;
    return made;
  }();
  static sqlite3_vfs vfs = [] {
    sqlite3_vfs made = layer_named("failing");
    made.xOpen = [](sqlite3_vfs* v, const char* name, sqlite3_file* file, int flags, int* out) {
      return open_layered(methods, v, name, file, flags, out);
    };
    return made;
  }();
  sqlite3_vfs_register(&vfs, 0);
  return "failing";
}

}  // namespace fieldweir
