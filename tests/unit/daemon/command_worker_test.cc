// Attempts in, answers, commands and audit lines out; the test is the asker and the bus.
#include "daemon/command_worker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "daemon/json.h"
#include "tests/support/fake_clock.h"
#include "tests/support/temp_dir.h"

namespace fieldweir {
namespace {

using testing::ElementsAre;

class CommandWorkerTest : public testing::Test {
 protected:
  CommandWorkerTest() {
    set_log_level(LogLevel::error);
    const auto define = [&](const char* name, Kind kind) {
      return signals.define({.name = std::string_view(name), .kind = kind});
    };
    on = *texts.intern("on");
    bus = &worker.add_bus(bus_bell);
    worker.add_signal(define("b.setpoint", Kind::float64), setpoint, true);
    worker.add_signal(define("b.count", Kind::uint64), count, false);
    worker.add_signal(define("b.level", Kind::int64), level, false);
    worker.add_signal(define("b.pump", Kind::boolean), none, false);
    worker.add_signal(define("b.mode", Kind::text), none, false);
    define("b.temp", Kind::float64);
    port = &worker.add_asker();
  }

  void attempt(const std::string& body, std::string_view signal = {}, bool remote = false,
               Attempt::Fault fault = Attempt::Fault::none) {
    Attempt a;
    a.ticket = ++ticket;
    a.received = clock.now();
    a.origin.assign("cli test (1)");
    a.remote = remote;
    a.fault = fault;
    a.signal.assign(signal);
    a.body.assign(body);
    ASSERT_TRUE(port->attempts.push(a));
  }
  /// A wish with an id of its own.
  static std::string wish(const std::string& signal, const std::string& value,
                          const std::string& more = "") {
    static int id = 0;
    return R"({"id":"i)" + std::to_string(++id) + R"(","signal":")" + signal + R"(","value":)" +
           value + more + "}";
  }

  /// "refused/out of range" and the like, of the next answer.
  std::string answer() {
    Answer a;
    if (port->answers.pop({&a, 1}) == 0) return "";
    const Json json = Json::parse(a.text.view());
    const std::string result = json["result"];
    return json.contains("reason") ? result + "/" + std::string(json["reason"]) : result;
  }
  std::string attempted(const std::string& body) {
    attempt(body);
    worker.turn(clock.now());
    return answer();
  }
  std::vector<Command> sent() {
    std::vector<Command> all(8);
    all.resize(bus->commands.pop(all));
    return all;
  }
  void executed(const Command& command, const Error& error = {}) {
    bus->outcomes.push(Outcome{command.number, command.value, error});
    worker.turn(clock.now());
  }
  /// Sends it, has the bus do it, and says what the asker hears.
  std::string done(const std::string& body) {
    const std::string at_once = attempted(body);
    if (!at_once.empty()) return at_once;
    for (const Command& command : sent()) executed(command);
    return answer();
  }
  std::vector<std::string> audit() const {
    std::vector<std::string> results;
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);)
      results.push_back(Json::parse(line)["result"]);
    return results;
  }

  TempDir folder{TempDir::in_memory};
  const std::string path = folder.file("audit.jsonl");
  FakeClock clock;
  SignalTable signals{8};
  TextTable texts{8};
  std::uint32_t on = 0;
  const WriteLimits setpoint{.min = 0, .max = 85, .step = 0.1};
  const WriteLimits count{.min = 0, .max = 1.9e19, .every = 10 * second};
  const WriteLimits level{.min = -100, .max = 100};
  const WriteLimits none{};
  CommandWorker worker{signals, texts, clock, path};
  Doorbell bus_bell;
  BusCommands* bus = nullptr;
  CommandPort* port = nullptr;
  std::uint64_t ticket = 0;
};

