#include "config/load.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <array>
#include <sstream>
#include <string_view>

#include "config/file.h"
#include "config/substitute.h"
#include "config/tree.h"

namespace fieldweir::config {
namespace {

constexpr std::array<std::string_view, 2> secret_keys = {"password", "token"};

/// Whether somebody wrote the secret itself and not ${secret:NAME}; URLs can hold one before the
/// '@'.
bool is_secret(std::string_view key, std::string_view value) {
  if (value.find("${") != std::string_view::npos) return false;
  const std::size_t scheme = value.find("://");
  return std::ranges::find(secret_keys, key) != secret_keys.end() ||
         (scheme != std::string_view::npos && value.find('@', scheme) != std::string_view::npos);
}

/// Turns yaml-cpp's events into a Tree: its own tree would take a kilobyte per key and forget
/// duplicate keys, anchors and quotes.
class Events final : public YAML::EventHandler {
 public:
  Events(std::string_view text, int file, std::string folder, Mistakes& mistakes)
      : text_(text), file_(file), folder_(std::move(folder)), mistakes_(mistakes), tree_(mistakes) {
    for (std::size_t i = 0; i < text.size(); ++i)
      if (text[i] == '\n') line_starts_.push_back(i + 1);
  }

  Node take_root() { return tree_.take_root(); }
  /// yaml-cpp counts from 0; a mark that is none stands for where the last event was.
  Place place(const YAML::Mark& mark) const {
    return mark.is_null() ? last_ : Place{file_, mark.line + 1, mark.column + 1};
  }
  /// From the place to the end of its line.
  std::string_view rest_of_line(const Place& place) const;

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ == 1) return;
    mistakes_.add(
        place(mark),
        "a second document starts here; a configuration is one (is the indentation right?)");
    throw Enough{};
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    tree_.put(start(Node::Type::null, mark, "", anchor));
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    Node node = start(Node::Type::null, mark, "", 0);
    refuse(node, "aliases (*name) are not part of the grammar; `profiles` hold what is shared");
    tree_.put(std::move(node));
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override;
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    tree_.open(start(Node::Type::list, mark, tag, anchor));
  }
  void OnSequenceEnd() override { tree_.close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    tree_.open(start(Node::Type::map, mark, tag, anchor));
  }
  void OnMapEnd() override { tree_.close(); }

 private:
  Node start(Node::Type type, const YAML::Mark& mark, const std::string& tag,
             YAML::anchor_t anchor);
  void refuse(Node& node, std::string why) {
    mistakes_.add(node.place, std::move(why));
    node.mistaken = true;
  }
  std::size_t length_on_line(const Node& scalar) const;

  std::string_view text_;
  std::vector<std::size_t> line_starts_{0};
  int file_;
  std::string folder_;
  Mistakes& mistakes_;
  Tree tree_;
  Place last_;
  int documents_ = 0;
};

std::string_view Events::rest_of_line(const Place& place) const {
  const auto line = static_cast<std::size_t>(place.line) - 1;
  if (line >= line_starts_.size()) return {};
  const std::size_t start = line_starts_[line];
  // not looked for: in a file that is one long line, that would be a walk over the file for each
  // value
  const std::size_t end =
      line + 1 < line_starts_.size() ? line_starts_[line + 1] - 1 : text_.size();
  const std::string_view whole = text_.substr(start, end - start);
  return whole.substr(std::min<std::size_t>(place.column - 1, whole.size()));
}

Node Events::start(Node::Type type, const YAML::Mark& mark, const std::string& tag,
                   YAML::anchor_t anchor) {
  Node node;
  node.type = type;
  node.place = last_ = place(mark);
  // yaml-cpp tells plain texts by the tag "?" and quoted ones by "!"; the lone tag '!' looks quoted
  node.quoted = tag == "!" && type == Node::Type::scalar;
  const bool lone = node.quoted && rest_of_line(node.place).starts_with('!');
  if (lone || !(tag.empty() || tag == "?" || tag == "!"))
    refuse(node, "tags (!name) are not part of the grammar");
  if (anchor != 0)
    refuse(node, "anchors (&name) are not part of the grammar; `profiles` hold what is shared");
  return node;
}

