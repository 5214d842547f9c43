// disk: SQLite's file layer of a simulated gateway. While it is bad, every write and sync fails.
#pragma once

#include "tests/unit/buffer/disk_layer.h"

namespace fieldweir {

struct Disk {
  static inline bool bad = false;
  static inline int code = SQLITE_IOERR;

  static int write(sqlite3_file* file, const void* bytes, int n, sqlite3_int64 offset) {
    sqlite3_file* below = LayerFile::below(file);
    return bad ? code : below->pMethods->xWrite(below, bytes, n, offset);
  }
  static int sync(sqlite3_file* file, int flags) {
    sqlite3_file* below = LayerFile::below(file);
    return bad ? code : below->pMethods->xSync(below, flags);
  }
};

/// Its name.
inline const char* simulated_disk() {
  static const sqlite3_io_methods methods = [] {
    sqlite3_io_methods made = handing_on();
    made.xWrite = Disk::write;
    made.xSync = Disk::sync;
    return made;
  }();
  static sqlite3_vfs vfs = [] {
    sqlite3_vfs made = layer_named("simulated");
    made.xOpen = [](sqlite3_vfs* v, const char* name, sqlite3_file* file, int flags, int* out) {
      return open_layered(methods, v, name, file, flags, out);
    };
    return made;
  }();
  sqlite3_vfs_register(&vfs, 0);
  return "simulated";
}

}  // namespace fieldweir
