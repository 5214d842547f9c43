#include "config/tree.h"

#include <algorithm>

namespace fieldweir::config {

bool Tree::expects_key() const {
  return !open_.empty() && open_.back().node.type == Node::Type::map && !open_.back().has_key;
}

std::string_view Tree::key() const {
  if (open_.empty() || !open_.back().has_key) return {};
  return open_.back().key;
}

void Tree::give_up(Place place, std::string why) {
  mistakes_.add(place, std::move(why));
  throw Enough{};
}

void Tree::open(Node node) {
  if (open_.size() == deepest)
    give_up(node.place, "nested deeper than " + std::to_string(deepest) + " levels");
  if (expects_key()) give_up(node.place, "a key must be a text");
  open_.push_back({std::move(node), {}, {}, false, false});
}

void Tree::close() {
  Node node = std::move(open_.back().node);
  open_.pop_back();
  put(std::move(node));
}

void Tree::put(Node node) {
  if (++nodes_ > most_nodes)
    give_up(node.place, "more than " + std::to_string(most_nodes) + " values");
  if (open_.empty()) {
    root_ = std::move(node);
  } else if (expects_key()) {
    put_key(node);
  } else if (Open& parent = open_.back(); parent.node.type == Node::Type::list) {
    parent.node.items.push_back(std::move(node));
  } else {
    parent.has_key = false;
    // the place of a value that is not there would be on the next line
    if (node.type == Node::Type::null) node.place = parent.key_place;
    if (!parent.drop_value)
      parent.node.entries.push_back({std::move(parent.key), parent.key_place, std::move(node)});
  }
}

void Tree::put_key(const Node& node) {
  Open& map = open_.back();
  map.has_key = true;
  map.drop_value = true;
  if (node.mistaken) return;
  const auto& entries = map.node.entries;
  const auto first = std::ranges::find(entries, node.scalar, &Node::Entry::key);
  if (node.type != Node::Type::scalar) {
    mistakes_.add(node.place, "a key must be a text");
  } else if (node.scalar == "<<") {
    mistakes_.add(node.place,
                  "merge keys (<<) are not part of the grammar; `profiles` hold what is shared");
  } else if (first != entries.end()) {
    mistakes_.add(node.place, "'" + node.scalar + "' stands here twice, first at " +
                                  mistakes_.where(first->key_place));
  } else if (entries.size() == most_keys) {
    give_up(node.place, "more than " + std::to_string(most_keys) + " keys in one map");
  } else {
    map.drop_value = false;
    map.key = node.scalar;
    map.key_place = node.place;
  }
}

}  // namespace fieldweir::config
