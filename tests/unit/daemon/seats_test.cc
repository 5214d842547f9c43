#include "daemon/seats.h"

#include <map>
#include <set>

#include "rig.h"

namespace fieldweir {
namespace {

constexpr const char* devices = R"(
brokers:
  site: {url: "mqtt://127.0.0.1:1883"}
devices:
  - name: left
    modbus_tcp: {host: 192.0.2.10, unit: 1}
    poll: {fast: 1s}
    signals: [{name: a, table: input, address: 1, type: int16}, {name: b, table: coil, address: 2}]
  - name: rooms
    mqtt: {broker: site, topic: "rooms/{room}/state"}
    max_instances: 3
    signals:
      - {name: "{room}.temperature", pointer: /t, unit: "°C"}
      - {name: "{room}.mode", pointer: /m, type: string}
  - name: right
    modbus_tcp: {host: 192.0.2.10, unit: 2}
    poll: {fast: 1s}
    signals: [{name: a, table: input, address: 1, type: int16, unit: bar}]
windows:
  - {name: calm, of: right.a, tumbling: 5s, emit: [mean, max, count]}
uplinks: []
)";

class SeatsTest : public testing::Test {
 protected:
  TempDir folder{TempDir::in_memory};
  const Settings settings = settings_of(folder, devices);
  const Seats seats = assign_seats(settings);
};

TEST_F(SeatsTest, GiveEveryDeviceItsSignalsInstancesAndHealthWithoutGaps) {
  ASSERT_EQ(seats.devices.size(), 3u);
  SignalId next = 0;
  const std::size_t counts[] = {2, 2 * 3, 1};
  for (std::size_t i = 0; i < seats.devices.size(); ++i) {
    EXPECT_EQ(seats.devices[i].first, next);
    EXPECT_EQ(seats.devices[i].count, counts[i]);
    EXPECT_EQ(seats.devices[i].online, next + counts[i]);
    next = seats.devices[i].online + 1;
  }
  ASSERT_EQ(seats.windows.size(), 1u);
  for (const Window::Result& result : seats.windows[0]) EXPECT_EQ(result.signal, next++);
  EXPECT_EQ(seats.signals, next);
}

TEST_F(SeatsTest, PutDevicesOfOneEndpointOnOneBus) {
  ASSERT_EQ(seats.buses.size(), 2u);
  EXPECT_EQ(seats.buses[0].name, "modbus_tcp 192.0.2.10:502");
  EXPECT_EQ(seats.buses[0].devices, (std::vector<std::size_t>{0, 2}));
  EXPECT_EQ(seats.buses[1].devices, (std::vector<std::size_t>{1}));
}

TEST_F(SeatsTest, MakeEachRingLargeEnoughToMarkEveryDeviceBad) {
  for (const Seats::Bus& bus : seats.buses) {
    std::size_t marks = 0;
    for (const std::size_t device : bus.devices) marks += seats.devices[device].count + 1;
    EXPECT_GE(bus.ring, marks) << bus.name;
  }
}

TEST_F(SeatsTest, KeepRoomForTextsOfTextSignalsOnly) {
  EXPECT_GE(seats.texts, 3u);  // one text signal, three instances
  Settings none = settings_of(
      folder, "devices: [{name: d, simulate: {}, signals: [{name: s}]}]\nuplinks: []\n");
  EXPECT_EQ(assign_seats(none).texts, 0u);
}

TEST_F(SeatsTest, NameEverySignalButThoseOfInstancesToCome) {
  SignalTable table(seats.signals);
  define_signals(settings, seats, table);
  EXPECT_EQ(table.find("left.b"), seats.devices[0].first + 1);
  EXPECT_EQ(table.find("rooms.online"), seats.devices[1].online);
  EXPECT_EQ(table.find("right.online"), seats.devices[2].online);
  for (SignalId id = seats.devices[1].first; id < seats.devices[1].online; ++id)
    EXPECT_FALSE(table.known(id));
  const SignalTable::Signal& mean = table[*table.find("calm.mean")];
  EXPECT_EQ(mean.kind, Kind::float64);
  EXPECT_EQ(mean.unit.view(), "bar");
  EXPECT_EQ(mean.device, SignalTable::no_device);
  EXPECT_TRUE(table[*table.find("calm.count")].unit.empty());
}

}  // namespace
}  // namespace fieldweir
