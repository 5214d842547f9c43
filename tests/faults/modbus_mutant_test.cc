// The test of the proof: drivers in which one check was taken out must be caught publishing wrong
// values.
#include <gtest/gtest.h>

#include "tests/faults/modbus_proof.h"

namespace fieldweir {
namespace {

TEST(ModbusMutant, IsFoundOut) {
  const WireProof proof = prove(WireKind::MUTANT_OF, 2'000, 32, 1);
  std::printf("%s", proof.table().c_str());
  EXPECT_GT(proof.wrong, proof.excused);
}

}  // namespace
}  // namespace fieldweir
