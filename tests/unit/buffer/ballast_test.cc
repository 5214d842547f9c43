// A disk that others fill. Needs the right to mount a small one; skipped without it.
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <fstream>

#include "tests/unit/buffer/rig.h"

namespace fieldweir {
namespace {

constexpr auto quota = static_cast<std::size_t>(Reason::quota);

/// A disk of 2 MiB that goes with it.
class SmallDisk {
 public:
  SmallDisk() {
    made_ = unshare(CLONE_NEWNS) == 0 &&
            mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
            mount("tmpfs", folder_.path().c_str(), "tmpfs", 0, "size=2m") == 0;
  }
  ~SmallDisk() {
    if (made_) umount2(folder_.path().c_str(), MNT_DETACH);
  }
  bool made() const { return made_; }
  std::string file(const std::string& name) const { return folder_.file(name); }

  void fill() {
    const int file_of_others = open(file("others").c_str(), O_CREAT | O_WRONLY | O_APPEND, 0600);
    const std::vector<char> block(512, 'x');
    while (write(file_of_others, block.data(), block.size()) > 0) {
    }
    close(file_of_others);
  }
  void clear() { unlink(file("others").c_str()); }

 private:
  TempDir folder_;
  bool made_ = false;
};

TEST(Ballast, TakesSpaceAndGivesItBack) {
  constexpr std::uint64_t size = 100 << 10;
  TempDir folder;
  const std::string journal = folder.file("journal.db");
  Ballast ballast(journal, size, free_bytes_of_disk);
  { std::ofstream(journal) << "x"; }
  EXPECT_FALSE(ballast.release());
  ballast.keep();
  EXPECT_TRUE(ballast.held());
  EXPECT_EQ(std::filesystem::file_size(journal + ".ballast"), size);
  EXPECT_TRUE(ballast.release());
  EXPECT_FALSE(std::filesystem::exists(journal + ".ballast"));
  Ballast modest(journal, size, [](const std::string&) { return 2 * size - 1; });
  modest.keep();
  EXPECT_FALSE(modest.held());
}

TEST(Ballast, WhatIsDeliveredMakesRoomOnADiskThatOthersFilled) {
  SmallDisk disk;
  if (!disk.made()) GTEST_SKIP() << "may not mount";
  Rig rig({"down"});
  rig.batch.rows = 200;
  rig.buffer.path = disk.file("journal.db");
  rig.buffer.max_size = 2 << 20;
  rig.start();
  EXPECT_TRUE(rig.log->status().journal.ballast);
  Random random(7);
  const auto fill = [&](int batches) {
    for (; batches > 0; --batches) {
      for (int j = 0; j < 200; ++j) {
        const auto r =
            uint64_reading(static_cast<SignalId>(j % 99), rig.clock.now(), random.next());
        rig.log->output().add({&r, 1}, rig.clock.now());
      }
      rig.run(2 * second);
    }
  };
  fill(100);
  ASSERT_EQ(rig.log->status().journal.problem, Reason::none);
  const std::uint64_t stored = rig.log->status().lanes[1].journal_batches;
  EXPECT_GT(stored, 90u);

  disk.fill();
  fill(300);
  EXPECT_EQ(rig.log->status().journal.problem, Reason::disk_full);
  EXPECT_TRUE(rig.log->status().journal.ballast) << "for what makes room";

  // some go, so that the rest has room; nothing that was accepted is lost
  for (int i = 0; i < 9; ++i) {
    rig.deliver(0, 20);
    rig.run(3 * second);
  }
  EXPECT_EQ(rig.log->status().journal.problem, Reason::none)
      << rig.log->status().journal.problem_text.view();
  EXPECT_EQ(rig.log->uplink_totals(0).dropped[quota], 0u);
  const std::uint64_t delivered = rig.log->uplink_totals(0).delivered;

  rig.run(12 * second);
  rig.crash();
  rig.start();
  EXPECT_EQ(rig.log->uplink_totals(0).delivered, delivered) << "what was delivered is known";

  disk.clear();
  fill(3);
  EXPECT_TRUE(rig.log->status().journal.ballast) << "taken again";
  rig.deliver(0);
  EXPECT_TRUE(rig.log->uplink_totals(0).balanced());
  EXPECT_EQ(rig.log->uplink_totals(0).queued, 0u);
}

}  // namespace
}  // namespace fieldweir