TEST_F(CommandWorkerTest, WhatIsAllowedGoesToTheBusAndItsOutcomeBack) {
  attempt(R"({"id":"x","signal":"b.setpoint","value":55})");
  EXPECT_EQ(worker.turn(clock.now()), never);
  EXPECT_TRUE(bus_bell.answer());
  EXPECT_EQ(answer(), "");
  EXPECT_THAT(audit(), ElementsAre("accepted"));  // on record before the bus may have it
  const auto commands = sent();
  ASSERT_EQ(commands.size(), 1u);
  EXPECT_EQ(commands[0].value.signal, 0u);
  EXPECT_EQ(commands[0].value.as_float64(), 55);
  EXPECT_EQ(commands[0].expires, clock.now() + 10 * second);
  executed(commands[0]);
  EXPECT_EQ(answer(), "done");
  EXPECT_THAT(audit(), ElementsAre("accepted", "done"));
  EXPECT_EQ(worker.count(CommandResult::done), 1u);
}

TEST_F(CommandWorkerTest, AnswersCarryTheTicketAndSayEverything) {
  attempt(R"({"id":"x","value":1e2})", "b.setpoint", true);
  worker.turn(clock.now());
  Answer a;
  ASSERT_EQ(port->answers.pop({&a, 1}), 1u);
  EXPECT_EQ(a.ticket, ticket);
  EXPECT_EQ(a.signal.view(), "b.setpoint");
  EXPECT_EQ(a.text.view(),
            R"({"id":"x","signal":"b.setpoint","asked":100.0,"result":"refused",)"
            R"("reason":"out of range","message":"100 is above the greatest value 85",)"
            R"("ts":1767225600000})");
}

TEST_F(CommandWorkerTest, ValuesMustBeOfTheSignalsKind) {
  EXPECT_EQ(done(wish("b.setpoint", "\"hot\"")), "refused/wrong type");
  EXPECT_EQ(done(wish("b.setpoint", "true")), "refused/wrong type");
  EXPECT_EQ(done(wish("b.level", "1.5")), "refused/wrong type");
  EXPECT_EQ(done(wish("b.level", "-7.0")), "done");
  EXPECT_EQ(done(wish("b.count", "-1")), "refused/out of range");
  EXPECT_EQ(done(wish("b.level", "18446744073709551615")), "refused/out of range");
  EXPECT_EQ(done(wish("b.count", "1e30")), "refused/out of range");
  EXPECT_EQ(done(wish("b.pump", "1")), "refused/wrong type");
  EXPECT_EQ(done(wish("b.pump", "true")), "done");
  EXPECT_EQ(done(wish("b.mode", "\"off\"")), "refused/out of range");
  EXPECT_EQ(texts.size(), 1u);  // and nobody fills the table by asking
  attempt(wish("b.mode", "\"on\""));
  worker.turn(clock.now());
  EXPECT_EQ(sent().at(0).value, text_reading(4, clock.now(), on));
  attempt(wish("b.count", "18446744073709551615"));
  worker.turn(clock.now());
  EXPECT_EQ(sent().at(0).value.as_uint64(), UINT64_MAX);
}

TEST_F(CommandWorkerTest, LimitsAndStepsHoldToTheDigit) {
  for (const char* good : {"0", "0.1", "0.3", "0.7", "84.9", "85", "85.0"})
    EXPECT_EQ(done(wish("b.setpoint", good)), "done") << good;
  for (const char* off : {"0.05", "0.31", "84.99"})
    EXPECT_EQ(done(wish("b.setpoint", off)), "refused/step") << off;
  for (const char* outside : {"-0.1", "85.1", "-1e300", "1e300"})
    EXPECT_EQ(done(wish("b.setpoint", outside)), "refused/out of range") << outside;
  EXPECT_EQ(done(wish("b.setpoint", "1e999")), "refused/parse error");
}

TEST_F(CommandWorkerTest, WhatIsNotWritableIsNotWritten) {
  EXPECT_EQ(done(wish("b.temp", "5")), "refused/not allowed");
  EXPECT_EQ(done(wish("b.none", "5")), "refused/not allowed");
  attempt(R"({"id":"m1","value":5})", "b.level", true);  // writable, but not listed
  worker.turn(clock.now());
  EXPECT_EQ(answer(), "refused/not allowed");
  EXPECT_TRUE(sent().empty());
}

