// Power cuts: the journal is opened from every state in which one may have left the disk.
//
// Accepted is what a commit had returned for. All of it must be there, in order, in a journal that
// opens.

#include <cstdlib>
#include <fstream>

#include "tests/unit/buffer/recording_disk.h"
#include "tests/unit/buffer/rig.h"

namespace fieldweir {
namespace {

namespace fs = std::filesystem;

const bool long_form = std::getenv("FIELDWEIR_LONG") != nullptr;

/// What was true when the first `operations` calls to the disk had returned.
struct Moment {
  std::size_t operations = 0;
  std::uint64_t accepted = 0;      // readings 0 to here are committed
  std::uint64_t acknowledged = 0;  // those before are nobody's business any more
};

class PowerCut : public testing::Test {
 protected:
  PowerCut() { begin(); }

  void begin() {
    Recording::operations.clear();
    moments_.assign(1, {});
    accepted_ = acknowledged_ = 0;
    rig_ = std::make_unique<Rig>();
    rig_->vfs = recording_vfs();
    rig_->buffer.max_size = 1 << 20;
    rig_->buffer.persist_after = 0;
  }

  void note() {
    if (rig_->log->status().at_risk == 0) accepted_ = rig_->next_value;
    moments_.push_back({Recording::operations.size(), accepted_, acknowledged_});
  }
  /// While it runs, what was accepted before still is.
  void run(Duration duration) {
    for (; duration > 0; duration -= 50 * millisecond) {
      rig_->run(50 * millisecond);
      note();
    }
  }
  void start() {
    rig_->start();
    note();
  }
  void append(int batches) {
    rig_->batches(batches);
    run(3 * second);
  }
  void acknowledge(std::size_t batches) {
    for (const Lane lane : {Lane::events, Lane::telemetry})
      for (const DecodedBatch& batch : rig_->pending(0, lane, batches)) {
        rig_->acknowledge(0, batch, {batch.readings.size(), 0, 0});
        if (lane == Lane::telemetry) acknowledged_ += batch.readings.size();
      }
    note();
    run(12 * second);
  }
  void restart() {
    rig_->stop();
    accepted_ = rig_->next_value;
    moments_.push_back({Recording::operations.size(), accepted_, acknowledged_});
    start();
  }

  void event() {
    const Reading reading = uint64_reading(99, rig_->clock.now(), 0);
    rig_->log->output().add({&reading, 1}, rig_->clock.now());
    run(3 * second);
  }
  void dead_letter() {
    const auto batches = rig_->pending(0);
    if (batches.empty()) return;
    DecodedBatch part = batches[0];
    part.readings.resize(1);
    rig_->log->reader(0).dead_letter(part, "refused");
    rig_->acknowledge(0, batches[0], {0, 0, batches[0].readings.size()});
    acknowledged_ += batches[0].readings.size();
    note();
    run(3 * second);
  }
  /// Until the write-ahead log has gone into the database and begins anew.
  void fill() {
    const std::size_t before = Recording::operations.size();
    const auto into_database = [&] {
      const auto since = std::span(Recording::operations).subspan(before);
      return std::ranges::any_of(since, [&](const Recording::Operation& o) {
        return o.kind == Recording::Kind::write && o.file == rig_->buffer.path;
      });
    };
    for (int i = 0; i < 100 && !into_database(); ++i) append(4);
    ASSERT_TRUE(into_database());
    append(4);
  }

  /// The eight things that a journal does.
  void operate() {
    start();         // 1: it is made
    append(2);       // 2: batches come
    acknowledge(1);  // 3: cursors move, and what all have goes
    event();         // 4: another lane
    restart();       // 5: a clean end, and another run
    append(2);
    dead_letter();          // 6
    fill();                 // 7
    acknowledge(SIZE_MAX);  // 8: everything goes
    append(1);
  }
  void operate(Random& random) {
    start();
    for (int i = 0; i < 30; ++i) switch (random.below(8)) {
        case 0:
          acknowledge(1 + random.below(20));
          break;
        case 1:
          event();
          break;
        case 2:
          restart();
          break;
        case 3:
          dead_letter();
          break;
        default:
          append(1 + static_cast<int>(random.below(6)));
      }
  }

