#include "buffer/lock_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace fieldweir {

LockFile::~LockFile() {
  if (descriptor_ >= 0) close(descriptor_);
}

// The file stays behind: removing it would let two processes lock two files of one name.
Result<> LockFile::lock(const std::string& path) {
  descriptor_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (descriptor_ < 0) return error(Reason::disk, "%s: %s", path.c_str(), std::strerror(errno));
  if (flock(descriptor_, LOCK_EX | LOCK_NB) == 0) return {};
  return error(Reason::locked, "%s is locked: another fieldweir uses this journal", path.c_str());
}

}  // namespace fieldweir
