#include "config/fields.h"

#include <algorithm>

namespace fieldweir::config {
namespace {

std::vector<std::string> names_of(const std::vector<FieldInfo>& fields) {
  std::vector<std::string> names;
  for (const FieldInfo& field : fields) names.push_back(field.name);
  return names;
}

std::string joined(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : ", ") + name;
  return out;
}

}  // namespace

bool check_keys(const Node& node, std::string_view what, const std::vector<FieldInfo>& known,
                const std::vector<std::string>& later, Mistakes& mistakes) {
  const std::vector<std::string> names = names_of(known);
  const std::string text(what);
  if (node.type != Node::Type::map)
    return expected(text + " (a map with " + joined(names) + ")", node, mistakes);
  bool good = true;
  for (const Node::Entry& entry : node.entries) {
    if (std::ranges::find(names, entry.key) != names.end()) continue;
    good = false;
    if (std::ranges::find(later, entry.key) != later.end()) {
      mistakes.add(entry.key_place, "'" + entry.key + "' is not available in this version");
      continue;
    }
    std::string hint = did_you_mean(entry.key, names);
    if (hint.empty()) hint = "; it has " + joined(names);
    mistakes.add(entry.key_place, "unknown key '" + entry.key + "' in " + text + hint);
  }
  for (const FieldInfo& field : known) {
    if (field.need == optional || node.find(field.name) != nullptr) continue;
    good = false;
    mistakes.add(node.place, text + " needs '" + field.name + "': " + field.doc);
  }
  return good;
}

bool expect_list(const Node& node, Mistakes& mistakes) {
  return node.type == Node::Type::list || expected("a list", node, mistakes);
}

bool expect_map(const Node& node, Mistakes& mistakes) {
  return node.type == Node::Type::map || expected("a map", node, mistakes);
}

}  // namespace fieldweir::config
