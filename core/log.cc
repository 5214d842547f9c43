#include "core/log.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <span>

namespace fieldweir {
namespace {

constexpr std::size_t longest_line = 512;

// Under systemd stderr is the journal: it stamps the time itself and reads levels from "<n>"
// (sd-daemon(3)).
const bool to_journal = std::getenv("JOURNAL_STREAM") != nullptr;

std::atomic<LogLevel> lowest = LogLevel::info;

struct LevelName {
  const char* shown;
  const char* to_journal;
};

LevelName name_of(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return {"debug", "<7>"};
    case LogLevel::info:
      return {"info", "<6>"};
    case LogLevel::warning:
      return {"warning", "<4>"};
    case LogLevel::error:
      break;
  }
  return {"error", "<3>"};
}

/// "2026-01-31T07:00:00.250+01:00 info "; how long it is.
int write_stamp(std::span<char> to, LogLevel level) {
  std::timespec now{};
  std::timespec_get(&now, TIME_UTC);
  std::tm local{};
  localtime_r(&now.tv_sec, &local);
  char date[32] = "";
  std::strftime(date, sizeof date, "%FT%T", &local);
  const auto offset = static_cast<int>(local.tm_gmtoff / 60);
  return std::snprintf(to.data(), to.size(), "%s.%03d%c%02d:%02d %s ", date,
                       static_cast<int>(now.tv_nsec / 1'000'000), offset < 0 ? '-' : '+',
                       std::abs(offset) / 60, std::abs(offset) % 60, name_of(level).shown);
}

}  // namespace

void set_log_level(LogLevel level) { lowest.store(level, std::memory_order_relaxed); }

void log(LogLevel level, std::string_view part, const char* format, ...) {
  if (level < lowest.load(std::memory_order_relaxed)) return;
  char line[longest_line];
  std::size_t size = 0;
  // what does not fit is cut; the last byte is the line's end
  const auto add = [&](auto print) {
    const std::span<char> rest = std::span(line).subspan(size);
    size += std::min(static_cast<std::size_t>(std::max(print(rest), 0)), rest.size() - 1);
  };
  if (to_journal)
    add([&](auto to) {
      return std::snprintf(to.data(), to.size(), "%s", name_of(level).to_journal);
    });
  else
    add([&](auto to) { return write_stamp(to, level); });
  add([&](auto to) {
    return std::snprintf(to.data(), to.size(), "%.*s: ", static_cast<int>(part.size()),
                         part.data());
  });
  std::va_list arguments;
  va_start(arguments, format);
  add([&](auto to) { return std::vsnprintf(to.data(), to.size(), format, arguments); });
  va_end(arguments);
  line[size++] = '\n';
  // in one piece, so that lines of several threads do not mix; if it fails, there is nobody to tell
  [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, line, size);
}

}  // namespace fieldweir
