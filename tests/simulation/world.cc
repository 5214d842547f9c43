#include "tests/simulation/world.h"

#include <gtest/gtest.h>

#include <charconv>
#include <functional>
#include <string_view>

namespace fieldweir {
namespace {

// --- devices
// --------------------------------------------------------------------------------------

struct WorldDevice final : DeviceSettings {
  std::unique_ptr<DeviceSettings> real;
  const DriverKind* kind = nullptr;
  std::uint64_t seed = 0;
  std::vector<const SignalSettings*> signals() const override { return real->signals(); }
};

/// Answers as the simulated device does, but for stretches in which it is dead.
class MortalDriver final : public Driver {
 public:
  MortalDriver(std::unique_ptr<Driver> real, std::uint64_t seed)
      : real_(std::move(real)), seed_(seed) {}

  Result<> open(Time deadline, const Stop& stop) override { return real_->open(deadline, stop); }
  Result<Time> poll(Time now, Time deadline, Sink& sink, const Stop& stop) override {
    if (in_outage(seed_, now, 7 * minute, 9)) return error(Reason::timeout, "dead");
    return real_->poll(now, deadline, sink, stop);
  }
  void close() override { real_->close(); }

 private:
  std::unique_ptr<Driver> real_;
  std::uint64_t seed_;
};

std::vector<std::unique_ptr<Driver>> make_devices(std::span<const DeviceSeat> seats,
                                                  const DriverContext& context) {
  std::vector<std::unique_ptr<Driver>> drivers;
  for (const DeviceSeat& seat : seats) {
    const auto& device = dynamic_cast<const WorldDevice&>(seat.settings);
    const DeviceSeat real{*device.real, seat.first};
    auto made = device.kind->make({&real, 1}, context);
    drivers.push_back(std::make_unique<MortalDriver>(std::move(made.front()), device.seed));
  }
  return drivers;
}

const DriverKind world_driver = {
    .key = "world",
    .read = nullptr,
    .bus = [](const DeviceSettings& device) { return "world " + device.name; },
    .make = make_devices,
    .fields = nullptr};

// --- destinations
// ---------------------------------------------------------------------------------

struct WorldUplink final : UplinkSettings {
  Destination* destination = nullptr;
};

/// Confirms each message 150 ms after it was given, while its destination is there.
class WorldSender final : public Uplink {
 public:
  WorldSender(Destination& destination, const Clock& clock) : far_(destination), clock_(clock) {}

  Result<> connect(Time, const Stop&) override {
    if (far_.away(clock_.now())) return error(Reason::unreachable, "away");
    return {};
  }
  Sent send(std::span<const Message> window, Time, const Stop&) override {
    const Time now = clock_.now();
    if (far_.away(now)) return {0, Verdict::retry, 0, error(Reason::unreachable, "away")};
    if (given_ == 0) answer_at_ = now + 150 * millisecond;
    given_ = window.size();
    if (now < answer_at_) return {0, Verdict::again, answer_at_, {}};
    Sent sent;
    for (const Message& message : window) {
      if (!far_.take(message))
        return {sent.safe, Verdict::retry, 0, error(Reason::timeout, "answer lost")};
      ++sent.safe;
    }
    given_ = 0;
    return sent;
  }
  void close() override { given_ = 0; }
  std::size_t in_flight_limit() const override { return 8; }
  Duration patience() const override { return second; }

 private:
  Destination& far_;
  const Clock& clock_;
  std::size_t given_ = 0;
  Time answer_at_ = 0;
};

const UplinkKind world_uplink = {
    .key = "world",
    .read = nullptr,
    .make =
        [](const UplinkSettings& settings, const UplinkContext& context) {
          auto& destination = *dynamic_cast<const WorldUplink&>(settings).destination;
          return std::unique_ptr<Uplink>(std::make_unique<WorldSender>(destination, context.clock));
        },
    .fields = nullptr};

std::size_t occurrences(std::string_view text, std::string_view piece) {
  std::size_t count = 0;
  for (std::size_t at = text.find(piece); at != text.npos; at = text.find(piece, at + 1)) ++count;
  return count;
}

/// The number after `key` in a json text, or `otherwise`.
std::uint64_t number_after(std::string_view text, std::string_view key, std::uint64_t otherwise) {
  const std::size_t at = text.find(key);
  if (at == text.npos) return otherwise;
  std::from_chars(text.data() + at + key.size(), text.data() + text.size(), otherwise);
  return otherwise;
}

}  // namespace

bool in_outage(std::uint64_t seed, Time now, Duration length, std::uint64_t every) {
  const auto stretch = static_cast<std::uint64_t>(now / length);
  return Random(seed ^ (stretch * 0x9E3779B97F4A7C15u)).below(every) == 0;
}

bool Destination::away(Time now) const {
  const bool bad_hour = in_outage(seed_, now, hour, 3);
  return in_outage(seed_ + 1, now, 10 * minute, bad_hour ? 2 : 12);
}

bool Destination::take(const Message& message) {
  const Key key{message.lane, message.position.epoch, message.position.seq};
  const Batch batch{occurrences(message.body, "\"signal\":"),
                    std::hash<std::string_view>{}(message.body),
                    number_after(message.body, "\"replaces\":[", message.position.seq)};
  const auto [known, added] = batches_.emplace(key, batch);
  if (added) {
    readings_ += batch.readings;
    const auto next = batches_.upper_bound(key);
    const bool newest = next == batches_.end() || std::get<Lane>(next->first) != message.lane;
    EXPECT_TRUE(newest) << name_ << ": a batch came for the first time after a later one";
  } else {
    EXPECT_EQ(known->second.bytes_hash, batch.bytes_hash)
        << name_ << ": other bytes, same position";
  }
  return Random(seed_ + ++taken_).below(40) != 0;
}

void move_into_world(Settings& settings, std::uint64_t seed,
                     std::map<std::string, std::unique_ptr<Destination>>& destinations) {
  Random random(seed);
  for (Settings::Device& device : settings.devices) {
    auto mortal = std::make_unique<WorldDevice>();
    mortal->name = device.settings->name;
    mortal->kind = std::exchange(device.kind, &world_driver);
    mortal->real = std::move(device.settings);
    mortal->seed = random.next();
    device.settings = std::move(mortal);
  }
  for (Settings::Uplink& uplink : settings.uplinks) {
    auto placed = std::make_unique<WorldUplink>();
    static_cast<UplinkSettings&>(*placed) = *uplink.settings;
    auto& destination = destinations[placed->name];
    const std::uint64_t its_seed = random.next();
    if (!destination) destination = std::make_unique<Destination>(its_seed, placed->name);
    placed->destination = destination.get();
    uplink.kind = &world_uplink;
    uplink.settings = std::move(placed);
  }
}

}  // namespace fieldweir
