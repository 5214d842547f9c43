// Tree: puts Nodes together from the order in which a parser meets them, and refuses what a parser
// may let through: duplicate keys, merge keys, keys that are no text, too deep, too many. Knows no
// YAML library. Owned by the loader, for one file.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/mistakes.h"
#include "config/node.h"

namespace fieldweir::config {

/// Ends the parse; the mistake is told already.
struct Enough {};

class Tree {
 public:
  static constexpr std::size_t deepest = 32;
  static constexpr std::size_t most_nodes = 200'000;  // some 20,000 signals
  static constexpr std::size_t most_keys = 1'000;     // of one map: keys are compared one by one

  explicit Tree(Mistakes& mistakes) : mistakes_(mistakes) {}

  /// Whether the next node is a key.
  bool expects_key() const;

  /// The key whose value is next, if any.
  std::string_view key() const;

  /// A scalar, a null, or a list or map that close() has completed. Throws Enough.
  void put(Node node);
  /// A list or map begins. Throws Enough.
  void open(Node node);
  void close();

  Node take_root() { return std::move(root_); }

 private:
  /// A list or map not yet complete; in a map, the key whose value comes next.
  struct Open {
    Node node;
    std::string key;
    Place key_place;
    bool has_key = false;
    bool drop_value = false;  // the key was a mistake
  };

  void put_key(const Node& node);
  [[noreturn]] void give_up(Place place, std::string why);

  Mistakes& mistakes_;
  std::vector<Open> open_;
  Node root_;
  std::size_t nodes_ = 0;
};

}  // namespace fieldweir::config
