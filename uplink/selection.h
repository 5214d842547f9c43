// Selection: which signals an uplink is sent, by the globs of its `send`. Owned by its delivery
// worker, used on its thread only; allocates nothing after construction.
//
// A batch may stem from an earlier run, in which a number meant another signal. So what is
// remembered per number holds only as long as the name is the same; beyond `remembered` numbers
// nothing is.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "buffer/log_reader.h"
#include "core/signal_table.h"

namespace fieldweir {

class Selection {
 public:
  static constexpr std::size_t remembered = 1024;

  explicit Selection(std::vector<std::string> globs);

  static std::size_t bytes() { return remembered * sizeof(Answer); }

  bool selects(SignalId signal, std::string_view name);

  /// Takes the readings that are not selected out of `batch`; how many they were.
  std::size_t keep_selected(DecodedBatch& batch);

 private:
  struct Answer {
    SignalName name;
    bool selected = false;
  };
  bool matches(std::string_view name) const;

  const std::vector<std::string> globs_;
  const bool everything_;
  std::vector<Answer> answers_;  // by number of the signal
};

}  // namespace fieldweir
