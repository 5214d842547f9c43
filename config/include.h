// include: what `include: [conf.d/*.yaml]` names is read, and put into the configuration as Nodes,
// so that all that follows sees one configuration and mistakes point to where they were made. Reads
// files; while starting only, one thread.
//
// A path is relative to the file that includes, or absolute. '*' stands for any part of a file's
// name, but for no dot in front: what editors leave behind is no configuration. Files come in the
// order of the paths, those of one '*' by name. A '*' that nothing matches, also for want of the
// folder, includes nothing; a path without one must exist. At most 100 files.
//
// Lists go on where the file before ended, and so do sections of names that the user chooses.
// Anything else stands in one file only.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/mistakes.h"
#include "config/node.h"

namespace fieldweir::config {

/// Completes the map `root`, which was read from `path`; `named` are its sections of names. `files`
/// gets the paths that were read. False: `root` is not whole, as one of them cannot be read or is
/// no YAML, and further looking would find mistakes that are none.
bool include_files(Node& root, const std::string& path, std::span<const std::string_view> named,
                   std::vector<std::string>& files, Mistakes& mistakes);

}  // namespace fieldweir::config
