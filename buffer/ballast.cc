#include "buffer/ballast.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

namespace fieldweir {

bool Ballast::fits() const { return free_bytes_(path_.substr(0, path_.rfind('.'))) >= 2 * size_; }

// Blocks, not a length: a file of zeros that were never written would hold no space.
void Ballast::keep() {
  if (held_) return;
  struct stat there {};
  if (stat(path_.c_str(), &there) == 0 &&
      static_cast<std::uint64_t>(there.st_blocks) * 512 >= size_) {
    held_ = true;
    return;
  }
  if (!fits()) return;
  const int file = open(path_.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
  if (file < 0) return;
  held_ = posix_fallocate(file, 0, static_cast<off_t>(size_)) == 0;
  close(file);
  if (!held_) unlink(path_.c_str());
}

bool Ballast::release() {
  if (!held_) return false;
  held_ = false;
  return unlink(path_.c_str()) == 0;
}

std::uint64_t free_bytes_of_disk(const std::string& path) {
  std::error_code unknown;
  const auto space = std::filesystem::space(path, unknown);
  return unknown ? 0 : space.available;
}

}  // namespace fieldweir
