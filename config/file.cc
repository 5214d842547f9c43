#include "config/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "config/values.h"

namespace fieldweir::config {

FileText read_whole(const std::string& path, std::size_t most) {
  FileText file;
  const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) {
    file.exists = errno != ENOENT;
    file.error = std::strerror(errno);
    return file;
  }
  struct stat status {};
  fstat(descriptor, &status);
  file.open_to_others = (status.st_mode & 037) != 0;
  char chunk[16384];
  ssize_t got = 0;
  while (file.text.size() <= most && (got = read(descriptor, chunk, sizeof chunk)) > 0)
    file.text.append(chunk, static_cast<std::size_t>(got));
  if (got < 0) file.error = std::strerror(errno);
  if (file.text.size() > most) file.error = "larger than " + show_size(most);
  close(descriptor);
  return file;
}

namespace {

/// Bytes of the character that starts at `at`, 0 if it is not valid there.
std::size_t character_length(std::string_view bytes, std::size_t at) {
  const auto byte = [&](std::size_t i) -> unsigned {
    return at + i < bytes.size() ? static_cast<unsigned char>(bytes[at + i]) : 0;
  };
  const unsigned first = byte(0);
  if (first < 0x80) {
    const bool control = (first < 0x20 && first != '\t' && first != '\n' && first != '\r');
    return control || first == 0x7F ? 0 : 1;
  }
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4) return 0;
  for (std::size_t i = 1; i < length; ++i)
    if ((byte(i) & 0xC0) != 0x80) return 0;
  const unsigned second = byte(1);
  const bool control = first == 0xC2 && second < 0xA0;  // U+0080 to U+009F
  const bool overlong = (first == 0xE0 && second < 0xA0) || (first == 0xF0 && second < 0x90);
  const bool surrogate = first == 0xED && second >= 0xA0;
  const bool too_high = first == 0xF4 && second >= 0x90;
  return control || overlong || surrogate || too_high ? 0 : length;
}

}  // namespace

std::size_t not_text(std::string_view bytes) {
  for (std::size_t at = 0; at < bytes.size();) {
    const std::size_t length = character_length(bytes, at);
    if (length == 0) return at;
    at += length;
  }
  return std::string_view::npos;
}

}  // namespace fieldweir::config
