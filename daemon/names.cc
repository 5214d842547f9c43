#include "daemon/names.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "config/glob.h"
#include "core/signal_table.h"
#include "daemon/ledger_readings.h"

namespace fieldweir {
namespace {

using config::Mistakes;
using config::Node;
using config::Place;

constexpr std::size_t longest_name = SignalName::capacity();

/// The scalar under `key`, unless its mistake is told already.
const Node* scalar(const Node& node, std::string_view key) {
  const Node* value = node.find(key);
  return value != nullptr && value->type == Node::Type::scalar && !value->mistaken ? value
                                                                                   : nullptr;
}

const std::vector<Node>& items(const Node& node, std::string_view key) {
  static const std::vector<Node> none;
  const Node* list = node.find(key);
  return list == nullptr ? none : list->items;
}

/// A list of scalars, or one scalar that stands for a list of one.
std::vector<const Node*> scalars(const Node& node, std::string_view key) {
  std::vector<const Node*> found;
  if (const Node* one = scalar(node, key)) found.push_back(one);
  for (const Node& item : items(node, key))
    if (item.type == Node::Type::scalar && !item.mistaken) found.push_back(&item);
  return found;
}

bool is_piece(std::string_view piece, bool placeholders) {
  if (placeholders && piece.size() > 2 && piece.front() == '{' && piece.back() == '}')
    piece = piece.substr(1, piece.size() - 2);
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
  };
  return !piece.empty() && std::ranges::all_of(piece, fits);
}

bool is_name(std::string_view name, bool placeholders) {
  while (true) {
    const std::size_t dot = name.find('.');
    if (!is_piece(name.substr(0, dot), placeholders)) return false;
    if (dot == std::string_view::npos) return true;
    name.remove_prefix(dot + 1);
  }
}

/// Whether a glob selects a signal; a placeholder in the signal's name stands for any piece.
bool selects(const std::string& glob, const std::string& name) {
  if (config::glob_matches(glob, name)) return true;
  const std::size_t open = name.find('{');
  if (open == std::string::npos) return false;
  const std::size_t close = name.find('}', open);
  return config::glob_matches(name.substr(0, open) + "*" + name.substr(close + 1), glob);
}

/// Names of one sort, with the place of each.
class Names {
 public:
  Names(std::string what, Mistakes& mistakes) : what_(std::move(what)), mistakes_(mistakes) {}

  /// False, and a mistake, if the name is not well-formed, too long, or taken.
  bool add(const std::string& name, const Place& place, bool placeholders = false) {
    if (!is_name(name, placeholders)) {
      mistakes_.add(place, "'" + name + "' is no " + what_ + " name" +
                               "; expected letters, digits, _ and -, joined with dots");
      return false;
    }
    if (name.size() > longest_name) {
      mistakes_.add(place, "a " + what_ + " name has at most " + std::to_string(longest_name) +
                               " bytes; '" + name + "' has " + std::to_string(name.size()));
      return false;
    }
    const auto [found, added] = places_.try_emplace(name, place);
    if (added) {
      names_.push_back(name);
    } else {
      mistakes_.add(place, what_ + " '" + name + "' stands here twice, first at " +
                               mistakes_.where(found->second));
    }
    return added;
  }

  /// A name is used: is there such a thing?
  void expect(const Node& reference) const {
    if (places_.contains(reference.scalar)) return;
    const std::string none = names_.empty() ? "; there are no " + what_ + "s" : "";
    mistakes_.add(reference.place, "no " + what_ + " '" + reference.scalar + "'" + none +
                                       config::did_you_mean(reference.scalar, names_));
  }

  bool has(const std::string& name) const { return places_.contains(name); }
  const std::vector<std::string>& all() const { return names_; }

 private:
  std::string what_;
  Mistakes& mistakes_;
  std::unordered_map<std::string, Place> places_;
  std::vector<std::string> names_;  // in file order
};

class NameCheck {
 public:
  NameCheck(const Node& root, Mistakes& mistakes) : root_(root), mistakes_(mistakes) {}

  void run() {
    if (const Node* gateway = root_.find("gateway"))
      if (const Node* id = scalar(*gateway, "id"))
        Names("gateway", mistakes_).add(id->scalar, id->place);
    add_keys("brokers", brokers_);
    add_keys("profiles", profiles_);
    const Node* ledger = root_.find("gateway") ? root_.find("gateway")->find("ledger") : nullptr;
    if (ledger != nullptr) add_signals(ledger_signals(), ledger->place);
    for (const Node& uplink : items(root_, "uplinks")) add_uplink(uplink, ledger != nullptr);
    for (const Node& device : items(root_, "devices")) check_device(device);
    for (const Node& window : items(root_, "windows")) check_window(window);
    for (const Node& window : items(root_, "windows")) add_results(window);
    for (const Node& uplink : items(root_, "uplinks")) check_uplink(uplink);
    if (const Node* local = root_.find("local")) check_local(*local);
  }

 private:
  void add_keys(std::string_view section, Names& names) {
    if (const Node* map = root_.find(section))
      for (const Node::Entry& entry : map->entries) names.add(entry.key, entry.key_place);
  }

