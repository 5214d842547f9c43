#include "config/substitute.h"

#include <algorithm>
#include <cstdlib>

#include "config/file.h"

namespace fieldweir::config {
namespace {

constexpr std::size_t largest_secret = 64 * 1024;

/// What a name can hold keeps it inside its folder.
bool is_name(std::string_view name) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.';
  };
  return !name.empty() && name[0] != '.' && std::ranges::all_of(name, fits);
}

struct Found {
  std::string value;
  std::string problem;  // empty if found
};

Found from_environment(std::string_view expression) {
  const std::size_t dash = expression.find(":-");
  const std::string name(expression.substr(0, dash));
  if (!is_name(name)) return {{}, "expected a name after ${env:"};
  const char* value = std::getenv(name.c_str());
  if (dash != std::string_view::npos)
    return {value != nullptr && *value != '\0' ? std::string(value)
                                               : std::string(expression.substr(dash + 2)),
            {}};
  if (value == nullptr)
    return {
        {},
        "environment variable '" + name + "' is not set; ${env:" + name + ":-...} gives a default"};
  return {value, {}};
}

Found from_secret(const std::string& name, const std::string& folder) {
  if (!is_name(name)) return {{}, "expected a name after ${secret:"};
  const char* credentials = std::getenv("CREDENTIALS_DIRECTORY");
  const std::string own = folder + "secrets/" + name;
  FileText file{{}, {}, false, false};
  if (credentials != nullptr) {
    file = read_whole(std::string(credentials) + "/" + name, largest_secret);
    file.open_to_others = false;  // systemd sees to that
  }
  if (!file.exists) file = read_whole(own, largest_secret);
  if (!file.exists) {
    const char* value = std::getenv(name.c_str());
    if (value == nullptr)
      return {{},
              "secret '" + name + "' is neither a systemd credential, nor the file " + own +
                  ", nor in the environment"};
    file = {value, {}, true, false};
  }
  if (!file.error.empty()) return {{}, "secret '" + name + "' cannot be read: " + file.error};
  if (file.open_to_others)
    return {
        {},
        "others may read or write " + own + "; give it mode 0600, or 0640 and the service's group"};
  if (file.text.ends_with('\n')) file.text.pop_back();
  if (file.text.empty()) return {{}, "secret '" + name + "' is empty"};
  return {file.text, {}};
}

}  // namespace

void substitute(Node& node, const std::string& folder, Mistakes& mistakes) {
  const std::string from = node.scalar;
  const auto refuse = [&](const std::string& why) {
    mistakes.add(node.place, why);
    node.mistaken = true;
  };
  std::string out;
  std::size_t done = 0;
  for (std::size_t at; (at = from.find("${", done)) != std::string::npos;) {
    const std::size_t end = from.find('}', at);
    const std::string_view inner =
        std::string_view(from).substr(at + 2, end == std::string::npos ? end : end - at - 2);
    const bool secret = inner.starts_with("secret:");
    if (end == std::string::npos || !(secret || inner.starts_with("env:")))
      return refuse("expected ${env:NAME}, ${env:NAME:-default} or ${secret:NAME}");
    const Found found = secret ? from_secret(std::string(inner.substr(7)), folder)
                               : from_environment(inner.substr(4));
    if (!found.problem.empty()) return refuse(found.problem);
    if (not_text(found.value) != std::string::npos)
      return refuse("the value of ${" + std::string(inner) + "} is not text");
    out.append(from, done, at - done).append(found.value);
    node.secret = node.secret || secret;
    node.quoted = false;
    done = end + 1;
  }
  node.scalar = out + from.substr(done);
}

}  // namespace fieldweir::config
