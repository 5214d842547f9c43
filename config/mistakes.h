// Mistakes: everything that is wrong with a configuration, collected so that the user sees all of
// it at once, each with file:line:column, the line, a caret, what was expected and "did you mean".
// Lives while a configuration is loaded. Bounded: after 100 mistakes the rest are only counted.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/node.h"

namespace fieldweir::config {

class Mistakes {
 public:
  static constexpr std::size_t most = 100;

  struct Source {
    std::string name;  // as the user gave it
    std::string text;
  };
  struct Mistake {
    Place place;
    std::string message;
  };

  /// Registers a file; the result is its Place::file.
  int add_source(std::string name, std::string text);

  /// Stars for `length` bytes from `place` to the end of the line at most, wherever it is shown: a
  /// secret that somebody wrote into the file itself.
  void hide(Place place, std::size_t length);

  /// `message` says what is wrong and what would be right, in one or two clauses; cut at 500 bytes.
  /// What is told already, as of a template that several devices use, is not told again.
  void add(Place place, std::string message);

  bool empty() const { return count_ == 0; }
  std::size_t count() const { return count_; }
  const std::vector<Mistake>& all() const { return mistakes_; }

  /// "packing.yaml:12:7" for messages that point at a second place.
  std::string where(Place place) const;

  /// For people: each mistake with its line and a caret, in order of place.
  std::string text() const;

 private:
  struct Hidden {
    Place place;
    std::size_t length;
  };
  /// The line as it may be shown.
  std::string line_at(Place place) const;

  std::vector<Source> sources_;
  std::vector<Hidden> hidden_;
  std::vector<Mistake> mistakes_;
  std::size_t count_ = 0;
};

/// " (did you mean 'timeout'?)" or nothing, by edit distance.
std::string did_you_mean(std::string_view given, const std::vector<std::string>& known);

}  // namespace fieldweir::config