  /// Whoever uses a broker names it in the section that selects its kind.
  void check_broker(const Node& user) {
    for (const Node::Entry& section : user.entries)
      if (const Node* broker = scalar(section.value, "broker")) brokers_.expect(*broker);
  }

  void check_device(const Node& device) {
    check_broker(device);
    const Node* name = scalar(device, "name");
    const bool counts = name != nullptr && devices_.add(name->scalar, name->place);
    // its health is a signal of its own
    if (counts) signals_.add(name->scalar + ".online", name->place);
    const Node* list = device.find("signals");
    if (list != nullptr && list->type == Node::Type::list && list->items.empty())
      mistakes_.add(list->place, "an empty list; a device needs a signal");
    for (const Node& signal : items(device, "signals")) {
      check_signal(signal);
      const Node* own = scalar(signal, "name");
      if (own == nullptr || !counts) continue;
      const std::string full = name->scalar + "." + own->scalar;
      signals_.add(full, own->place, has_placeholder(device));
      if (signal.find("write") != nullptr) writable_.insert(full);
    }
  }

  void check_signal(const Node& signal) {
    if (const Node* profile = scalar(signal, "profile")) profiles_.expect(*profile);
    const Node* unit = scalar(signal, "unit");
    if (unit != nullptr && unit->scalar.size() > UnitName::capacity())
      mistakes_.add(unit->place,
                    "a unit has at most " + std::to_string(UnitName::capacity()) + " bytes");
  }

  /// Only a topic says what a placeholder in a name stands for.
  static bool has_placeholder(const Node& device) {
    return std::ranges::any_of(device.entries, [](const Node::Entry& section) {
      const Node* topic = scalar(section.value, "topic");
      return topic != nullptr && topic->scalar.find('{') != std::string::npos;
    });
  }

  void check_window(const Node& window) {
    const Node* of = scalar(window, "of");
    if (of == nullptr) return;
    const auto unsure = [&](const std::string& name) {
      return name != of->scalar && selects(of->scalar, name);
    };
    if (of->scalar.find('{') != std::string::npos || std::ranges::any_of(signals_.all(), unsure))
      mistakes_.add(of->place, "a window needs one signal whose name is known beforehand");
    else
      signals_.expect(*of);
  }

  /// After all windows were checked: a window of a window's results is not part of the grammar.
  void add_results(const Node& window) {
    const Node* name = scalar(window, "name");
    if (name == nullptr || !windows_.add(name->scalar, name->place)) return;
    std::vector<std::string> added;
    for (const Node* aggregate : scalars(window, "emit")) {
      if (std::ranges::find(added, aggregate->scalar) != added.end()) continue;
      added.push_back(aggregate->scalar);
      signals_.add(name->scalar + "." + aggregate->scalar, name->place);
    }
  }

  void add_signals(const std::vector<std::string>& names, const Place& place) {
    for (const std::string& name : names) signals_.add(name, place);
  }

  void add_uplink(const Node& uplink, bool in_ledger) {
    const Node* name = scalar(uplink, "name");
    if (name == nullptr || !uplinks_.add(name->scalar, name->place) || !in_ledger) return;
    const Node* enabled = scalar(uplink, "enabled");
    if (enabled != nullptr && enabled->scalar == "false") return;  // the log does not know it
    const std::vector<std::string> signals = ledger_signals_of(name->scalar);
    const std::size_t longest =
        std::ranges::max(signals, {}, [](const auto& each) { return each.size(); }).size();
    if (longest <= longest_name) return add_signals(signals, name->place);
    mistakes_.add(name->place, "beside 'ledger' an uplink name has at most " +
                                   std::to_string(longest_name - (longest - name->scalar.size())) +
                                   " bytes; '" + name->scalar + "' has " +
                                   std::to_string(name->scalar.size()));
  }

  void check_uplink(const Node& uplink) {
    check_broker(uplink);
    for (const Node* glob : scalars(uplink, "send")) {
      const auto selected = [&](const std::string& name) { return selects(glob->scalar, name); };
      if (std::ranges::any_of(signals_.all(), selected)) continue;
      mistakes_.add(glob->place, "'" + glob->scalar + "' selects no signal" +
                                     config::did_you_mean(glob->scalar, signals_.all()));
    }
  }

  void check_local(const Node& local) {
    check_broker(local);
    const Node* commands = local.find("commands");
    if (commands == nullptr) return;
    for (const Node* signal : scalars(*commands, "signals")) {
      signals_.expect(*signal);
      if (signals_.has(signal->scalar) && !writable_.contains(signal->scalar))
        mistakes_.add(signal->place, "signal '" + signal->scalar +
                                         "' is never written: it has no `write:` section");
    }
  }

  const Node& root_;
  Mistakes& mistakes_;
  Names brokers_{"broker", mistakes_};
  Names profiles_{"profile", mistakes_};
  Names devices_{"device", mistakes_};
  Names signals_{"signal", mistakes_};
  std::unordered_set<std::string> writable_;  // signals with a `write:` section
  Names windows_{"window", mistakes_};
  Names uplinks_{"uplink", mistakes_};
};

}  // namespace

void check_names(const Node& root, Mistakes& mistakes) { NameCheck(root, mistakes).run(); }

}  // namespace fieldweir
