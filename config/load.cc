#include "config/load.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <sstream>
#include <string_view>

#include "config/file.h"
#include "config/substitute.h"

namespace fieldweir::config {
namespace {

constexpr std::size_t largest_file = 1024 * 1024;
constexpr std::size_t deepest = 32;
constexpr std::size_t most_nodes = 50'000;

/// Ends the parse; the mistake is told already.
struct Enough {};

/// Builds Nodes straight from yaml-cpp's events: its own tree would take a kilobyte per key and
/// forget duplicate keys, anchors and quotes.
class Builder final : public YAML::EventHandler {
 public:
  Builder(std::string_view text, int file, std::string folder, Mistakes& mistakes)
      : text_(text), file_(file), folder_(std::move(folder)), mistakes_(mistakes) {}

  Node take_root() { return std::move(root_); }
  Place last() const { return last_; }
  Place place(const YAML::Mark& mark) const { return {file_, mark.line + 1, mark.column + 1}; }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ == 1) return;
    mistakes_.add(place(mark), "a second document: a configuration is one document");
    throw Enough{};
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    put(start(Node::Type::null, mark, "", anchor));
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    Node node = start(Node::Type::null, mark, "", 0);
    refuse(node, "aliases (*name) are not part of the grammar; `profiles` hold what is shared");
    put(std::move(node));
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    Node node = start(Node::Type::scalar, mark, tag, anchor);
    node.scalar = value;
    node.quoted = tag == "!";  // how yaml-cpp says so
    if (not_text(value) != std::string::npos)
      refuse(node, "control characters are not allowed in texts");
    if (!node.mistaken && !ends_on_its_line(node))
      refuse(node, node.quoted ? "this quote is not closed on its line"
                               : "this text runs on into the next line; a long text needs | or >");
    if (!node.mistaken && !expects_key()) substitute(node, folder_, mistakes_);
    put(std::move(node));
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(start(Node::Type::list, mark, tag, anchor));
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(start(Node::Type::map, mark, tag, anchor));
  }
  void OnMapEnd() override { close(); }

 private:
  /// A list or map not yet complete; in a map, the key whose value comes next.
  struct Open {
    Node node;
    std::string key;
    Place key_place;
    bool has_key = false;
    bool drop_value = false;
  };

  Node start(Node::Type type, const YAML::Mark& mark, const std::string& tag,
             YAML::anchor_t anchor) {
    Node node;
    node.type = type;
    node.place = last_ = place(mark);
    if (++nodes_ > most_nodes) {
      mistakes_.add(node.place, "more than " + std::to_string(most_nodes) + " values");
      throw Enough{};
    }
    if (anchor != 0)
      refuse(node, "anchors (&name) are not part of the grammar; `profiles` hold what is shared");
    if (!tag.empty() && tag != "?" && tag != "!")
      refuse(node, "tags (" + tag + ") are not part of the grammar");
    return node;
  }

  void refuse(Node& node, std::string why) {
    mistakes_.add(node.place, std::move(why));
    node.mistaken = true;
  }

  bool expects_key() const {
    return !open_.empty() && open_.back().node.type == Node::Type::map && !open_.back().has_key;
  }

  void open(Node node) {
    if (open_.size() == deepest) {
      mistakes_.add(node.place, "nested deeper than " + std::to_string(deepest) + " levels");
      throw Enough{};
    }
    if (expects_key()) {
      mistakes_.add(node.place, "a key must be a text");
      throw Enough{};
    }
    open_.push_back({std::move(node), {}, {}, false, false});
  }

  void close() {
    Node node = std::move(open_.back().node);
    open_.pop_back();
    put(std::move(node));
  }

  void put(Node node) {
    if (open_.empty()) {
      root_ = std::move(node);
    } else if (expects_key()) {
      put_key(node);
    } else if (Open& parent = open_.back(); parent.node.type == Node::Type::list) {
      parent.node.items.push_back(std::move(node));
    } else {
      parent.has_key = false;
      if (!parent.drop_value)
        parent.node.entries.push_back({std::move(parent.key), parent.key_place, std::move(node)});
    }
  }

