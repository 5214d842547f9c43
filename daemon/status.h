// status: where every reading went, as JSON for programs and as text for people. Made on the main
// thread from what workers publish; allocates, and delays nobody.
#pragma once

#include <string>

namespace fieldweir {

class Gateway;

/// Devices, signals, buses, pipeline, buffer, uplinks, ledger, memory plan.
std::string status_json(const Gateway& gateway);

/// The same for people; `json` is what status_json made. Throws if it is not.
std::string status_text(const std::string& json);

/// One line for the service manager: "3 of 4 devices online; cloud connected, 12 queued".
std::string status_line(const Gateway& gateway);

/// The ledger in one line, for the log at stop: "sampled=... batched=...; cloud: delivered=...".
std::string ledger_line(const Gateway& gateway);

}  // namespace fieldweir
