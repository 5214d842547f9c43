// Ballast: space on the journal's disk that nobody else can take. On a full disk SQLite cannot even
// commit that batches were delivered and may go; then the ballast is given up, and that goes
// through. Owned by the Journal, whoever uses that. It is kept when the journal is opened and again
// once there is space; where it cannot be, the journal works without.
#pragma once

#include <cstdint>
#include <string>

namespace fieldweir {

/// Of the disk that holds the file `path`; 0 if nobody knows.
std::uint64_t free_bytes_of_disk(const std::string& path);
using FreeBytes = std::uint64_t (*)(const std::string& path);

class Ballast {
 public:
  /// `size`: as much as commits may bring before the write-ahead log is moved into the file, for
  /// the file grows by that, and 64 KiB: the log's index (32), cursors and counts (16), the rest
  /// spare.
  Ballast(const std::string& journal, std::uint64_t size, FreeBytes free_bytes)
      : path_(journal + ".ballast"), size_(size), free_bytes_(free_bytes) {}

  /// Whether the disk has so much, and as much again.
  bool fits() const;
  /// Takes the space if it fits.
  void keep();
  /// Whether there was any to give up.
  bool release();
  bool held() const { return held_; }

 private:
  const std::string path_;
  const std::uint64_t size_;
  const FreeBytes free_bytes_;
  bool held_ = false;
};

}  // namespace fieldweir