  void put_key(const Node& node) {
    Open& map = open_.back();
    map.has_key = true;
    map.drop_value = true;
    if (node.mistaken) return;
    if (node.type != Node::Type::scalar) {
      mistakes_.add(node.place, "a key must be a text");
    } else if (node.scalar == "<<") {
      mistakes_.add(node.place,
                    "merge keys (<<) are not part of the grammar; `profiles` hold what is shared");
    } else if (const auto first =
                   std::ranges::find(map.node.entries, node.scalar, &Node::Entry::key);
               first != map.node.entries.end()) {
      mistakes_.add(node.place, "'" + node.scalar + "' stands here twice, first at " +
                                    mistakes_.where(first->key_place));
    } else {
      map.drop_value = false;
      map.key = node.scalar;
      map.key_place = node.place;
    }
  }

  std::string_view line(int number);
  bool ends_on_its_line(const Node& scalar);

  std::string_view text_;
  int file_;
  std::string folder_;
  Mistakes& mistakes_;
  std::vector<Open> open_;
  Node root_;
  Place last_;
  std::size_t nodes_ = 0;
  int documents_ = 0;
  int line_number_ = 1;  // of the line that starts at line_start_; marks only move forward
  std::size_t line_start_ = 0;
};

std::string_view Builder::line(int number) {
  for (; line_number_ < number; ++line_number_) line_start_ = text_.find('\n', line_start_) + 1;
  return text_.substr(line_start_, text_.find('\n', line_start_) - line_start_);
}

/// A forgotten quote or colon makes YAML fold the following lines into one text. Block scalars
/// (| and >) are meant to have several lines.
bool Builder::ends_on_its_line(const Node& scalar) {
  const std::string_view rest = line(scalar.place.line).substr(scalar.place.column - 1);
  if (rest.empty() || rest[0] == '|' || rest[0] == '>') return true;
  if (!scalar.quoted) return rest.starts_with(scalar.scalar);
  const char quote = rest[0];
  for (std::size_t i = 1; i < rest.size(); ++i) {
    if (rest[i] == '\\' && quote == '"')
      ++i;
    else if (rest[i] == quote && rest.substr(i + 1).starts_with(quote) && quote == '\'')
      ++i;
    else if (rest[i] == quote)
      return true;
  }
  return false;
}

Place place_of(std::string_view text, std::size_t offset, int file) {
  const std::string_view before = text.substr(0, offset);
  const auto lines = std::ranges::count(before, '\n');
  const std::size_t line_start = before.rfind('\n') + 1;  // npos + 1 is 0
  return {file, static_cast<int>(lines) + 1, static_cast<int>(offset - line_start) + 1};
}

Node parse(const std::string& text, int file, const std::string& folder, Mistakes& mistakes) {
  std::istringstream stream(text);
  Builder builder(text, file, folder, mistakes);
  try {
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
    return builder.take_root();
  } catch (const Enough&) {
  } catch (const YAML::Exception& problem) {
    const Place place = problem.mark.is_null() ? builder.last() : builder.place(problem.mark);
    mistakes.add(place, "not valid YAML: " + problem.msg);
  }
  return {};
}

}  // namespace

Node load_text(const std::string& name, const std::string& text, Mistakes& mistakes) {
  constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
  const std::string body = text.starts_with(byte_order_mark) ? text.substr(3) : text;
  const int file = mistakes.add_source(name, body);
  if (body.size() > largest_file) {
    mistakes.add({file, 0, 0}, "larger than 1MiB");
    return {};
  }
  if (const std::size_t bad = not_text(body); bad != std::string::npos) {
    mistakes.add(place_of(body, bad, file), "a control character, or not UTF-8");
    return {};
  }
  return parse(body, file, name.substr(0, name.rfind('/') + 1), mistakes);
}

Node load_file(const std::string& path, Mistakes& mistakes) {
  FileText file = read_whole(path, largest_file + 3);
  if (file.error.empty()) return load_text(path, file.text, mistakes);
  mistakes.add({mistakes.add_source(path, {}), 0, 0}, "cannot be read: " + file.error);
  return {};
}

}  // namespace fieldweir::config
