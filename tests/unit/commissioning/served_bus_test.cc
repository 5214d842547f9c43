// The server's half of both framings: frames as they come, holes, strangers, torn bytes.
#include "drivers/modbus/served_bus.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include "drivers/modbus/rtu_frame.h"
#include "drivers/modbus/tcp_frame.h"

namespace fieldweir {
namespace {

constexpr ModbusPoint points[] = {{ModbusTable::holding, 10, 4},
                                  {ModbusTable::holding, 20, 1},
                                  {ModbusTable::coil, 0, 9},
                                  {ModbusTable::input, 65'535, 1}};

ModbusRequest read_holding(std::uint16_t address, std::uint16_t count, std::uint8_t unit = 3) {
  return {unit, ModbusFunction::read_holding, address, count};
}

/// One end of a line with a bus at the other; `turn` lets the bus look at what came.
class ServedLine {
 public:
  explicit ServedLine(ModbusFraming framing) {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends) != 0) throw std::bad_alloc();
    here_ = ends[0];
    there_ = ends[1];
    bus_ = std::make_unique<ServedBus>(framing, there_, true);
    bus_->add(3, unit_);
  }
  ~ServedLine() { close(here_); }

  std::vector<std::uint8_t> say(std::span<const std::uint8_t> bytes) {
    EXPECT_EQ(write(here_, bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
    now += millisecond;
    std::vector<pollfd> waiting;
    bus_->append_to(waiting);
    poll(waiting.data(), waiting.size(), 0);
    bus_->serve(waiting, now);
    std::vector<std::uint8_t> answer(600);
    const ssize_t got = read(here_, answer.data(), answer.size());
    answer.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
    return answer;
  }

  ModbusUnit unit_{points};
  Time now = second;

 private:
  int here_ = -1;
  int there_ = -1;
  std::unique_ptr<ServedBus> bus_;
};

Result<ModbusAnswer> ask_rtu(ServedLine& line, const ModbusRequest& request) {
  static std::vector<std::uint8_t> frame;
  ModbusFrame out;
  frame = line.say(rtu_request(request, out));
  return verify_rtu_answer(request, frame);
}

Result<ModbusAnswer> ask_tcp(ServedLine& line, const ModbusRequest& request) {
  static std::vector<std::uint8_t> frame;
  ModbusFrame out;
  frame = line.say(tcp_request(77, request, out));
  return verify_tcp_answer(77, request, frame);
}

using Ask = Result<ModbusAnswer> (*)(ServedLine&, const ModbusRequest&);

class Served : public testing::TestWithParam<std::pair<ModbusFraming, Ask>> {
 protected:
  Result<ModbusAnswer> ask(const ModbusRequest& request) {
    return GetParam().second(line_, request);
  }
  ServedLine line_{GetParam().first};
};

TEST_P(Served, ReadsWhatIsThereAndRefusesHoles) {
  line_.unit_.set(ModbusTable::holding, 13, 0xABCD);
  line_.unit_.set(ModbusTable::input, 65'535, 7);
  const auto four = ask(read_holding(10, 4));
  ASSERT_TRUE(four.ok()) << four.error().text.view();
  EXPECT_EQ(big_endian(four.value().data, 6), 0xABCDu);
  EXPECT_EQ(ask({3, ModbusFunction::read_input, 65'535, 1}).value().data.back(), 7);
  EXPECT_EQ(ask(read_holding(14, 1)).value().exception, 2);
  EXPECT_EQ(ask(read_holding(13, 8)).value().exception, 2);  // two points with a hole between
  EXPECT_EQ(ask(read_holding(9, 2)).value().exception, 2);
  EXPECT_EQ(ask({3, ModbusFunction::read_input, 65'534, 1}).value().exception, 2);
  EXPECT_EQ(ask({3, ModbusFunction::read_discrete, 0, 1}).value().exception, 2);
  EXPECT_EQ(ask({3, ModbusFunction::identify, 0, 1}).value().exception, 1);
}

TEST_P(Served, TakesWritesAndRemembersThatItDid) {
  EXPECT_FALSE(line_.unit_.written(ModbusTable::holding, 11));
  const std::uint8_t words[] = {0x12, 0x34, 0x56, 0x78};
  EXPECT_EQ(ask({3, ModbusFunction::write_registers, 11, 2, words}).value().exception, 0);
  EXPECT_EQ(line_.unit_.get(ModbusTable::holding, 12), 0x5678);
  EXPECT_TRUE(line_.unit_.written(ModbusTable::holding, 11));
  EXPECT_FALSE(line_.unit_.written(ModbusTable::holding, 13));
  const std::uint8_t on[] = {1};
  EXPECT_EQ(ask({3, ModbusFunction::write_coils, 8, 1, on}).value().exception, 0);
  EXPECT_EQ(line_.unit_.get(ModbusTable::coil, 8), 1);
  EXPECT_EQ(ask({3, ModbusFunction::write_registers, 13, 2, words}).value().exception, 2);
  EXPECT_EQ(line_.unit_.get(ModbusTable::holding, 13), 0);
}

INSTANTIATE_TEST_SUITE_P(Framings, Served,
                         testing::Values(std::pair{ModbusFraming::rtu, Ask{&ask_rtu}},
                                         std::pair{ModbusFraming::tcp, Ask{&ask_tcp}}));

TEST(ServedTcp, SaysThatItHeardNobody) {
  ServedLine line(ModbusFraming::tcp);
  EXPECT_EQ(ask_tcp(line, read_holding(10, 1, 4)).value().exception, 11);
}

TEST(ServedRtu, KeepsSilentForOthersAndBroadcasts) {
  ServedLine line(ModbusFraming::rtu);
  ModbusFrame out;
  EXPECT_TRUE(line.say(rtu_request(read_holding(10, 1, 4), out)).empty());
  EXPECT_TRUE(line.say(rtu_request(read_holding(10, 1, 0), out)).empty());
  EXPECT_TRUE(ask_rtu(line, read_holding(10, 1)).ok());
}

TEST(ServedRtu, IsBackInStepAfterNoiseAndSilence) {
  ServedLine line(ModbusFraming::rtu);
  const std::uint8_t torn[] = {3, 3, 0, 10, 0};
  EXPECT_TRUE(line.say(torn).empty());
  line.now += second;
  EXPECT_TRUE(ask_rtu(line, read_holding(10, 1)).ok());
  ModbusFrame out;
  const auto request = rtu_request(read_holding(10, 1), out);
  std::vector<std::uint8_t> damaged(request.begin(), request.end());
  damaged[4] ^= 1;
  EXPECT_TRUE(line.say(damaged).empty());
  EXPECT_TRUE(ask_rtu(line, read_holding(10, 1)).ok());
}

TEST(RequestFrame, EveryPrefixAsksForMoreAndTheWholeForNoMore) {
  const std::uint8_t data[] = {1, 2, 3, 4};
  const ModbusRequest requests[] = {
      read_holding(1, 2),
      {3, ModbusFunction::read_coils, 0, 9},
      {3, ModbusFunction::write_coil, 1, 1, std::span(data).first(1)},
      {3, ModbusFunction::write_register, 1, 1, std::span(data).first(2)},
      {3, ModbusFunction::write_coils, 1, 9, std::span(data).first(2)},
      {3, ModbusFunction::write_registers, 1, 2, data},
      {3, ModbusFunction::identify, 0, 1}};
  for (const ModbusRequest& request : requests)
    for (const ModbusFraming framing : {ModbusFraming::tcp, ModbusFraming::rtu}) {
      ModbusFrame out;
      const auto frame =
          framing == ModbusFraming::tcp ? tcp_request(1, request, out) : rtu_request(request, out);
      for (std::size_t size = 0; size < frame.size(); ++size)
        EXPECT_GT(request_bytes(framing, frame.first(size)), size);
      EXPECT_EQ(request_bytes(framing, frame), frame.size());
      const auto apart = take_apart(framing, frame);
      ASSERT_TRUE(apart);
      EXPECT_EQ(apart->unit, 3);
      EXPECT_EQ(apart->function, static_cast<std::uint8_t>(request.function));
      const bool writes = request.function >= ModbusFunction::write_coil &&
                          request.function <= ModbusFunction::write_registers;
      EXPECT_EQ(apart->writes.has_value(), writes);
      EXPECT_EQ(apart->reads.has_value(), request.function < ModbusFunction::write_coil);
    }
}

}  // namespace
}  // namespace fieldweir
