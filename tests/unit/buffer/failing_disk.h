// failing_disk: a disk that fails at the n-th call, for the log on top of it.
#pragma once

#include <sqlite3.h>

#include <functional>
#include <utility>

namespace fieldweir {

/// A file layer over SQLite's own, whose n-th write or sync fails, once or for ever.
struct Failing {
  static inline int countdown = -1;
  static inline bool for_ever = false;
  static inline int code = SQLITE_IOERR;
  static inline int failures = 0;
  static inline bool full = false;               // not even for the index of the write-ahead log
  static inline std::function<void()> at_write;  // called once, in the midst of the next write

  static bool now() {
    if (countdown < 0 || --countdown >= 0) return false;
    countdown = for_ever ? 0 : -1;
    ++failures;
    return true;
  }
};

struct FailingFile {
  sqlite3_file base;
  sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
  static FailingFile* of(sqlite3_file* file) { return reinterpret_cast<FailingFile*>(file); }
};

inline int open_failing(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags,
                        int* out) {
  auto* real_vfs = static_cast<sqlite3_vfs*>(vfs->pAppData);
  auto* own = FailingFile::of(file);
  const int opened = real_vfs->xOpen(real_vfs, name, own->real(), flags, out);
  file->pMethods = nullptr;
  if (opened != SQLITE_OK) return opened;
#define REAL FailingFile::of(f)->real()
  static const sqlite3_io_methods methods = {
      3,
      [](sqlite3_file* f) { return REAL->pMethods->xClose(REAL); },
      [](sqlite3_file* f, void* b, int n, sqlite3_int64 o) {
        return REAL->pMethods->xRead(REAL, b, n, o);
      },
      [](sqlite3_file* f, const void* b, int n, sqlite3_int64 o) {
        if (Failing::at_write) std::exchange(Failing::at_write, nullptr)();
        if (Failing::full) return SQLITE_FULL;
        return Failing::now() ? Failing::code : REAL->pMethods->xWrite(REAL, b, n, o);
      },
      [](sqlite3_file* f, sqlite3_int64 n) { return REAL->pMethods->xTruncate(REAL, n); },
      [](sqlite3_file* f, int n) {
        return Failing::now() ? Failing::code : REAL->pMethods->xSync(REAL, n);
      },
      [](sqlite3_file* f, sqlite3_int64* n) { return REAL->pMethods->xFileSize(REAL, n); },
      [](sqlite3_file* f, int n) { return REAL->pMethods->xLock(REAL, n); },
      [](sqlite3_file* f, int n) { return REAL->pMethods->xUnlock(REAL, n); },
      [](sqlite3_file* f, int* n) { return REAL->pMethods->xCheckReservedLock(REAL, n); },
      [](sqlite3_file* f, int op, void* a) { return REAL->pMethods->xFileControl(REAL, op, a); },
      [](sqlite3_file* f) { return REAL->pMethods->xSectorSize(REAL); },
      [](sqlite3_file* f) { return REAL->pMethods->xDeviceCharacteristics(REAL); },
      [](sqlite3_file* f, int p, int s, int e, void volatile** m) {
        return Failing::full ? SQLITE_IOERR_SHMSIZE : REAL->pMethods->xShmMap(REAL, p, s, e, m);
      },
      [](sqlite3_file* f, int o, int n, int flag) {
        return REAL->pMethods->xShmLock(REAL, o, n, flag);
      },
      [](sqlite3_file* f) { REAL->pMethods->xShmBarrier(REAL); },
      [](sqlite3_file* f, int d) { return REAL->pMethods->xShmUnmap(REAL, d); },
      [](sqlite3_file* f, sqlite3_int64 o, int n, void** p) {
        return REAL->pMethods->xFetch(REAL, o, n, p);
      },
      [](sqlite3_file* f, sqlite3_int64 o, void* p) {
        return REAL->pMethods->xUnfetch(REAL, o, p);
      },
  };
#undef REAL
  file->pMethods = &methods;
  return SQLITE_OK;
}

inline const char* failing_vfs() {
  static sqlite3_vfs vfs = [] {
    sqlite3_vfs made = *sqlite3_vfs_find(nullptr);
    made.pAppData = sqlite3_vfs_find(nullptr);
    made.zName = "failing";
    made.szOsFile += static_cast<int>(sizeof(FailingFile));
    made.xOpen = open_failing;
    return made;
  }();
  sqlite3_vfs_register(&vfs, 0);
  return "failing";
}

}  // namespace fieldweir
