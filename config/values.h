// Values: scalars of the grammar. Pure functions: each reads one Node into `out`, or adds a mistake
// that says what was expected and leaves `out` as it was.
//
//   text      any scalar                         size     512, 64KiB, 24MiB, 1GiB (powers of 1024),
//   10kB (1000) integer   -12, 0x1F; no 0123, no 1_000       duration 250ms, 1s, 5m, 2h, 30d; a
//   bare number is refused, but 0 number    1.5, -2e3; no nan, no inf          flag     true |
//   false (not yes, no, on, off)
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/mistakes.h"
#include "config/node.h"
#include "core/time.h"

namespace fieldweir::config {

/// Inclusive limits.
template <class V>
struct Range {
  V low;
  V high;
};

/// What stands there, for "expected ..., got ...": "'abc'", "a list", "nothing", "a secret". A
/// user's text is cut at 40 bytes; a secret is never shown.
std::string show(const Node& node);

/// Adds "expected `what`, got ..."; false, so that readers can return it.
bool expected(std::string_view what, const Node& node, Mistakes& mistakes);

bool read_text(const Node& node, std::string& out, Mistakes& mistakes);
bool read_texts(const Node& node, std::vector<std::string>& out, Mistakes& mistakes);
bool read_integer(const Node& node, Range<std::int64_t> range, std::int64_t& out, Mistakes&);
bool read_number(const Node& node, Range<double> range, double& out, Mistakes& mistakes);
bool read_flag(const Node& node, bool& out, Mistakes& mistakes);
bool read_duration(const Node& node, Range<Duration> range, Duration& out, Mistakes& mistakes);
bool read_size(const Node& node, Range<std::uint64_t> range, std::uint64_t& out, Mistakes&);
/// The index of the scalar among `names`.
bool read_choice(const Node& node, std::span<const std::string_view> names, std::size_t& out,
                 Mistakes& mistakes);

/// "integer from 1 to 65535"; leaves out a limit that is none.
std::string range_text(std::string_view type, const std::string& low, const std::string& high);

/// As a user would write it: "1500ms" is "1.5s" nowhere, but 60'000'000'000 is "1m".
std::string show_duration(Duration duration);
std::string show_size(std::uint64_t bytes);
/// Shortest text that reads back to the same number.
std::string show_number(double number);

}  // namespace fieldweir::config
