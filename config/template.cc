#include "config/template.h"

#include <algorithm>
#include <filesystem>

#include "config/load.h"
#include "config/values.h"

namespace fieldweir::config {
namespace {

namespace fs = std::filesystem;

/// "vendor/model" of letters, digits, '-', '_' and '.', neither part with a dot in front: a name
/// cannot leave the folder.
bool is_template_name(std::string_view name) {
  const auto is_part = [](std::string_view part) {
    return !part.empty() && part.front() != '.' && std::ranges::all_of(part, [](unsigned char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
             c == '-' || c == '_' || c == '.';
    });
  };
  const std::size_t slash = name.find('/');
  return slash != std::string_view::npos && is_part(name.substr(0, slash)) &&
         is_part(name.substr(slash + 1));
}

/// The scalar under `name`, if there is one.
const std::string* name_of(const Node& signal) {
  const Node* name = signal.find("name");
  return name != nullptr && name->type == Node::Type::scalar ? &name->scalar : nullptr;
}

Node merged_maps(const Node& own, const Node& base) {
  Node result = own;
  result.entries = base.entries;
  for (const Node::Entry& entry : own.entries) {
    const auto same = std::ranges::find(result.entries, entry.key, &Node::Entry::key);
    if (same == result.entries.end())
      result.entries.push_back(entry);
    else
      *same = entry;
  }
  return result;
}

Node merged_signals(const Node& own, const Node& base) {
  Node result = own;
  result.items = base.items;
  std::vector<bool> taken(base.items.size());  // a name that the device says twice stays twice
  for (const Node& signal : own.items) {
    const std::string* name = name_of(signal);
    std::size_t i = 0;
    while (i < taken.size() && (name == nullptr || taken[i] || name_of(base.items[i]) == nullptr ||
                                *name != *name_of(base.items[i])))
      ++i;
    if (i == taken.size()) {
      result.items.push_back(signal);
    } else {
      result.items[i] = merged_maps(signal, base.items[i]);
      taken[i] = true;
    }
  }
  return result;
}

}  // namespace

Node merged(const Node& device, const Node& base) {
  Node result = merged_maps(device, base);
  for (Node::Entry& entry : result.entries) {
    const Node* own = device.find(entry.key);
    const Node* common = base.find(entry.key);
    if (own == nullptr || common == nullptr || own->type != common->type) continue;
    if (own->type == Node::Type::map) entry.value = merged_maps(*own, *common);
    if (own->type == Node::Type::list && entry.key == "signals")
      entry.value = merged_signals(*own, *common);
  }
  return result;
}

Templates::Templates(std::vector<std::string> folders, std::vector<std::string> own)
    : folders_(std::move(folders)), own_(std::move(own)) {}

void Templates::complete(Node& device, Mistakes& mistakes) {
  const Node* name = device.find("template");
  if (name == nullptr) return;
  if (const Node* base = find(*name, mistakes))
    device = merged(device, *base);
  else
    device.mistaken = true;
}

const Node* Templates::find(const Node& name, Mistakes& mistakes) {
  std::string text;
  if (!read_text(name, text, mistakes)) return nullptr;
  if (!is_template_name(text)) {
    expected("VENDOR/MODEL, the name of a template", name, mistakes);
    return nullptr;
  }
  const auto known = known_.find(text);
  if (known != known_.end())
    return known->second.type == Node::Type::map ? &known->second : nullptr;
  for (const std::string& folder : folders_) {
    const std::string path = fs::path(folder) / (text + ".yaml");
    std::error_code error;
    if (!fs::exists(path, error)) continue;
    const std::size_t before = mistakes.count();
    Node& base = known_[text] = load_file(path, mistakes);
    if (base.type == Node::Type::null && mistakes.count() == before)
      mistakes.add(name.place, "template '" + text + "' is an empty file: " + path);
    if (base.type == Node::Type::null || !check(base, mistakes)) base = {};
    return base.type == Node::Type::map ? &base : nullptr;
  }
  std::string searched;
  for (const std::string& folder : folders_) searched += (searched.empty() ? "" : " and ") + folder;
  const std::string hint = did_you_mean(text, names());
  mistakes.add(name.place,
               "no template '" + text + "'" + (hint.empty() ? " in " + searched : hint));
  return nullptr;
}

bool Templates::check(Node& base, Mistakes& mistakes) const {
  if (base.type != Node::Type::map) return expected("a template (a map)", base, mistakes);
  for (const std::string_view key : {"title", "source"}) {
    std::string text;
    if (const Node* value = base.find(key))
      read_text(*value, text, mistakes);
    else
      mistakes.add(base.place, "a template needs '" + std::string(key) + "'" +
                                   (key == "source" ? ": the document its registers come from"
                                                    : ": what people call the device"));
  }
  for (const Node::Entry& entry : base.entries)
    if (std::ranges::find(own_, entry.key) != own_.end())
      mistakes.add(entry.key_place, "'" + entry.key + "' belongs to a device, not to its template");
  std::erase_if(base.entries, [this](const Node::Entry& entry) {
    return entry.key == "title" || entry.key == "source" ||
           std::ranges::find(own_, entry.key) != own_.end();
  });
  return true;
}

std::vector<std::string> Templates::names() const {
  std::vector<std::string> names;
  std::error_code error;
  for (const std::string& folder : folders_)
    for (const auto& vendor : fs::directory_iterator(folder, error))
      for (const auto& model : fs::directory_iterator(vendor.path(), error))
        if (model.path().extension() == ".yaml")
          names.push_back(vendor.path().filename().string() + "/" + model.path().stem().string());
  std::ranges::sort(names);
  return names;
}

}  // namespace fieldweir::config
