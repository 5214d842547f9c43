// MemoryPlan: every capacity of the gateway as a term in bytes, before anything is allocated.
// Each component adds its own terms from its settings; the gateway refuses to start when the sum
// exceeds `limits.memory` and prints the plan. A value type.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace fieldweir {

class MemoryPlan {
 public:
  struct Term {
    std::string what;     // "ring of bus press"
    std::string formula;  // "4096 readings x 24 B"
    std::size_t bytes;
  };

  void add(std::string what, std::size_t count, std::string unit, std::size_t bytes_each) {
    terms_.push_back({std::move(what),
                      std::to_string(count) + " " + unit + " x " + std::to_string(bytes_each) + " B",
                      count * bytes_each});
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
