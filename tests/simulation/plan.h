// Plan: what one seed means: a configuration, and what goes wrong in its days. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/time.h"

namespace fieldweir {

struct Plan {
  std::string with_scada, without_scada;  // configurations
  bool live_first = false;                // how cloud is served after an outage

  bool power_cuts = false;
  bool restarts = false;               // clean ones
  bool absences = false;               // scada is taken out of the configuration, and returns
  bool disk_faults = false;            // stretches in which nothing can be written
  bool low_disk = false;               // others have filled it
  bool clock_steps = false;            // the system's clock, every hour
  bool unsynchronised = false;         // at the start, for hours
  bool lockouts = false;               // destinations refuse our credentials for an hour
  std::uint64_t poison_one_in = 0;     // readings that a destination refuses for ever
  Time gone_from = 0, gone_until = 0;  // all destinations
  std::uint64_t quota = 0;             // bytes, of the journal
};

/// `from`: when the days begin.
Plan plan_of(std::uint64_t seed, Time from);

/// All at rest but destinations that go away for minutes; for a test that is about something else.
Plan quiet_plan(std::uint64_t quota_mib = 16, const std::string& buffer = "",
                const std::string& uplink = "");

}  // namespace fieldweir
