// disk_layer: a SQLite file layer that hands everything on to SQLite's own one. A test takes it and
// puts its own functions in the place of those that it wants to see.
#pragma once

#include <sqlite3.h>

namespace fieldweir {

/// The file of the layer below follows this one in memory.
struct LayerFile {
  sqlite3_file base;
  const char* name;  // SQLite keeps it; nullptr for a temporary one

  static sqlite3_file* below(sqlite3_file* file) {
    return reinterpret_cast<sqlite3_file*>(reinterpret_cast<LayerFile*>(file) + 1);
  }
  static const char* name_of(sqlite3_file* file) {
    return reinterpret_cast<LayerFile*>(file)->name;
  }
};

inline sqlite3_io_methods handing_on() {
#define BELOW(method, ...) LayerFile::below(f)->pMethods->method(LayerFile::below(f), ##__VA_ARGS__)
  return {
      3,
      [](sqlite3_file* f) { return BELOW(xClose); },
      [](sqlite3_file* f, void* b, int n, sqlite3_int64 o) { return BELOW(xRead, b, n, o); },
      [](sqlite3_file* f, const void* b, int n, sqlite3_int64 o) { return BELOW(xWrite, b, n, o); },
      [](sqlite3_file* f, sqlite3_int64 n) { return BELOW(xTruncate, n); },
      [](sqlite3_file* f, int n) { return BELOW(xSync, n); },
      [](sqlite3_file* f, sqlite3_int64* n) { return BELOW(xFileSize, n); },
      [](sqlite3_file* f, int n) { return BELOW(xLock, n); },
      [](sqlite3_file* f, int n) { return BELOW(xUnlock, n); },
      [](sqlite3_file* f, int* n) { return BELOW(xCheckReservedLock, n); },
      [](sqlite3_file* f, int op, void* a) { return BELOW(xFileControl, op, a); },
      [](sqlite3_file* f) { return BELOW(xSectorSize); },
      [](sqlite3_file* f) { return BELOW(xDeviceCharacteristics); },
      [](sqlite3_file* f, int p, int s, int e, void volatile** m) {
        return BELOW(xShmMap, p, s, e, m);
      },
      [](sqlite3_file* f, int o, int n, int flag) { return BELOW(xShmLock, o, n, flag); },
      [](sqlite3_file* f) { BELOW(xShmBarrier); },
      [](sqlite3_file* f, int d) { return BELOW(xShmUnmap, d); },
      [](sqlite3_file* f, sqlite3_int64 o, int n, void** p) { return BELOW(xFetch, o, n, p); },
      [](sqlite3_file* f, sqlite3_int64 o, void* p) { return BELOW(xUnfetch, o, p); },
  };
#undef BELOW
}

/// For xOpen of a layer whose files have these methods.
inline int open_layered(const sqlite3_io_methods& methods, sqlite3_vfs* vfs, const char* name,
                        sqlite3_file* file, int flags, int* out) {
  auto* below = static_cast<sqlite3_vfs*>(vfs->pAppData);
  const int opened = below->xOpen(below, name, LayerFile::below(file), flags, out);
  reinterpret_cast<LayerFile*>(file)->name = name;
  file->pMethods = opened == SQLITE_OK ? &methods : nullptr;
  return opened;
}

/// A layer over SQLite's own, not yet registered.
inline sqlite3_vfs layer_named(const char* name) {
  sqlite3_vfs made = *sqlite3_vfs_find(nullptr);
  made.pAppData = sqlite3_vfs_find(nullptr);
  made.zName = name;
  made.szOsFile += static_cast<int>(sizeof(LayerFile));
  return made;
}

}  // namespace fieldweir