TEST_F(CommandWorkerTest, TheShortestTimeBetweenTwoWritesIsKept) {
  EXPECT_EQ(done(wish("b.count", "1")), "done");
  clock.advance(10 * second - 1);
  EXPECT_EQ(done(wish("b.count", "2")), "refused/too soon");
  clock.advance(1);
  EXPECT_EQ(done(wish("b.count", "3")), "done");
}

TEST_F(CommandWorkerTest, ExpiryIsJudgedWhenItComesAndByTheClockThatIsRight) {
  const auto at = [&](Duration ahead) {
    return ",\"expires\":" + std::to_string((clock.now() + ahead) / millisecond);
  };
  EXPECT_EQ(done(wish("b.setpoint", "1", at(-second))), "expired/expired");
  EXPECT_EQ(done(wish("b.setpoint", "1", at(second))), "done");
  EXPECT_EQ(done(wish("b.setpoint", "1", at(11 * minute))), "refused/parse error");
  clock.set_synchronised(false);
  EXPECT_EQ(done(wish("b.setpoint", "1", at(second))), "refused/clock");
  EXPECT_EQ(done(wish("b.setpoint", "1", ",\"valid_for_ms\":1000")), "done");
  attempt(wish("b.setpoint", "1", ",\"valid_for_ms\":1000"));
  clock.advance(second);
  worker.turn(clock.now());
  EXPECT_EQ(answer(), "expired/expired");
  // and in the bus's own hands
  attempt(wish("b.setpoint", "1"));
  worker.turn(clock.now());
  executed(sent().at(0), error(Reason::expired, "late"));
  EXPECT_EQ(answer(), "expired/expired");
}

TEST_F(CommandWorkerTest, AnIdIsWrittenOnceWithinTenMinutes) {
  const std::string once = R"({"id":"same","signal":"b.setpoint","value":1})";
  attempt(once);
  attempt(once);  // both in one turn
  worker.turn(clock.now());
  EXPECT_EQ(answer(), "duplicate/duplicate");
  const auto commands = sent();
  ASSERT_EQ(commands.size(), 1u);
  EXPECT_EQ(attempted(once), "duplicate/duplicate");  // while it is under way
  executed(commands[0]);
  EXPECT_EQ(answer(), "done");
  clock.advance(10 * minute);
  EXPECT_EQ(attempted(once), "duplicate/duplicate");
  clock.advance(1);
  EXPECT_EQ(attempted(once), "");
}

TEST_F(CommandWorkerTest, ARefusedIdMayComeAgain) {
  const std::string same = R"({"id":"same","signal":"b.count","value":1})";
  EXPECT_EQ(done(wish("b.count", "1")), "done");
  EXPECT_EQ(done(same), "refused/too soon");
  clock.advance(10 * second);
  EXPECT_EQ(done(same), "done");
}

TEST_F(CommandWorkerTest, WithTheMemoryForIdsFullNothingIsWrittenTwiceButRefused) {
  for (int i = 0; i < 1024; ++i) ASSERT_EQ(done(wish("b.level", "1")), "done");
  EXPECT_EQ(done(wish("b.level", "1")), "refused/busy");
  clock.advance(10 * minute + 1);
  EXPECT_EQ(done(wish("b.level", "1")), "done");
}

TEST_F(CommandWorkerTest, ABusTakesEightAtATime) {
  for (int i = 0; i < 8; ++i) EXPECT_EQ(attempted(wish("b.level", "1")), "");
  EXPECT_EQ(attempted(wish("b.level", "1")), "refused/busy");
  const auto commands = sent();
  EXPECT_EQ(attempted(wish("b.level", "1")), "refused/busy");  // taken, but not done
  executed(commands[0], error(Reason::timeout, "silence"));
  EXPECT_EQ(answer(), "failed/timeout");
  EXPECT_EQ(attempted(wish("b.level", "1")), "");
}

