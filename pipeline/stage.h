// Stage: one step of a filter chain for one signal. Owned by the pipeline, runs on its thread only,
// in bounded time, without allocation and without looking at a clock. A stage cannot fail; what it
// holds back is counted by the pipeline as filtered.
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "config/fields.h"
#include "core/reading.h"

namespace fieldweir {

class Stage {
 public:
  virtual ~Stage() = default;

  /// The most readings that `n` can become.
  virtual std::size_t output_max(std::size_t n) const { return n; }

  /// Reads `in`, writes at most output_max(in.size()) readings to `out`, returns how many.
  virtual std::size_t run(std::span<const Reading> in, std::span<Reading> out,
                          Time now) noexcept = 0;
};

/// A stage as configured; makes one instance per signal.
struct StageSettings {
  virtual ~StageSettings() = default;
  virtual std::unique_ptr<Stage> make() const = 0;
  virtual std::size_t bytes() const = 0;  // of one instance, for the memory plan
};

struct StageKind {
  std::string_view key;  // "median", as in profiles
  std::unique_ptr<StageSettings> (*read)(const config::Node& value, config::Mistakes& mistakes);
  std::string_view type;  // of the value, in the user's words, for schema and reference page
  std::string_view doc;
};

/// The table. A new stage is one source file, one row, one line in CMakeLists.txt, one folder of
/// cases.
std::span<const StageKind> stage_kinds();

}  // namespace fieldweir
