#include "config/mistakes.h"

#include <algorithm>
#include <numeric>
#include <tuple>

#include "config/file.h"

namespace fieldweir::config {
namespace {

constexpr std::size_t widest_line = 100;

std::string_view line_of(std::string_view text, int line) {
  for (; line > 1; --line) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) return {};
    text.remove_prefix(end + 1);
  }
  std::string_view found = text.substr(0, text.find('\n'));
  if (found.ends_with('\r')) found.remove_suffix(1);
  return found;
}

bool continues_character(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

/// What a terminal must not obey, or could not show, stands as '?'.
std::string printable(std::string_view text) {
  std::string out(text);
  for (std::size_t bad = 0; (bad = not_text(out)) != std::string::npos;) out[bad] = '?';
  return out;
}

/// The line, or its part around the caret, and below it the caret.
std::string excerpt(std::string_view line, const Place& place) {
  std::size_t caret = std::min<std::size_t>(place.column - 1, line.size());
  if (line.size() > widest_line) {
    std::size_t start = caret > widest_line / 2 ? caret - widest_line / 2 : 0;
    while (start > 0 && continues_character(line[start])) --start;
    line = line.substr(start, widest_line);
    caret -= start;
  }
  const std::string number = std::to_string(place.line);
  std::string out = " " + number + " | " + printable(line) + "\n";
  out += " " + std::string(number.size(), ' ') + " | ";
  for (const char c : line.substr(0, caret)) {
    if (c == '\t')
      out += '\t';
    else if (!continues_character(c))
      out += ' ';
  }
  return out + "^\n";
}

/// Optimal string alignment distance (insert, delete, replace, swap neighbours), two rows back.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before, last(b.size() + 1), row(b.size() + 1);
  std::iota(last.begin(), last.end(), 0);
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, replaced});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = std::min(row[j], before[j - 2] + 1);
    }
    before = last;
    std::swap(last, row);
  }
  return last[b.size()];
}

}  // namespace

int Mistakes::add_source(std::string name, std::string text) {
  sources_.push_back({std::move(name), std::move(text)});
  return static_cast<int>(sources_.size()) - 1;
}

void Mistakes::hide(Place place, std::size_t length) { hidden_.push_back({place, length}); }

void Mistakes::add(Place place, std::string message) {
  constexpr std::size_t longest = 500;
  if (message.size() > longest) message = message.substr(0, longest) + "...";
  const auto told = [&](const Mistake& other) {
    return other.place == place && other.message == message;
  };
  if (std::ranges::any_of(mistakes_, told)) return;
  if (++count_ <= most) mistakes_.push_back({place, std::move(message)});
}

std::string Mistakes::line_at(Place place) const {
  std::string line(line_of(sources_[static_cast<std::size_t>(place.file)].text, place.line));
  for (const Hidden& hidden : hidden_) {
    if (hidden.place.file != place.file || hidden.place.line != place.line) continue;
    const std::size_t start = std::min<std::size_t>(hidden.place.column - 1, line.size());
    const std::size_t length = std::min(hidden.length, line.size() - start);
    line.replace(start, length, length, '*');
  }
  return line;
}

std::string Mistakes::where(Place place) const {
  const auto file = static_cast<std::size_t>(place.file);
  const std::string name = file < sources_.size() ? sources_[file].name : "configuration";
  if (place.line == 0) return name;
  return name + ":" + std::to_string(place.line) + ":" + std::to_string(place.column);
}

std::string Mistakes::text() const {
  std::vector<const Mistake*> sorted;
  for (const Mistake& mistake : mistakes_) sorted.push_back(&mistake);
  const auto key = [](const Mistake* m) {
    return std::tuple(m->place.file, m->place.line, m->place.column);
  };
  std::ranges::stable_sort(sorted, {}, key);
  std::string out;
  for (const Mistake* mistake : sorted) {
    const Place& place = mistake->place;
    out += where(place) + ": " + printable(mistake->message) + "\n";
    if (place.line > 0 && static_cast<std::size_t>(place.file) < sources_.size())
      out += excerpt(line_at(place), place);
  }
  if (count_ > most) out += "... and " + std::to_string(count_ - most) + " more\n";
  return out;
}

std::string did_you_mean(std::string_view given, const std::vector<std::string>& known) {
  constexpr std::size_t longest = 64;
  if (given.empty() || given.size() > longest) return {};
  std::size_t best = std::max<std::size_t>(1, given.size() / 3) + 1;
  const std::string* nearest = nullptr;
  for (const std::string& name : known) {
    if (name.size() > longest) continue;
    const std::size_t distance = edit_distance(given, name);
    if (distance >= best || distance >= name.size()) continue;
    best = distance;
    nearest = &name;
  }
  return nearest == nullptr ? std::string() : " (did you mean '" + *nearest + "'?)";
}

}  // namespace fieldweir::config
