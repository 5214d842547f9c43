#include "core/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>

namespace fieldweir {
namespace {

spdlog::level::level_enum to_spdlog(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return spdlog::level::debug;
    case LogLevel::info:
      return spdlog::level::info;
    case LogLevel::warning:
      return spdlog::level::warn;
    case LogLevel::error:
      break;
  }
  return spdlog::level::err;
}

// Under systemd stderr is the journal: it stamps the time itself and reads levels from "<n>"
// (sd-daemon(3)). spdlog cannot print the number, so the pattern has none and log() puts it in
// front.
const bool to_journal = std::getenv("JOURNAL_STREAM") != nullptr;

spdlog::logger& logger() {
  static const std::shared_ptr<spdlog::logger> instance = [] {
    auto made = std::make_shared<spdlog::logger>("fieldweir",
                                                 std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_pattern(to_journal ? "%v" : "%Y-%m-%dT%H:%M:%S.%e%z %l %v");
    made->flush_on(spdlog::level::debug);
    return made;
  }();
  return *instance;
}

const char* journal_prefix(LogLevel level) {
  if (!to_journal) return "";
  switch (level) {
    case LogLevel::debug:
      return "<7>";
    case LogLevel::info:
      return "<6>";
    case LogLevel::warning:
      return "<4>";
    case LogLevel::error:
      break;
  }
  return "<3>";
}

}  // namespace

void set_log_level(LogLevel level) { logger().set_level(to_spdlog(level)); }

void log(LogLevel level, std::string_view part, const char* format, ...) {
  if (!logger().should_log(to_spdlog(level))) return;
  char line[512];
  const int prefix = std::snprintf(line, sizeof line, "%s%.*s: ", journal_prefix(level),
                                   static_cast<int>(part.size()), part.data());
  std::va_list arguments;
  va_start(arguments, format);
  const auto room = sizeof line - std::min<std::size_t>(prefix, sizeof line - 1);
  std::vsnprintf(line + sizeof line - room, room, format, arguments);
  va_end(arguments);
  logger().log(to_spdlog(level), std::string_view(line));
}

}  // namespace fieldweir
