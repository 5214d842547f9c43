#include "buffer/codec.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <limits>

#include "buffer/checksum.h"
#include "core/random.h"

namespace fieldweir {
namespace {

constexpr Time start = 1'767'225'600 * second;
constexpr std::size_t signals = 1'000;

struct Coded {
  std::vector<std::byte> bytes;
  BatchHeader header;
};

Coded encode(Encoder& encoder, std::span<const Reading> readings,
             std::span<const BatchText> texts = {}, const GapList& gaps = {}) {
  Coded coded;
  coded.header.position = coded.header.replaces_from = {7, 3, 41};
  coded.header.gaps = gaps;
  coded.bytes.resize(encoded_max(readings.size()));
  coded.bytes.resize(encoder.encode(coded.header, readings, texts, coded.bytes));
  return coded;
}

/// As a bit flip would not: with a checksum that fits, so that the decoder itself is tried.
void mend_checksum(std::span<std::byte> bytes) {
  const std::uint32_t sum = checksum(bytes.subspan(5));
  for (int i = 0; i < 4; ++i) bytes[1 + i] = static_cast<std::byte>(sum >> (8 * i));
}

Reading random_reading(Random& random, std::size_t texts) {
  const auto signal = static_cast<SignalId>(random.below(signals));
  const Time time = random.below(8) == 0 ? static_cast<Time>(random.next())
                                         : start + static_cast<Time>(random.below(1'000)) * second;
  Reading r;
  switch (random.below(texts > 0 ? 8 : 7)) {
    case 0:
      r = float64_reading(signal, time, static_cast<double>(random.below(2000)) * 0.1);
      break;
    case 1:
      r = float64_reading(signal, time, std::bit_cast<double>(random.next()));
      break;
    case 2:
      r = float64_reading(signal, time, static_cast<float>(random.unit()));
      break;
    case 3:
      r = int64_reading(signal, time, static_cast<std::int64_t>(random.next()));
      break;
    case 4:
      r = uint64_reading(signal, time, random.next());
      break;
    case 5:
      r = boolean_reading(signal, time, random.below(2) == 0);
      break;
    case 6:
      r = bad_reading(signal, time, Reason::timeout);
      break;
    default:
      r = text_reading(signal, time, static_cast<std::uint32_t>(random.below(texts)));
  }
  if (random.below(20) == 0) r.quality = Quality::uncertain, r.reason = Reason::stale;
  if (random.below(4) == 0) r.flags = source_time;
  return r;
}

TEST(Codec, ChecksumIsTheWellKnownOne) {
  EXPECT_EQ(checksum(std::as_bytes(std::span("123456789", 9))),
            0xCBF43926u);  // the CRC's check value
  EXPECT_EQ(checksum({}), 0u);
}

// Stored with every batch: a number that changed its meaning would rewrite history.
TEST(Codec, TheNumbersOfReasonsStay) {
  EXPECT_EQ(static_cast<int>(Reason::timeout), 2);
  EXPECT_EQ(static_cast<int>(Reason::ring_full), 13);
  EXPECT_EQ(static_cast<int>(Reason::quota), 16);
  EXPECT_EQ(static_cast<int>(Reason::corrupt), 19);
  EXPECT_EQ(static_cast<int>(Reason::stopped), 26);
  EXPECT_EQ(static_cast<int>(Reason::thinned), 27);
}

GapSignals some_signals(Random& random) {
  GapSignals named;
  for (auto n = random.below(12); n > 0; --n)
    named.add("device" + std::to_string(random.below(30)) + ".signal");
  return named;
}

TEST(Codec, AGapNamesItsSignalsOrMoreButNeverFewer) {
  const auto listed = [](const GapSignals& named) {
    std::string all;
    named.each([&](std::string_view glob) { (all += glob) += ' '; });
    return all;
  };
  GapSignals named;
  EXPECT_FALSE(named.known());
  for (int i = 0; i < 8; ++i) named.add("boiler.s" + std::to_string(i % 3));
  EXPECT_EQ(listed(named), "boiler.s0 boiler.s1 boiler.s2 ");
  named.add("press.force");
  for (int i = 0; i < 20; ++i) named.add("boiler.s" + std::to_string(i));
  EXPECT_EQ(listed(named).find("boiler.s1 "), std::string::npos);
  EXPECT_NE(listed(named).find("boiler.* "), std::string::npos);
  EXPECT_NE(listed(named).find("press."), std::string::npos);
  EXPECT_EQ(GapSignals::of(named.view()), named);
  for (int i = 0; i < 20; ++i) named.add("device" + std::to_string(i) + ".s");
  EXPECT_EQ(listed(named), "* ");
  EXPECT_TRUE(named.all());
  // with a mark whose signals nobody knows
  GapList gaps;
  gaps.add({0, 1, 1, Reason::quota, named});
  gaps.add({0, 1, 1, Reason::quota});
  EXPECT_FALSE(gaps.begin()->signals.known());
}

TEST(Codec, ReturnsAnyReadingsAsTheyWere) {
  Random random(1);
  Encoder encoder(500, signals);
  Decoder decoder(500);
  std::vector<Reading> decoded;
  std::vector<Thinned> thinned;
  std::vector<BatchText> texts;
  for (int round = 0; round < 2'000; ++round) {
    const std::vector<BatchText> given(random.below(most_texts + 1), BatchText("running"));
    std::vector<Reading> readings(random.below(501));
    for (Reading& r : readings) r = random_reading(random, given.size());
    GapList gaps;
    for (auto n = random.below(4); n > 0; --n)
      gaps.add({static_cast<Time>(random.next()), static_cast<Time>(random.next()), random.next(),
                static_cast<Reason>(random.below(reason_count)), some_signals(random)});
    const Coded coded = encode(encoder, readings, given, gaps);
    ASSERT_LE(coded.bytes.size(), encoded_max(readings.size()));

    BatchHeader header;
    const Result<> result = decoder.decode(coded.bytes, header, decoded, thinned, texts);
    ASSERT_TRUE(result.ok()) << result.error().text.view();
    ASSERT_EQ(decoded, readings);
    EXPECT_EQ(header.position, coded.header.position);
    ASSERT_TRUE(std::equal(gaps.begin(), gaps.end(), header.gaps.begin(), header.gaps.end()));
    if (!readings.empty()) {
      ASSERT_TRUE(texts == given);
    }
    BatchHeader again;
    ASSERT_TRUE(decode_header(coded.bytes, again).ok());
    EXPECT_EQ(again.rows, readings.size());
  }
}

TEST(Codec, KeepsTheWorstValuesWithinItsBound) {
  std::vector<Reading> readings;
  const double worst[] = {
      std::numeric_limits<double>::quiet_NaN(), -0.0,
      std::numeric_limits<double>::infinity(),  std::numeric_limits<double>::denorm_min(),
      -std::numeric_limits<double>::max(),      0.1 * 3};
  for (SignalId i = 0; i < 500; ++i) {
    const Time time = i % 2 == 0 ? INT64_MIN + i : INT64_MAX - i;
    const SignalId signal = (i * 577) % signals;
    Reading r = i % 3 == 0   ? float64_reading(signal, time, worst[i % std::size(worst)])
                : i % 3 == 1 ? int64_reading(signal, time, i % 2 == 0 ? INT64_MIN : INT64_MAX)
                             : uint64_reading(signal, time, UINT64_MAX - i);
    r.flags = static_cast<std::uint8_t>(i & ~unsigned{thinned});
    readings.push_back(r);
  }
  Encoder encoder(500, signals);
  Decoder decoder(500);
  const Coded coded = encode(encoder, readings);
  EXPECT_LE(coded.bytes.size(), encoded_max(500));
  BatchHeader header;
  std::vector<Reading> decoded;
  std::vector<Thinned> thinned;
  std::vector<BatchText> texts;
  ASSERT_TRUE(decoder.decode(coded.bytes, header, decoded, thinned, texts).ok());
  EXPECT_EQ(decoded, readings);
}

TEST(Codec, RefusesEveryBitFlipAndEveryTruncation) {
  Random random(2);
  Encoder encoder(50, signals);
  Decoder decoder(50);
  std::vector<Reading> readings(50);
  for (Reading& r : readings) r = random_reading(random, 0);
  Coded coded = encode(encoder, readings);
  BatchHeader header;
  std::vector<Thinned> thinned;
  std::vector<BatchText> texts;
  for (std::size_t bit = 0; bit < coded.bytes.size() * 8; ++bit) {
    coded.bytes[bit / 8] ^= std::byte{1} << bit % 8;
    EXPECT_FALSE(decoder.decode(coded.bytes, header, readings, thinned, texts).ok()) << bit;
    coded.bytes[bit / 8] ^= std::byte{1} << bit % 8;
  }
  for (std::size_t size = 0; size < coded.bytes.size(); ++size)
    EXPECT_FALSE(
        decoder.decode(std::span(coded.bytes).first(size), header, readings, thinned, texts).ok());
}

TEST(Codec, SurvivesAnyBytesWithAGoodChecksum) {
  Random random(3);
  Encoder encoder(200, signals);
  Decoder decoder(200);
  std::vector<Reading> decoded;
  std::vector<Thinned> thinned;
  std::vector<BatchText> texts;
  BatchHeader header;
  const std::vector<BatchText> given(3, BatchText("off"));
  for (int round = 0; round < 20'000; ++round) {
    std::vector<Reading> readings(1 + random.below(40));
    for (Reading& r : readings) r = random_reading(random, given.size());
    Coded coded = encode(encoder, readings, given);
    for (auto n = 1 + random.below(4); n > 0; --n)
      coded.bytes[5 + random.below(coded.bytes.size() - 5)] = static_cast<std::byte>(random.next());
    if (random.below(4) == 0) coded.bytes.resize(6 + random.below(coded.bytes.size() - 6));
    mend_checksum(coded.bytes);
    if (!decoder.decode(coded.bytes, header, decoded, thinned, texts).ok()) continue;
    EXPECT_EQ(decoded.size(), header.rows);
    for (const Reading& r : decoded)
      EXPECT_TRUE(r.kind != Kind::text || r.as_text() < texts.size());
  }
}

// --- thinned

struct ThinnedBatch {
  std::vector<Reading> readings;
  std::vector<Thinned> thinned;
};

/// A third stands for itself.
ThinnedBatch random_thinned(Random& random, std::size_t rows, std::size_t texts) {
  ThinnedBatch batch;
  for (std::size_t i = 0; i < rows; ++i) {
    Reading r = random_reading(random, texts);
    const bool integer = r.kind == Kind::int64 || r.kind == Kind::uint64;
    if (random.below(3) > 0 && !integer) {
      Thinned& one = batch.thinned.emplace_back();
      one.bits = r.bits;
      one.count = static_cast<std::uint32_t>(2 + random.below(1'000));
      if (r.kind == Kind::float64) {
        one.min = static_cast<double>(random.below(100)) * 0.1;
        one.max = random.below(9) == 0 ? random.unit() : one.min + 1;
      }
      r.flags |= thinned;
      r.bits = batch.thinned.size() - 1;
    }
    batch.readings.push_back(r);
  }
  return batch;
}

Coded encode(Encoder& encoder, const ThinnedBatch& batch, std::span<const BatchText> texts,
             std::size_t rows) {
  Coded coded;
  coded.header.position = coded.header.replaces_from = {7, 3, 41};
  coded.header.interval = minute;
  coded.bytes.resize(encoded_max(rows));
  coded.bytes.resize(
      encoder.encode(coded.header, batch.readings, batch.thinned, texts, coded.bytes));
  return coded;
}

TEST(Codec, ReturnsThinnedReadingsAsTheyWere) {
  Random random(5);
  Encoder encoder(500, signals);
  Decoder decoder(500);
  ThinnedBatch decoded;
  std::vector<BatchText> texts;
  for (int round = 0; round < 2'000; ++round) {
    const std::vector<BatchText> given(random.below(most_texts + 1), BatchText("running"));
    const ThinnedBatch batch =
        random_thinned(random, 1 + random.below(most_thinned(500)), given.size());
    const Coded coded = encode(encoder, batch, given, 500);
    ASSERT_LE(coded.bytes.size(), encoded_max(500));
    BatchHeader header;
    const Result<> result =
        decoder.decode(coded.bytes, header, decoded.readings, decoded.thinned, texts);
    ASSERT_TRUE(result.ok()) << result.error().text.view();
    ASSERT_EQ(decoded.readings, batch.readings);
    ASSERT_TRUE(decoded.thinned == batch.thinned);
    std::uint64_t readings = batch.readings.size() - batch.thinned.size();
    for (const Thinned& one : batch.thinned) readings += one.count;
    EXPECT_EQ(header.readings, readings);
    EXPECT_EQ(header.rows, batch.readings.size());
    EXPECT_EQ(header.interval, minute);
  }
}

TEST(Codec, SurvivesAnyThinnedBytesWithAGoodChecksum) {
  Random random(6);
  Encoder encoder(200, signals);
  Decoder decoder(200);
  ThinnedBatch decoded;
  std::vector<BatchText> texts;
  BatchHeader header;
  const std::vector<BatchText> given(3, BatchText("off"));
  for (int round = 0; round < 20'000; ++round) {
    const ThinnedBatch batch = random_thinned(random, 1 + random.below(16), given.size());
    Coded coded = encode(encoder, batch, given, 200);
    for (auto n = 1 + random.below(4); n > 0; --n)
      coded.bytes[5 + random.below(coded.bytes.size() - 5)] = static_cast<std::byte>(random.next());
    if (random.below(4) == 0) coded.bytes.resize(6 + random.below(coded.bytes.size() - 6));
    mend_checksum(coded.bytes);
    if (!decoder.decode(coded.bytes, header, decoded.readings, decoded.thinned, texts).ok())
      continue;
    for (const Reading& r : decoded.readings) {
      ASSERT_TRUE(!is_thinned(r) || r.bits < decoded.thinned.size());
      const std::uint64_t bits = is_thinned(r) ? decoded.thinned[r.bits].bits : r.bits;
      EXPECT_TRUE(r.kind != Kind::text || bits < texts.size());
    }
  }
}

// --- sizes, with temperatures of 0.1 resolution, counters and booleans

std::vector<Reading> polled(std::size_t rows, std::size_t count, double scale) {
  Random random(rows + count);
  std::vector<Reading> readings;
  std::vector<std::int64_t> values(count);
  for (auto& v : values) v = 200 + static_cast<std::int64_t>(random.below(600));
  for (int poll = 0; readings.size() < rows; ++poll) {
    for (std::size_t i = 0; i < count && readings.size() < rows; ++i) {
      // ten units that answer one after another, at times of the clock's own resolution
      const Time time = start + poll * 100 * millisecond +
                        static_cast<Time>(i * 10 / count) * 3'141'593 + poll * 1'733;
      const auto signal = static_cast<SignalId>(i);
      if (i % 10 < 6) {
        values[i] += static_cast<std::int64_t>(random.below(5)) - 2;
        readings.push_back(float64_reading(signal, time, static_cast<double>(values[i]) * scale));
      } else if (i % 10 < 8) {
        readings.push_back(uint64_reading(
            signal, time, 3'000'000u + i * 91'517 + static_cast<std::uint64_t>(poll)));
      } else {
        readings.push_back(boolean_reading(signal, time, random.below(10) == 0));
      }
    }
  }
  return readings;
}

double size_per_reading(std::size_t rows, std::size_t count, double scale) {
  Encoder encoder(rows, signals);
  Decoder decoder(rows);
  const std::vector<Reading> readings = polled(rows, count, scale);
  const Coded coded = encode(encoder, readings);
  const double size = static_cast<double>(coded.bytes.size()) / static_cast<double>(rows);

  using Watch = std::chrono::steady_clock;
  std::vector<std::byte> out(encoded_max(rows));
  std::vector<Reading> decoded;
  std::vector<Thinned> thinned;
  std::vector<BatchText> texts;
  BatchHeader header = coded.header;
  const int rounds = 200'000 / static_cast<int>(rows);
  const auto begin = Watch::now();
  for (int i = 0; i < rounds; ++i) encoder.encode(header, readings, {}, out);
  const auto middle = Watch::now();
  for (int i = 0; i < rounds; ++i)
    EXPECT_TRUE(decoder.decode(coded.bytes, header, decoded, thinned, texts).ok());
  const auto end = Watch::now();
  const double each = static_cast<double>(rounds) * static_cast<double>(rows);
  std::printf("%5zu rows of %4zu signals, scale %g: %.2f B, encode %.1f ns, decode %.1f ns each\n",
              rows, count, scale, size,
              std::chrono::duration<double, std::nano>(middle - begin).count() / each,
              std::chrono::duration<double, std::nano>(end - middle).count() / each);
  EXPECT_EQ(decoded, readings);
  return size;
}

TEST(Codec, IsSmall) {
  for (const double scale : {0.1, 0.01}) {
    EXPECT_LE(size_per_reading(1000, 100, scale), 4);
    EXPECT_LE(size_per_reading(1000, 1000, scale), 4);
    EXPECT_LE(size_per_reading(500, 100, scale), 5);
    EXPECT_LE(size_per_reading(100, 100, scale), 6);
  }
}

}  // namespace
}  // namespace fieldweir
