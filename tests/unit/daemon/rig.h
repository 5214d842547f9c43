// Checked settings from YAML, and an uplink of the tests' own in place of the configured ones.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

#include "daemon/settings.h"
#include "tests/support/temp_dir.h"

namespace fieldweir {

/// The journal's place goes in front, since a test has a folder of its own.
inline Settings settings_of(const TempDir& folder, const std::string& yaml,
                            const std::string& gateway = "id: test") {
  config::Mistakes mistakes;
  Settings settings =
      load_settings_text("test",
                         "version: 1\ngateway: {" + gateway +
                             "}\nlog: {level: error}\nbuffer: {path: " + folder.file("journal.db") +
                             ", persist_after: 0s}\n" + yaml,
                         mistakes);
  if (!mistakes.empty()) throw std::invalid_argument(mistakes.text());
  set_log_level(settings.log.level);
  return settings;
}

/// A destination that connects and then does what a test says.
struct FarEnd {
  enum Mood { takes_all, silent, frozen, busy } mood = takes_all;
  std::atomic<bool> asked = false;          // somebody is in send()
  std::chrono::milliseconds frozen_for{0};  // and deaf to stop requests, as a library may be
};

class FarSender final : public Uplink {
 public:
  explicit FarSender(FarEnd& far) : far_(far) {}

  Result<> connect(Time, const Stop&) override { return {}; }
  Sent send(std::span<const Message> window, Time deadline, const Stop&) override {
    far_.asked = true;
    if (far_.mood == FarEnd::frozen) std::this_thread::sleep_for(far_.frozen_for);
    if (far_.mood == FarEnd::takes_all) return {window.size(), Verdict::ok, 0, {}};
    if (far_.mood == FarEnd::busy)
      return {.verdict = Verdict::retry, .why = error(Reason::refused, "busy")};
    return {0, Verdict::again, deadline, {}};
  }
  void close() override {}
  std::size_t in_flight_limit() const override { return 4; }
  Duration patience() const override { return second; }

 private:
  FarEnd& far_;
};

struct FarSettings final : UplinkSettings {
  FarEnd* far = nullptr;
};

inline const UplinkKind far_uplink = {
    .key = "far",
    .read = nullptr,
    .make =
        [](const UplinkSettings& settings, const UplinkContext&) {
          FarEnd& far = *dynamic_cast<const FarSettings&>(settings).far;
          return std::unique_ptr<Uplink>(std::make_unique<FarSender>(far));
        },
    .fields = nullptr};

/// All uplinks of `settings` lead there.
inline void lead_to(FarEnd& far, Settings& settings) {
  for (Settings::Uplink& uplink : settings.uplinks) {
    auto placed = std::make_unique<FarSettings>();
    static_cast<UplinkSettings&>(*placed) = *uplink.settings;
    placed->far = &far;
    uplink = {&far_uplink, std::move(placed)};
  }
}

}  // namespace fieldweir
