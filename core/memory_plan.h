// MemoryPlan: every capacity of the gateway as a term in bytes, before anything is allocated.
// Each component adds its own terms from its settings; the gateway refuses to start when the sum
// exceeds `limits.memory` and prints the plan. A value type.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

namespace fieldweir {

class MemoryPlan {
 public:
  struct Term {
    std::string what;     // "ring of bus press"
    std::string formula;  // "4096 readings x 24 B"
    std::size_t count;
    std::size_t bytes_each;
    std::size_t bytes;
  };

  /// Equal things of equal size become one term.
  void add(const std::string& what, std::size_t count, const std::string& unit,
           std::size_t bytes_each) {
    const auto same = [&](const Term& t) { return t.what == what && t.bytes_each == bytes_each; };
    const auto found = std::find_if(terms_.begin(), terms_.end(), same);
    Term& term =
        found != terms_.end() ? *found : terms_.emplace_back(Term{what, {}, 0, bytes_each, 0});
    term.count += count;
    term.formula =
        std::to_string(term.count) + " " + unit + " x " + std::to_string(bytes_each) + " B";
    term.bytes = term.count * bytes_each;
  }

  std::size_t total() const {
    std::size_t sum = 0;
    for (const Term& term : terms_) sum += term.bytes;
    return sum;
  }
  const std::vector<Term>& terms() const { return terms_; }

 private:
  std::vector<Term> terms_;
};

}  // namespace fieldweir
