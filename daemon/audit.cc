#include "daemon/audit.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

namespace fieldweir {
namespace {

constexpr off_t largest_file = 1 << 20;
constexpr std::size_t most_owed = 64 * 1024;

Error disk_error(const std::string& path) {
  return error(errno == ENOSPC || errno == EDQUOT ? Reason::disk_full : Reason::disk, "%s: %s",
               path.c_str(), std::strerror(errno));
}

int open_file(const std::string& path) {
  return open(path.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
}

/// A new name is on the disk only when its folder is.
bool sync_folder_of(const std::string& path) {
  const std::string folder = std::filesystem::path(path).parent_path().string();
  const int descriptor = open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_CLOEXEC);
  const bool done = descriptor >= 0 && fsync(descriptor) == 0;
  if (descriptor >= 0) close(descriptor);
  return done;
}

bool ends_within_a_line(int descriptor, off_t size) {
  char last = '\n';
  return size > 0 && pread(descriptor, &last, 1, size - 1) == 1 && last != '\n';
}

}  // namespace

bool Audit::add(std::string_view line) {
  if (owed_.size() + line.size() >= most_owed) return lost.add(), false;
  owed_.append(line).append("\n");
  return true;
}

Result<> Audit::commit() {
  if (owed_.empty()) return {};
  // opened each time: writes are rare, and somebody may have moved the file
  const int descriptor = open_file(path_);
  if (descriptor < 0) return disk_error(path_);
  const Result<> done = append(descriptor);
  close(descriptor);
  if (done) owed_.clear();
  return done;
}

Result<> Audit::append(int descriptor) {
  struct stat file {};
  if (fstat(descriptor, &file) != 0) return disk_error(path_);
  if (file.st_size > 0 && file.st_size + static_cast<off_t>(owed_.size()) > largest_file) {
    if (std::rename(path_.c_str(), (path_ + ".1").c_str()) != 0) return disk_error(path_);
    return commit();  // into a new file: that one is empty
  }
  // a power cut left half a line
  if (owed_.front() != '\n' && ends_within_a_line(descriptor, file.st_size))
    owed_.insert(owed_.begin(), '\n');
  const ssize_t written = write(descriptor, owed_.data(), owed_.size());
  if (written == static_cast<ssize_t>(owed_.size()) && fdatasync(descriptor) == 0 &&
      (file.st_size > 0 || sync_folder_of(path_)))
    return {};
  if (written >= 0 && written < static_cast<ssize_t>(owed_.size())) errno = ENOSPC;
  const Error why = disk_error(path_);
  // all or nothing, so that the next attempt does not write it twice
  if (written > 0 && ftruncate(descriptor, file.st_size) != 0) return disk_error(path_);
  return why;
}

std::string audit_path(const std::string& journal) {
  return (std::filesystem::path(journal).parent_path() / "audit.jsonl").string();
}

}  // namespace fieldweir
