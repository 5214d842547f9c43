#include "config/include.h"

#include <algorithm>
#include <filesystem>

#include "config/fields.h"
#include "config/file.h"
#include "config/glob.h"
#include "config/load.h"

namespace fieldweir::config {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t most_files = 100;

/// Paths of the files that `pattern` names, in order; the `error` is of the folder.
std::vector<std::string> matches(const fs::path& pattern, std::error_code& error) {
  const std::string name = pattern.filename();
  if (name.find('*') == std::string::npos) return {pattern};
  const fs::path folder = pattern.parent_path();
  std::vector<std::string> found;
  fs::directory_iterator file(folder.empty() ? "." : folder, error);
  for (; !error && file != fs::directory_iterator(); file.increment(error)) {
    const std::string each = file->path().filename();
    if (!each.starts_with('.') && glob_matches(name, each)) found.push_back(folder / each);
  }
  if (error == std::errc::no_such_file_or_directory) error.clear();
  std::ranges::sort(found);
  return found;
}

class Include {
 public:
  Include(Node& root, const std::string& path, std::span<const std::string_view> named,
          std::vector<std::string>& files, Mistakes& mistakes)
      : root_(root), path_(path), named_(named), files_(files), mistakes_(mistakes) {}

  bool all(const Node& include) {
    for (const Node& each : include.type == Node::Type::list ? include.items : std::vector{include})
      pattern(each);
    for (Node& part : parts_) join(part, include.place);
    return whole_;
  }

 private:
  void pattern(const Node& node) {
    std::string text;
    if (!read_text(node, text, mistakes_)) return fail();
    const fs::path pattern = (fs::path(path_).parent_path() / text).lexically_normal();
    const std::string folder = pattern.parent_path();
    if (folder.find('*') != std::string::npos)
      return fail(node.place, "'*' may stand in the name of a file, not of its folder");
    std::error_code error;
    const std::vector<std::string> found = matches(pattern, error);
    if (error) fail(node.place, folder + " cannot be read: " + error.message());
    for (const std::string& file : found) {
      if (files_.size() == most_files)
        return fail(node.place, "more than " + std::to_string(most_files) + " files are included");
      read(file, node.place);
    }
  }

  void read(const std::string& file, const Place& place) {
    std::error_code error;
    if (std::ranges::find(files_, file) != files_.end())
      return fail(place, file + " is included twice");
    if (fs::equivalent(file, path_, error)) return fail(place, file + " includes itself");
    if (fs::is_directory(file, error))
      return fail(place, file + " is a folder; '" + file + "/*.yaml' names the files in it");
    if (fs::exists(file, error) && !fs::is_regular_file(file, error))  // a pipe would keep us
      return fail(place, file + " is no file");
    const FileText content = read_whole(file, largest_file);
    if (!content.error.empty()) return fail(place, file + " cannot be read: " + content.error);
    files_.push_back(file);
    const std::size_t before = mistakes_.count();
    parts_.push_back(load_text(file, content.text, folder_of(path_), mistakes_));
    if (parts_.back().type == Node::Type::null && mistakes_.count() > before) fail();
  }

  void fail() { whole_ = false; }
  void fail(const Place& place, const std::string& why) {
    fail();
    mistakes_.add(place, why);
  }

  /// An empty part says nothing.
  void join(Node& part, const Place& include) {
    if (part.type == Node::Type::null) return;
    if (part.type != Node::Type::map) {
      expected("sections of a configuration (a map)", part, mistakes_);
      return;
    }
    for (Node::Entry& entry : part.entries) {
      if (entry.key == "include")
        mistakes_.add(entry.key_place,
                      "a file that is included cannot include others; name them at " +
                          mistakes_.where(include));
      else
        join(entry);
    }
  }

  void join(Node::Entry& entry) {
    const auto same = std::ranges::find(root_.entries, entry.key, &Node::Entry::key);
    if (same == root_.entries.end()) {
      root_.entries.push_back(std::move(entry));
      return;
    }
    Node& whole = same->value;
    const bool named = std::ranges::find(named_, entry.key) != named_.end();
    if (whole.type == Node::Type::list) {
      if (expect_list(entry.value, mistakes_))
        std::ranges::move(entry.value.items, std::back_inserter(whole.items));
    } else if (whole.type == Node::Type::map && named) {
      if (expect_map(entry.value, mistakes_))
        std::ranges::move(entry.value.entries, std::back_inserter(whole.entries));
    } else {
      mistakes_.add(entry.key_place, "'" + entry.key + "' stands here twice, first at " +
                                         mistakes_.where(same->key_place));
    }
  }

  Node& root_;
  const std::string& path_;
  std::span<const std::string_view> named_;
  std::vector<std::string>& files_;
  Mistakes& mistakes_;
  std::vector<Node> parts_;
  bool whole_ = true;
};

}  // namespace

bool include_files(Node& root, const std::string& path, std::span<const std::string_view> named,
                   std::vector<std::string>& files, Mistakes& mistakes) {
  const Node* include = root.find("include");
  return include == nullptr || Include(root, path, named, files, mistakes).all(Node(*include));
}

}  // namespace fieldweir::config
