// Node: one value of a configuration file with its place, after YAML and before meaning. A value
// type; the loader builds the tree, components read it through their Fields. While starting only.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fieldweir::config {

/// Where something stands. Lines and columns (in bytes) count from 1, line 0 means the file as a
/// whole; `file` indexes Mistakes' sources.
struct Place {
  int file = 0;
  int line = 1;
  int column = 1;

  friend bool operator==(const Place&, const Place&) = default;
};

struct Node {
  enum class Type { null, scalar, list, map };
  struct Entry;

  Type type = Type::null;
  Place place;
  std::string scalar;     // after substitution of ${env:} and ${secret:}
  bool quoted = false;    // "5" is a text, 5 is a number
  bool secret = false;    // holds a secret: never print it
  bool mistaken = false;  // its mistake is told already: readers refuse it in silence
  std::vector<Node> items;
  std::vector<Entry> entries;  // in file order, keys unique

  /// The value under `key`, or nullptr.
  const Node* find(std::string_view key) const;
};

struct Node::Entry {
  std::string key;
  Place key_place;
  Node value;
};

}  // namespace fieldweir::config
