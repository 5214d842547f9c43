#include "tests/simulation/world.h"

#include <gtest/gtest.h>

#include <algorithm>
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
    if (far_.locked(now)) return {0, Verdict::pause, 0, error(Reason::unauthorised, "locked")};
    if (given_ == 0) answer_at_ = now + 150 * millisecond;
    given_ = window.size();
    if (now < answer_at_) return {0, Verdict::again, answer_at_, {}};
    Sent sent;
    for (const Message& message : window) {
      const Destination::Answer answer = far_.take(message);
      if (answer == Destination::Answer::lost)
        return {sent.safe, Verdict::retry, 0, error(Reason::timeout, "answer lost")};
      if (answer == Destination::Answer::refused) {
        given_ = 0;
        return {sent.safe, Verdict::poison, 0, error(Reason::refused, "never")};
      }
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

/// The number behind `at`, or 0.
std::uint64_t number_at(std::string_view text, std::size_t at) {
  std::uint64_t number = 0;
  std::from_chars(text.data() + std::min(at, text.size()), text.data() + text.size(), number);
  return number;
}

/// The first seq that stands under `position`: `"replaces":[[epoch,seq],...`, or its own.
std::uint64_t first_of(const Message& message) {
  constexpr std::string_view key = "\"replaces\":[[";
  const std::size_t at = message.body.find(key);
  if (at == message.body.npos) return message.position.seq;
  if (number_at(message.body, at + key.size()) != message.position.epoch) return 1;
  return number_at(message.body, message.body.find(',', at) + 1);
}

/// The readings that the gap marks of a body stand for.
std::uint64_t lost_readings(std::string_view body) {
  constexpr std::string_view key = "\"readings\":";
  std::uint64_t sum = 0;
  for (std::size_t at = body.find("{\"gap\":"); at != body.npos;
       at = body.find("{\"gap\":", at + 1))
    sum += number_at(body, body.find(key, at) + key.size());
  return sum;
}

}  // namespace

bool in_outage(std::uint64_t seed, Time now, Duration length, std::uint64_t every) {
  const auto stretch = static_cast<std::uint64_t>(now / length);
  return Random(seed ^ (stretch * 0x9E3779B97F4A7C15u)).below(every) == 0;
}

bool Destination::away(Time now) const {
  if (now >= plan_.gone_from && now < plan_.gone_until) return true;
  const bool bad_hour = in_outage(seed_, now, hour, 3);
  return in_outage(seed_ + 1, now, 10 * minute, bad_hour ? 2 : 12);
}

bool Destination::locked(Time now) const {
  return plan_.lockouts && in_outage(seed_ + 2, now, hour, 8);
}

/// Whether there is a reading in the body that it never takes.
bool Destination::refuse(const Key& key, std::string_view body) {
  if (plan_.poison_one_in == 0) return false;
  constexpr std::string_view begin = "{\"ts\":";
  std::size_t count = 0;
  bool found = false;
  for (std::size_t at = body.find(begin); at != body.npos; at = body.find(begin, at + 1), ++count) {
    const std::string_view reading = body.substr(at, body.find(",\"value\"", at) - at);
    const std::uint64_t drawn = std::hash<std::string_view>{}(reading);
    found = found || Random(drawn).below(plan_.poison_one_in) == 0;
  }
  if (!found) return false;
  refused_places_.insert(std::get<Place>(key));
  if (count == 1) refused_.insert(key);
  return true;
}

/// Strictly, or each after the one before it of the backlog or of what is live.
bool Destination::in_order(const Place& place) const {
  if (plan_.live_first) return true;
  const auto next = batches_.upper_bound({place, UINT32_MAX, UINT32_MAX});
  if (next == batches_.end()) return true;
  const auto& [lane, stream, epoch, seq] = std::get<Place>(next->first);
  return lane != std::get<Lane>(place) || stream != std::get<1>(place);
}

Destination::Answer Destination::take(const Message& message) {
  ++asked_;
  const auto [stream, epoch, seq] = message.position;
  const Place place{message.lane, stream, epoch, seq};
  const Key key{place, message.part.number, message.part.of};
  if (refuse(key, message.body)) return Answer::refused;
  const Batch batch{occurrences(message.body, "\"signal\":"),
                    std::hash<std::string_view>{}(message.body), first_of(message)};
  const auto [known, added] = batches_.emplace(key, batch);
  if (added) {
    readings_ += batch.readings;
    lost_ += lost_readings(message.body);
    thinned_ += occurrences(message.body, "\"thinned\":true");
    EXPECT_TRUE(in_order(place)) << name_ << ": a batch came for the first time after a later one";
  } else {
    EXPECT_EQ(known->second.bytes_hash, batch.bytes_hash)
        << name_ << ": other bytes, same position";
  }
  return Random(seed_ + ++taken_).below(40) == 0 ? Answer::lost : Answer::taken;
}

void move_into_world(Settings& settings, std::uint64_t seed, const Plan& plan,
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
    if (!destination) destination = std::make_unique<Destination>(its_seed, placed->name, plan);
    placed->destination = destination.get();
    uplink.kind = &world_uplink;
    uplink.settings = std::move(placed);
  }
}

}  // namespace fieldweir
