// gzip: compresses message bodies (RFC 1952). Owned by its uplink, one thread. Its memory (about
// 270 kB) is taken at construction; the output grows to the largest message seen. Equal bodies give
// equal bytes.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

namespace fieldweir {

class Gzip {
 public:
  Gzip();
  ~Gzip();

  static constexpr std::size_t bytes = 270 * 1024;

  /// Valid until the next call.
  std::string_view compress(std::string_view body);

 private:
  struct Stream;
  std::unique_ptr<Stream> stream_;
  std::vector<unsigned char> out_;
};

}  // namespace fieldweir
