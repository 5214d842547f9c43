// load: a YAML file to a strict tree of Nodes. The only file that knows yaml-cpp.
//
// Refused, each as a mistake with its place: duplicate keys, anchors, aliases, merge keys, tags,
// several documents, files over 1 MiB, more than 32 levels or 50,000 nodes, keys that are not
// scalars, control characters, invalid UTF-8. Substituted inside scalars: ${env:NAME},
// ${env:NAME:-default},
// ${secret:NAME} (systemd credential directory, else a file beside the configuration in
// `secrets/NAME`, else the environment). A substituted value is text: it cannot add structure.
#pragma once

#include <cstddef>
#include <string>

#include "config/mistakes.h"
#include "config/node.h"

namespace fieldweir::config {

inline constexpr std::size_t largest_file = 1024 * 1024;

/// Reads the file at `path`. With mistakes, what is returned is only good for finding more of them.
Node load_file(const std::string& path, Mistakes& mistakes);

/// The same for a text; `name` stands for the file in messages.
Node load_text(const std::string& name, const std::string& text, Mistakes& mistakes);

/// The same with the secrets of another file's `folder`: of the one that includes it.
Node load_text(const std::string& name, const std::string& text, const std::string& folder,
               Mistakes& mistakes);

/// "/etc/fieldweir/" of a path; empty if it has none.
std::string folder_of(const std::string& path);

}  // namespace fieldweir::config
