// Audit: the record of every attempt to write, one JSON object a line, in a file beside the
// journal. Owned by the commands worker, used on its thread only.
//
// commit() returns ok only when everything added is on the disk. What the disk does not take stays
// in memory, up to 64 KiB, for the next commit; more than that is dropped and counted. At 1 MiB the
// file becomes FILE.1, the one before goes: at most 2 MiB.
#pragma once

#include <string>
#include <string_view>

#include "core/counter.h"
#include "core/result.h"

namespace fieldweir {

class Audit {
 public:
  explicit Audit(std::string path) : path_(std::move(path)) {}

  /// False: there is no room, and the line is lost.
  bool add(std::string_view line);
  Result<> commit();
  bool owes() const { return !owed_.empty(); }

  Counter lost;  // lines

 private:
  Result<> append(int descriptor);

  const std::string path_;
  std::string owed_;
};

/// `audit.jsonl` in the folder of the journal.
std::string audit_path(const std::string& journal);

}  // namespace fieldweir
