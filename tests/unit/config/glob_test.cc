#include "config/glob.h"

#include <gtest/gtest.h>

#include <string>

namespace fieldweir::config {
namespace {

TEST(Glob, StarMatchesAnyRunAndEverythingElseItself) {
  EXPECT_TRUE(glob_matches("*", ""));
  EXPECT_TRUE(glob_matches("*", "boiler.temp"));
  EXPECT_TRUE(glob_matches("boiler.*", "boiler.temp"));
  EXPECT_TRUE(glob_matches("*.temp", "boiler.temp"));
  EXPECT_TRUE(glob_matches("b*r.t*p", "boiler.temp"));
  EXPECT_TRUE(glob_matches("boiler.temp", "boiler.temp"));
  EXPECT_TRUE(glob_matches("a**b", "ab"));
  EXPECT_TRUE(glob_matches("*a*a", "aaa"));
  EXPECT_FALSE(glob_matches("boiler.*", "boiler"));
  EXPECT_FALSE(glob_matches("boiler", "boiler.temp"));
  EXPECT_FALSE(glob_matches("*.temp", "boiler.temperature"));
  EXPECT_FALSE(glob_matches("", "a"));
  EXPECT_FALSE(glob_matches("b?iler", "boiler"));
}

TEST(Glob, ManyStarsStayCheap) {
  std::string pattern;
  for (int i = 0; i < 1000; ++i) pattern += "*a";
  EXPECT_FALSE(glob_matches(pattern + "b", std::string(5000, 'a')));  // exponential if naive
}

}  // namespace
}  // namespace fieldweir::config
