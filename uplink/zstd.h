// zstd: compresses message bodies (RFC 8878). Owned by its uplink, one thread. Its memory is taken
// at construction; the output grows to the largest message seen. Equal bodies give equal bytes.
// libzstd is loaded by the first uplink that uses it (library.h); the constructor throws
// std::runtime_error that names it where it is missing.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

namespace fieldweir {

class Zstd {
 public:
  Zstd();
  ~Zstd();

  static constexpr std::size_t bytes = 400 * 1024;

  /// Valid until the next call.
  std::string_view compress(std::string_view body);

 private:
  struct Functions;
  static const Functions& functions();

  const Functions& zstd_;
  std::vector<std::byte> memory_;  // that the context lies in
  void* context_ = nullptr;
  std::vector<char> out_;
};

}  // namespace fieldweir
