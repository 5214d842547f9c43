// template: what devices of one model have in common, in a file of its own: `template: acme/press`
// stands for the file acme/press.yaml in one of the template folders. What the file says is put
// under what the device says, as Nodes, so that the drivers see one device and mistakes point to
// where they were made. Reads files; while starting only, one thread.
//
//   title: Eastron SDM630          required, for people
//   source: SDM630 protocol V1.4   required: the document that the registers were taken from
//   ...                            anything else that a device may say, but its name and connection
//
// The device's own keys win. Signals of one name become one, key by key, and so do maps, like poll
// groups; any other list is the device's alone. What the template names first comes first.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "config/mistakes.h"
#include "config/node.h"

namespace fieldweir::config {

class Templates {
 public:
  /// Of the folders, the first that has a template wins. `own`: keys that only a device has.
  Templates(std::vector<std::string> folders, std::vector<std::string> own);

  /// Completes a device that names a template; one that does not stays as it is. A device whose
  /// template is missing or no map is marked as mistaken.
  void complete(Node& device, Mistakes& mistakes);

 private:
  /// The template's map without title and source; nullptr if there is none.
  const Node* find(const Node& name, Mistakes& mistakes);
  bool check(Node& base, Mistakes& mistakes) const;
  /// "acme/press" of every file in the folders.
  std::vector<std::string> names() const;

  std::vector<std::string> folders_;
  std::vector<std::string> own_;
  std::map<std::string, Node, std::less<>> known_;  // each file is read, and complained about, once
};

/// `device` completed by `base`. Pure.
Node merged(const Node& device, const Node& base);

}  // namespace fieldweir::config
