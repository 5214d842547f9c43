// LockFile: one process per journal. A file beside it that is locked while the object lives; the
// lock goes with the process, however that ends. Main thread, while starting and ending.
#pragma once

#include <string>

#include "core/result.h"

namespace fieldweir {

class LockFile {
 public:
  LockFile() = default;
  ~LockFile();
  LockFile(const LockFile&) = delete;
  LockFile& operator=(const LockFile&) = delete;

  /// Error `locked` if another process (or another Log of this one) holds it, `disk` if the file
  /// cannot be made: then nobody else can write there either.
  Result<> lock(const std::string& path);

 private:
  int descriptor_ = -1;
};

}  // namespace fieldweir
