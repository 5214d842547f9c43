// modbus_proof: real bus workers with real Modbus drivers against buses whose wire is bad, many at
// once because they mostly wait. What the drivers put is judged: a good reading must carry the
// value of the request that it answers, not of any other unit, address or earlier request.
//
// Gateway time leaps over back-offs and intervals between polls, but only once nothing is owed on
// the wire; what the protocol has to wait for is waited for.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "tests/support/modbus_faulty_bus.h"

namespace fieldweir {

struct WireTally {
  std::uint64_t transactions = 0;
  std::uint64_t good = 0;       // ended in good readings
  std::uint64_t discarded = 0;  // frames
};

struct WireProof {
  std::array<WireTally, wire_fault_count> by_fault{};
  std::uint64_t values = 0;   // published as good
  std::uint64_t wrong = 0;    // of these, not the value of the request that they answer
  std::uint64_t excused = 0;  // of these, sent by a slow machine later than RTU can tell
  std::uint64_t recoveries = 0;
  std::uint64_t slow_recoveries = 0;  // took more than three polls that were answered in time
  std::vector<std::string> findings;  // the first few

  std::uint64_t faulty() const;
  void add(const WireProof& other);
  /// One line per kind of fault.
  std::string table() const;
};

/// At least `faulty` faulty transactions on `buses` buses with three units each.
WireProof prove(WireKind kind, std::uint64_t faulty, unsigned buses, std::uint64_t seed);

}  // namespace fieldweir
