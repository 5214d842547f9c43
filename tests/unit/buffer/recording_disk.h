// recording_disk: a disk that remembers every write, cut, sync and removal, and can be rebuilt as a
// power cut after the n-th of them may have left it. Shared memory is not on the disk.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/random.h"
#include "tests/unit/buffer/disk_layer.h"

namespace fieldweir {

struct Recording {
  enum class Kind { write, cut, sync, remove };
  struct Operation {
    Kind kind;
    std::string file;
    std::int64_t offset = 0;  // of a write; the new size of a cut
    std::string bytes;
  };
  static inline std::vector<Operation> operations;

  static int write(sqlite3_file* file, const void* bytes, int n, sqlite3_int64 offset) {
    operations.push_back({Kind::write, LayerFile::name_of(file), offset,
                          std::string(static_cast<const char*>(bytes), n)});
    sqlite3_file* below = LayerFile::below(file);
    return below->pMethods->xWrite(below, bytes, n, offset);
  }
  static int cut(sqlite3_file* file, sqlite3_int64 size) {
    operations.push_back({Kind::cut, LayerFile::name_of(file), size, {}});
    sqlite3_file* below = LayerFile::below(file);
    return below->pMethods->xTruncate(below, size);
  }
  static int sync(sqlite3_file* file, int flags) {
    operations.push_back({Kind::sync, LayerFile::name_of(file), 0, {}});
    sqlite3_file* below = LayerFile::below(file);
    return below->pMethods->xSync(below, flags);
  }
  static int remove(sqlite3_vfs* vfs, const char* name, int sync_folder) {
    operations.push_back({Kind::remove, name, 0, {}});
    auto* below = static_cast<sqlite3_vfs*>(vfs->pAppData);
    return below->xDelete(below, name, sync_folder);
  }
};

inline const char* recording_vfs() {
  static const sqlite3_io_methods methods = [] {
    sqlite3_io_methods made = handing_on();
    made.xWrite = Recording::write;
    made.xTruncate = Recording::cut;
    made.xSync = Recording::sync;
    return made;
  }();
  static sqlite3_vfs vfs = [] {
    sqlite3_vfs made = layer_named("recording");
    made.xOpen = [](sqlite3_vfs* v, const char* name, sqlite3_file* file, int flags, int* out) {
      return open_layered(methods, v, name, file, flags, out);
    };
    made.xDelete = Recording::remove;
    return made;
  }();
  sqlite3_vfs_register(&vfs, 0);
  return "recording";
}

/// What happens to writes that were not yet synced when the power went.
enum class Unsynced {
  kept,       // all of them had arrived
  dropped,    // none had
  sectors,    // any of their 512-byte sectors had, in any order
  pages,      // any of their 4 KiB pages had
  torn_page,  // like sectors; and of one 4 KiB page the front half had, the rest had not
  dead_page,  // like sectors; and one 4 KiB page that was being written reads as nonsense, with
              // whatever else was in it
};

using Files = std::map<std::string, std::string>;

/// Rebuilds disks for ever later moments.
class CrashedDisk {
 public:
  /// The first `n` operations were called; `n` never falls.
  void advance(std::size_t n) {
    for (; done_ < n; ++done_) {
      const Recording::Operation& operation = Recording::operations[done_];
      if (operation.kind == Recording::Kind::remove) {
        synced_.erase(operation.file);
        pending_.erase(operation.file);
      } else if (operation.kind == Recording::Kind::sync) {
        for (const std::size_t i : pending_[operation.file])
          apply(Recording::operations[i], synced_[operation.file]);
        pending_.erase(operation.file);
      } else {
        pending_[operation.file].push_back(done_);
      }
    }
  }

  Files files(Unsynced unsynced, Random& random) const {
    Files all = synced_;
    if (unsynced != Unsynced::dropped)
      for (const auto& [name, operations] : pending_)
        arrive(operations, unsynced, random, all[name]);
    return all;
  }

 private:
  static void apply(const Recording::Operation& operation, std::string& file) {
    const auto offset = static_cast<std::size_t>(operation.offset);
    if (operation.kind == Recording::Kind::cut) return file.resize(offset);
    file.resize(std::max(file.size(), offset + operation.bytes.size()));
    file.replace(offset, operation.bytes.size(), operation.bytes);
  }

  /// A unit of the medium is as it was after any number of the writes to it.
  static void arrive(const std::vector<std::size_t>& operations, Unsynced unsynced, Random& random,
                     std::string& file) {
    const bool pages = unsynced == Unsynced::pages;
    const std::size_t unit = pages ? 4096 : 512;
    std::map<std::size_t, std::size_t> arrived;
    const auto has_arrived = [&](std::size_t at, std::size_t i) {
      if (unsynced == Unsynced::kept) return true;
      return i < arrived.try_emplace(at, random.below(operations.size() + 1)).first->second;
    };
    const std::size_t unlucky =
        Recording::operations[operations[random.below(operations.size())]].offset / 4096;
    if (unsynced == Unsynced::torn_page)
      for (std::size_t i = 0; i < 8; ++i) arrived[unlucky * 8 + i] = i < 4 ? operations.size() : 0;
    for (std::size_t i = 0; i < operations.size(); ++i) {
      const Recording::Operation& operation = Recording::operations[operations[i]];
      const auto begin = static_cast<std::size_t>(operation.offset);
      if (operation.kind == Recording::Kind::cut) {
        if (has_arrived(SIZE_MAX, i)) apply(operation, file);
        continue;
      }
      const std::size_t end = begin + operation.bytes.size();
      for (std::size_t at = begin; at < end;) {
        const std::size_t next = std::min(end, (at / unit + 1) * unit);
        if (has_arrived(at / unit, i))
          apply({operation.kind,
                 {},
                 static_cast<std::int64_t>(at),
                 operation.bytes.substr(at - begin, next - at)},
                file);
        at = next;
      }
    }
    if (unsynced != Unsynced::dead_page) return;
    for (std::size_t i = unlucky * 4096; i < std::min(file.size(), (unlucky + 1) * 4096); ++i)
      file[i] = static_cast<char>(random.next());
  }

  std::size_t done_ = 0;
  Files synced_;
  std::map<std::string, std::vector<std::size_t>> pending_;  // operations since the last sync
};

}  // namespace fieldweir