  const Moment& moment(std::size_t operations) const {
    auto next = std::upper_bound(moments_.begin(), moments_.end(), operations,
                                 [](std::size_t n, const Moment& m) { return n < m.operations; });
    return *std::prev(next);
  }

  struct Found {
    bool readable = true;
    std::uint64_t lost = 0;
  };
  /// Opens what is left of the disk. No reading may come out of order, twice, or that never was.
  Found open(const Files& files, const Moment& at) {
    Rig after;
    after.buffer.max_size = rig_->buffer.max_size;
    for (const auto& [name, bytes] : files)
      std::ofstream(after.folder.file(fs::path(name).filename()), std::ios::binary) << bytes;
    after.start();
    after.run(2 * second);  // what the start has to say is a batch too
    EXPECT_TRUE(after.log->status().journal.writable);
    Found found;
    found.readable = !fs::exists(after.buffer.path + ".damaged-1");
    std::uint64_t next = 0;
    for (const DecodedBatch& batch : after.pending(0)) {
      for (const Reading& reading : batch.readings) {
        EXPECT_GE(reading.bits, next) << "out of order";
        EXPECT_LT(reading.bits, rig_->next_value) << "never was";
        if (reading.bits > std::max(next, at.acknowledged))
          found.lost += std::min(reading.bits, at.accepted) -
                        std::min(std::max(next, at.acknowledged), at.accepted);
        next = reading.bits + 1;
      }
    }
    next = std::max(next, at.acknowledged);
    if (next < at.accepted) found.lost += at.accepted - next;
    return found;
  }

  std::unique_ptr<Rig> rig_;
  std::vector<Moment> moments_;
  std::uint64_t accepted_ = 0;
  std::uint64_t acknowledged_ = 0;
};

constexpr std::array ways = {Unsynced::dropped, Unsynced::kept,      Unsynced::sectors,
                             Unsynced::pages,   Unsynced::torn_page, Unsynced::dead_page};

TEST_F(PowerCut, LosesNothingAcceptedAfterAnyCall) {
  operate();
  rig_->crash();
  Random random(12);
  CrashedDisk disk;
  const std::size_t all = Recording::operations.size();
  std::size_t images = 0;
  for (std::size_t n = 0; n <= all && !HasFailure(); ++n) {
    disk.advance(n);
    for (std::size_t i = 0; i < (long_form ? ways.size() : 1); ++i) {
      const Unsynced way = ways[(n + i) % ways.size()];
      const Found found = open(disk.files(way, random), moment(n));
      ++images;
      EXPECT_TRUE(found.readable) << "call " << n << " way " << static_cast<int>(way);
      EXPECT_EQ(found.lost, 0u) << "call " << n << " way " << static_cast<int>(way);
    }
  }
  std::printf("%zu calls to the disk, %zu images\n", all, images);
}

TEST_F(PowerCut, LosesNothingAcceptedAtRandomMoments) {
  const int runs = long_form ? 100 : 10;
  for (int i = 0; i < runs && !HasFailure(); ++i) {
    Random random(static_cast<std::uint64_t>(i));
    begin();
    operate(random);
    rig_->crash();
    std::vector<std::size_t> when(50);
    for (std::size_t& n : when) n = random.below(Recording::operations.size() + 1);
    std::sort(when.begin(), when.end());
    CrashedDisk disk;
    for (const std::size_t n : when) {
      disk.advance(n);
      const Unsynced way = ways[random.below(ways.size())];
      const Found found = open(disk.files(way, random), moment(n));
      EXPECT_TRUE(found.readable) << "seed " << i << " call " << n;
      EXPECT_EQ(found.lost, 0u) << "seed " << i << " call " << n << " way "
                                << static_cast<int>(way);
    }
  }
}

}  // namespace
}  // namespace fieldweir