void Events::OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                      const std::string& value) {
  Node node = start(Node::Type::scalar, mark, tag, anchor);
  node.scalar = value;
  if (not_text(value) != std::string::npos)
    refuse(node, "control characters are not allowed in texts");
  const std::size_t length = length_on_line(node);
  if (!node.mistaken && length == std::string::npos)
    refuse(node, node.quoted ? "this quote is not closed on its line"
                             : "this text runs on into the next line; a long text needs | or >");
  if (is_secret(tree_.key(), value)) {
    node.secret = true;
    mistakes_.hide(node.place, length);
  }
  if (!node.mistaken && !tree_.expects_key()) substitute(node, folder_, mistakes_);
  tree_.put(std::move(node));
}

/// Bytes that the scalar takes in the file, npos if it runs on: a forgotten quote or colon makes
/// YAML fold the following lines into one text. Block scalars (| and >) are meant to.
std::size_t Events::length_on_line(const Node& scalar) const {
  const std::string_view rest = rest_of_line(scalar.place);
  if (rest.empty() || rest[0] == '|' || rest[0] == '>') return rest.size();
  if (!scalar.quoted)
    return rest.starts_with(scalar.scalar) ? scalar.scalar.size() : std::string::npos;
  const char quote = rest[0];
  for (std::size_t i = 1; i < rest.size(); ++i) {
    const bool escape =
        (quote == '"' && rest[i] == '\\') || (quote == '\'' && rest.substr(i).starts_with("''"));
    if (escape)
      ++i;
    else if (rest[i] == quote)
      return i + 1;
  }
  return std::string::npos;
}

Place place_of(std::string_view text, std::size_t offset, int file) {
  const std::string_view before = text.substr(0, offset);
  const auto lines = std::ranges::count(before, '\n');
  const std::size_t line_start = before.rfind('\n') + 1;  // npos + 1 is 0
  return {file, static_cast<int>(lines) + 1, static_cast<int>(offset - line_start) + 1};
}

/// What people most often did to get there; yaml-cpp's own words are for authors of parsers.
std::string_view hint(const std::string& problem, std::string_view line) {
  if (line.substr(0, line.find_first_not_of(" \t")).find('\t') != std::string_view::npos)
    return " (indent with spaces, not tabs)";
  if (line.find("${") != std::string_view::npos && line.find_first_of("{[") < line.find("${"))
    return " (within { } or [ ] a ${...} needs quotes around it)";
  if (problem == YAML::ErrorMsg::MAP_VALUE)
    return " (a text that holds ': ' needs quotes; or the indentation is wrong)";
  if (problem == YAML::ErrorMsg::UNKNOWN_TOKEN)
    return " (a text that starts with @, ` or % needs quotes)";
  if (problem == YAML::ErrorMsg::END_OF_MAP || problem == YAML::ErrorMsg::END_OF_SEQ)
    return " (check the indentation, and quotes and colons around here)";
  if (problem == YAML::ErrorMsg::END_OF_MAP_FLOW) return " (a '}' or ',' is missing)";
  if (problem == YAML::ErrorMsg::END_OF_SEQ_FLOW) return " (a ']' or ',' is missing)";
  return "";
}

Node parse(const std::string& text, int file, const std::string& folder, Mistakes& mistakes) {
  std::istringstream stream(text);
  Events events(text, file, folder, mistakes);
  try {
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(events)) {
    }
    return events.take_root();
  } catch (const Enough&) {
  } catch (const YAML::Exception& problem) {
    const Place place = events.place(problem.mark);
    const std::string_view line = events.rest_of_line({file, place.line, 1});
    for (const std::string_view key : secret_keys)
      if (const std::size_t at = line.find(key); at != std::string_view::npos)
        mistakes.hide({file, place.line, static_cast<int>(at + key.size()) + 2}, line.size());
    mistakes.add(place, "not valid YAML: " + problem.msg + std::string(hint(problem.msg, line)));
  }
  return {};
}

}  // namespace

std::string folder_of(const std::string& path) { return path.substr(0, path.rfind('/') + 1); }

Node load_text(const std::string& name, const std::string& text, Mistakes& mistakes) {
  return load_text(name, text, folder_of(name), mistakes);
}

Node load_text(const std::string& name, const std::string& text, const std::string& folder,
               Mistakes& mistakes) {
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
  return parse(body, file, folder, mistakes);
}

Node load_file(const std::string& path, Mistakes& mistakes) {
  FileText file = read_whole(path, largest_file);
  if (file.error.empty()) return load_text(path, file.text, mistakes);
  mistakes.add({mistakes.add_source(path, {}), 0, 0}, "cannot be read: " + file.error);
  return {};
}

}  // namespace fieldweir::config
