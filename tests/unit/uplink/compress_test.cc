// Compressed bodies, read back by the libraries' own decompressors.
#include <gtest/gtest.h>
#include <zstd.h>

#include "core/random.h"
#include "uplink/zstd.h"

namespace fieldweir {
namespace {

std::string read_back(std::string_view compressed) {
  const unsigned long long size = ZSTD_getFrameContentSize(compressed.data(), compressed.size());
  std::string body(size, '\0');
  const std::size_t got =
      ZSTD_decompress(body.data(), body.size(), compressed.data(), compressed.size());
  return got == body.size() ? body : "not readable";
}

/// As a batch looks, or as nothing can be compressed.
std::string body_of(std::size_t size, bool noise, Random& random) {
  std::string body;
  for (std::size_t i = 0; body.size() < size; ++i)
    if (noise)
      body += static_cast<char>(random.below(256));
    else
      body += R"({"ts":)" + std::to_string(1767225600000 + i * 1000) +
              R"(,"signal":"boiler.supply_temp","value":)" + std::to_string(random.below(100)) +
              "}";
  body.resize(size);
  return body;
}

TEST(ZstdTest, BodiesOfEverySizeAreReadBack) {
  Random random(7);
  Zstd zstd;
  for (const bool noise : {false, true})
    for (const std::size_t size :
         {0u, 1u, 100u, 15'000u, 16'385u, 65'536u, 131'073u, 300'000u, 2'000'000u, 10u}) {
      const std::string body = body_of(size, noise, random);
      EXPECT_EQ(read_back(zstd.compress(body)), body) << size;
    }
}

TEST(ZstdTest, EqualBodiesGiveEqualBytesAndSmallOnes) {
  Random random(7);
  const std::string body = body_of(30'000, false, random);
  Zstd one, two;
  two.compress(body_of(100'000, true, random));
  EXPECT_EQ(one.compress(body), two.compress(body));
  EXPECT_LT(one.compress(body).size(), body.size() / 5);
}

}  // namespace
}  // namespace fieldweir