TEST_F(CommandWorkerTest, WhatCannotBeReadIsRefusedAndOnRecord) {
  const std::vector<std::string> bad = {
      "",
      "{",
      "5",
      "[]",
      R"({"signal":"b.level","value":1})",
      R"({"id":"","signal":"b.level","value":1})",
      R"({"id":"a b","signal":"b.level","value":1})",
      R"({"id":5,"signal":"b.level","value":1})",
      R"({"id":"x","value":1})",
      R"({"id":"x","signal":"b.level"})",
      R"({"id":"x","signal":"b.level","value":null})",
      R"({"id":"x","signal":"b.level","value":[1]})",
      R"({"id":"x","signal":"b.level","value":1,"extra":1})",
      R"({"id":"x","signal":"b.level","value":1,"valid_for_ms":0})",
      R"({"id":"x","signal":"b.level","value":1,"valid_for_ms":5,"expires":5})",
      R"({"id":"x","signal":"b.level","value":1,"expires":"soon"})",
      "{\"id\":\"x\",\"signal\":\"\xFF\",\"value\":1}",
      std::string(512, '['),
  };
  for (const std::string& body : bad) EXPECT_EQ(attempted(body), "refused/parse error") << body;
  EXPECT_EQ(audit().size(), bad.size());
  attempt(R"({"id":"x","signal":"b.setpoint","value":1})", "b.setpoint");  // named twice
  worker.turn(clock.now());
  EXPECT_EQ(answer(), "refused/parse error");
  attempt("", "b.setpoint", true, Attempt::Fault::too_large);
  attempt(R"({"id":"x","value":1})", "b.setpoint", true, Attempt::Fault::retained);
  worker.turn(clock.now());
  EXPECT_EQ(answer(), "refused/too large");
  EXPECT_EQ(answer(), "refused/retained");
  EXPECT_TRUE(sent().empty());
}

TEST_F(CommandWorkerTest, TheLongestAnswerIsWhole) {
  // every byte of the text is escaped as six
  std::string control;
  for (std::size_t i = 0; i < 64; ++i) control += "\\u0001";
  EXPECT_EQ(attempted(R"({"id":")" + std::string(64, 'i') + R"(","signal":"b.mode","value":")" +
                      control + "\"}"),
            "refused/out of range");
}

TEST_F(CommandWorkerTest, WithoutAnAuditNothingIsWritten) {
  std::filesystem::create_directory(path);
  EXPECT_EQ(attempted(wish("b.setpoint", "1")), "refused/audit");
  EXPECT_TRUE(sent().empty());
  EXPECT_EQ(worker.turn(clock.now()), clock.now() + 10 * second);  // it tries again
  std::filesystem::remove(path);
  worker.turn(clock.now());
  EXPECT_THAT(audit(), ElementsAre("accepted", "refused"));
  EXPECT_EQ(done(wish("b.setpoint", "1")), "done");
}

TEST_F(CommandWorkerTest, AnAuditThatStaysAwayIsBoundedAndCounted) {
  std::filesystem::create_directory(path);
  for (int i = 0; i < 1000; ++i) attempted(wish("b.none", "1"));
  EXPECT_GT(worker.audit_lost(), 0u);
  std::filesystem::remove(path);
  worker.turn(clock.now());
  EXPECT_EQ(audit().size() + worker.audit_lost(), 1000u);
}

TEST_F(CommandWorkerTest, TheAuditKeepsOneOldFileAndMendsATornLine) {
  std::ofstream(path) << "{\"result\":\"torn";
  EXPECT_EQ(attempted(wish("b.none", "1")), "refused/not allowed");
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  EXPECT_EQ(line, "{\"result\":\"torn");
  std::getline(file, line);
  EXPECT_EQ(Json::parse(line)["result"], "refused");

  std::filesystem::resize_file(path, (1 << 20) - 10);
  EXPECT_EQ(attempted(wish("b.none", "1")), "refused/not allowed");
  EXPECT_EQ(std::filesystem::file_size(path + ".1"), (1u << 20) - 10);
  EXPECT_THAT(audit(), ElementsAre("refused"));
}

TEST_F(CommandWorkerTest, WhatIsLeftAtTheEndIsSaid) {
  attempt(wish("b.level", "1"));
  worker.turn(clock.now());
  attempt(wish("b.level", "2"));
  worker.finish(clock.now());
  EXPECT_EQ(answer(), "refused/stopped");
  EXPECT_EQ(answer(), "failed/stopped");
  EXPECT_THAT(audit(), ElementsAre("accepted", "refused", "failed"));
}

}  // namespace
}  // namespace fieldweir
