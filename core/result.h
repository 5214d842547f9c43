// Result: what a fallible call of the running gateway returns. No allocation, no exception.
// An Error is small enough to return by value: a Reason that code can act on and a line for people.
#pragma once

#include <cstdarg>
#include <utility>
#include <variant>

#include "core/check.h"
#include "core/fixed_text.h"
#include "core/reading.h"

namespace fieldweir {

struct Error {
  Reason reason = Reason::none;
  FixedText<160> text;
};

/// Builds an Error from a printf format; what exceeds 160 bytes is cut.
[[gnu::format(printf, 2, 3)]] Error error(Reason reason, const char* format, ...);

template <class T = std::monostate>
class [[nodiscard]] Result {
 public:
  Result(T value = T{}) : state_(std::in_place_index<0>, std::move(value)) {}  // NOLINT
  Result(Error error) : state_(std::in_place_index<1>, error) {}               // NOLINT

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  const T& value() const {
    FIELDWEIR_CHECK(ok());
    return *std::get_if<0>(&state_);
  }
  const Error& error() const {
    FIELDWEIR_CHECK(!ok());
    return *std::get_if<1>(&state_);
  }

 private:
  std::variant<T, Error> state_;
};

}  // namespace fieldweir
