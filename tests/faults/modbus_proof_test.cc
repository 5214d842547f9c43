// 20,000 faulty transactions of each kind of transport, a million with FIELDWEIR_LONG: no wrong
// value is ever published as good, and good data are back within three polls.
#include "tests/faults/modbus_proof.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace fieldweir {
namespace {

class ModbusProof : public testing::TestWithParam<WireKind> {};

TEST_P(ModbusProof, NoFaultBecomesAValue) {
  const bool thorough = std::getenv("FIELDWEIR_LONG") != nullptr;
  const std::uint64_t faulty = thorough ? 1'000'000 : 20'000;
  const WireProof proof = prove(GetParam(), faulty, thorough ? 96 : 64, 1);
  std::printf("%s", proof.table().c_str());
  EXPECT_GE(proof.faulty(), faulty);
  EXPECT_GT(proof.values, faulty);
  EXPECT_EQ(proof.wrong, proof.excused) << proof.table();
  EXPECT_GT(proof.recoveries, faulty / 20);
  EXPECT_EQ(proof.slow_recoveries, 0u);
}

std::string name(const testing::TestParamInfo<WireKind>& info) {
  static constexpr const char* names[] = {"Tcp", "Rtu", "RtuOverTcp"};
  return names[static_cast<std::size_t>(info.param)];
}

INSTANTIATE_TEST_SUITE_P(Transports, ModbusProof,
                         testing::Values(WireKind::tcp, WireKind::rtu, WireKind::rtu_over_tcp),
                         name);

}  // namespace
}  // namespace fieldweir
