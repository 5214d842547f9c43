// Looking into a journal from outside, while it is written and after something went wrong.

#include "buffer/inspection.h"

#include <sqlite3.h>

#include "tests/unit/buffer/rig.h"

namespace fieldweir {
namespace {

void run_sql(const std::string& path, const std::string& sql) {
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open(path.c_str(), &database), SQLITE_OK);
  EXPECT_EQ(sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK)
      << sqlite3_errmsg(database);
  sqlite3_close(database);
}

std::vector<std::string> verify(const Rig& rig) {
  Inspection journal(rig.buffer.path);
  EXPECT_TRUE(journal.open());
  std::vector<std::string> wrong;
  EXPECT_TRUE(journal.verify([&](const std::string& what) { wrong.push_back(what); }));
  return wrong;
}

/// A log that runs, with an uplink that has half of what the other one is owed.
struct Site {
  Site() : rig({"cloud", "local"}) {
    rig.start();
    rig.batches(10);
    rig.add(3, 99);
    rig.run(3 * second);
    rig.deliver(1, 5);
    rig.run(12 * second);
  }
  Rig rig;
};

TEST(Inspection, TellsWhatIsThereBesideARunningGateway) {
  Site site;
  Inspection journal(site.rig.buffer.path);
  ASSERT_TRUE(journal.open());
  const auto contents = journal.contents();
  ASSERT_TRUE(contents) << contents.error().text.view();
  const LaneContents& telemetry = contents.value().lanes[1];
  EXPECT_EQ(telemetry.batches, 10u);
  EXPECT_EQ(telemetry.readings, 200u);
  EXPECT_EQ(telemetry.oldest.seq, 1u);
  EXPECT_EQ(telemetry.newest.seq, 10u);
  EXPECT_GT(telemetry.to, 0);
  EXPECT_EQ(contents.value().lanes[0].readings, 3u);
  ASSERT_EQ(contents.value().uplinks.size(), 2u);
  EXPECT_EQ(contents.value().uplinks[0].books.totals.queued, 203u);
  EXPECT_EQ(contents.value().uplinks[1].name, "local");
  EXPECT_EQ(contents.value().uplinks[1].books.totals.queued, 100u);
  ASSERT_EQ(contents.value().runs.size(), 1u);
  EXPECT_FALSE(contents.value().runs[0].ended);
}

TEST(Inspection, GivesEveryBatchWithItsNames) {
  Site site;
  site.rig.restart();
  site.rig.batches(2);
  site.rig.run(3 * second);
  Inspection journal(site.rig.buffer.path);
  ASSERT_TRUE(journal.open());
  std::uint64_t readings = 0;
  DecodedBatch batch(0);
  for (Position after;; after = batch.position) {
    const auto found = journal.next(Lane::telemetry, after, batch);
    ASSERT_TRUE(found) << found.error().text.view();
    if (!found.value()) break;
    for (const Reading& reading : batch.readings) {
      EXPECT_EQ(batch.name(reading.signal), "dev.s" + std::to_string(reading.signal));
      ++readings;
    }
  }
  EXPECT_EQ(readings, 240u);
  EXPECT_EQ(journal.unreadable(), 0u);
}

TEST(Inspection, FindsNothingWrongInAJournalThatIsRight) {
  Site site;
  EXPECT_EQ(verify(site.rig), std::vector<std::string>());
  site.rig.set_uplinks({"local"});  // the other one is absent
  site.rig.restart();
  site.rig.batches(3);
  site.rig.run(3 * second);
  EXPECT_EQ(verify(site.rig), std::vector<std::string>());
  site.rig.crash();
  EXPECT_EQ(verify(site.rig), std::vector<std::string>());
  site.rig.start();
  site.rig.deliver(0);
  site.rig.run(12 * second);
  EXPECT_EQ(verify(site.rig), std::vector<std::string>());
}

TEST(Inspection, SaysWhatIsWrongAndWhere) {
  const std::pair<const char*, std::vector<std::string>> harms[] = {
      {"UPDATE batch SET payload = zeroblob(length(payload)) WHERE id & 63 = 4 AND rows = 20",
       {"telemetry 1/4: batch of unknown version 0"}},
      {"UPDATE batch SET rows = 7 WHERE id & 63 = 4 AND rows = 20",
       {"telemetry 1/4: a batch under another one's number",
        "uplink cloud: 203 readings counted as queued, 190 are there"}},
      {"DELETE FROM batch WHERE id & 63 = 7 AND rows = 20",
       {"lane telemetry: 9 batches of ", "uplink cloud: 203 readings",
        "uplink local: 100 readings"}},
      {"DELETE FROM names",
       {"events 1/1: its names are lost", "telemetry 1/1: its names are lost"}},
      {"UPDATE state SET value = x'00' WHERE name = 'uplink/local'", {"uplink local: "}},
  };
  for (const auto& [sql, expected] : harms) {
    Site site;
    site.rig.stop();
    run_sql(site.rig.buffer.path, sql);
    const auto wrong = verify(site.rig);
    ASSERT_GE(wrong.size(), expected.size()) << sql;
    for (const std::string& line : expected)
      EXPECT_TRUE(std::ranges::any_of(wrong, [&](const auto& w) { return w.starts_with(line); }))
          << sql << "\n"
          << wrong.front();
  }
}

TEST(Inspection, RefusesWhatIsNoJournal) {
  Rig rig;
  EXPECT_EQ(Inspection(rig.buffer.path).open().error().reason, Reason::refused);
  run_sql(rig.buffer.path, "CREATE TABLE theirs(a)");
  EXPECT_EQ(Inspection(rig.buffer.path).open().error().reason, Reason::corrupt);
}

}  // namespace
}  // namespace fieldweir
