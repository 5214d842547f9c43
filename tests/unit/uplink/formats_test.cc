// What holds for every format. tests/integration/formats.py reads the golden files with other
// people's programs.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "tests/unit/uplink/format_batches.h"
#include "uplink/formats/senml.h"

namespace fieldweir {
namespace {

class FormatTest : public testing::TestWithParam<Format> {};

/// To make them anew: FIELDWEIR_WRITE_GOLDEN=1 unit_uplink --gtest_filter='*IsAsInTheGoldenFiles*'
TEST_P(FormatTest, IsAsInTheGoldenFiles) {
  for (const Golden& golden : all_golden()) {
    const std::string path = GOLDEN "/" + golden.name + "." + std::string(GetParam().name);
    const std::string now = written(GetParam(), golden.batch, golden.envelope);
    if (std::getenv("FIELDWEIR_WRITE_GOLDEN")) std::ofstream(path) << now;
    std::ifstream file(path);
    EXPECT_EQ(now, std::string(std::istreambuf_iterator<char>(file), {})) << path;
  }
}

TEST_P(FormatTest, EqualBatchesGiveEqualBytes) {
  for (const Golden& golden : all_golden())
    EXPECT_EQ(written(GetParam(), golden.batch, golden.envelope),
              written(GetParam(), golden.batch, golden.envelope));
}

DecodedBatch worst_batch(const Signals& signals, const std::string& text) {
  DecodedBatch batch = signals.batch({UINT32_MAX, UINT32_MAX, UINT64_MAX});
  batch.texts = {std::string_view(text)};
  batch.replaces_from = {UINT32_MAX, UINT32_MAX, UINT64_MAX - 1};
  batch.clock_synchronised = false;
  Reading reading = text_reading(0, INT64_MIN, 0);
  reading.quality = Quality::uncertain;
  reading.reason = Reason::device_exception;
  batch.readings.assign(100, reading);
  for (std::size_t i = 1; i < 100; i += 2) batch.readings[i].time = INT64_MAX;
  batch.gaps.assign(16, {INT64_MIN, INT64_MIN, UINT64_MAX - 1, Reason::device_exception});
  for (Gap& gap : batch.gaps) gap.signals.add(std::string(GapSignals::capacity - 1, text[0]));
  return batch;
}

TEST_P(FormatTest, TheWorstBatchFitsIntoItsBound) {
  for (const char each : {'\x01', '\xFF', '"', ','}) {
    const std::string worst(64, each);
    const Signals signals{worst};
    const std::string gateway(200, '\x01');
    const Envelope envelope{
        gateway, {UINT32_MAX, UINT32_MAX, UINT64_MAX - 1}, true, {UINT32_MAX, UINT32_MAX}};
    EXPECT_FALSE(written(GetParam(), worst_batch(signals, worst), envelope).empty());
  }
}

TEST_P(FormatTest, TheWorstThinnedBatchFitsWhereABatchDoes) {
  for (const std::size_t rows : {1, 2, 100}) {
    const std::string worst(64, '\x01');
    const Signals signals{worst};
    DecodedBatch batch = worst_batch(signals, worst);
    batch.interval = hour;
    batch.readings.resize(most_thinned(rows));
    for (Reading& reading : batch.readings) {
      if (reading.time < 0) reading = float64_reading(0, INT64_MIN, 0);
      reading.quality = Quality::uncertain;
      reading.reason = Reason::device_exception;
      reading.flags = thinned;
      const double least = std::numeric_limits<double>::lowest();
      batch.thinned.push_back({reading.kind == Kind::text ? 0 : std::bit_cast<std::uint64_t>(least),
                               least, least, UINT32_MAX});
      reading.bits = batch.thinned.size() - 1;
    }
    const Envelope envelope{"g", {UINT32_MAX, UINT32_MAX, UINT64_MAX - 1}, true, {}};
    std::vector<char> out(GetParam().size_max(rows, batch.gaps.size(), envelope.gateway));
    EXPECT_GT(GetParam().write(batch, envelope, out), 0u) << rows;
  }
}

TEST_P(FormatTest, GapsAloneAreAMessage) {
  const Signals signals{"d.f"};
  DecodedBatch batch = signals.batch(here);
  batch.gaps = {{0, second, 1, Reason::quota}};
  EXPECT_NE(written(GetParam(), batch, {.gateway = "g"}).find("quota"), std::string::npos);
}

TEST_P(FormatTest, WritesNothingBeyondItsBuffer) {
  const Signals signals{"d.f", "d.t"};
  DecodedBatch batch = signals.batch(here, {});
  batch.texts = {std::string_view(std::string(64, '\x01'))};
  for (int i = 0; i < 20; ++i)
    batch.readings.push_back(i % 2 ? float64_reading(0, t, 0.1 * i) : text_reading(1, t, 0));
  const std::string whole = written(GetParam(), batch, {.gateway = "g"});
  for (std::size_t room = 0; room < whole.size() + 2000; room += 7) {
    std::vector<char> out(room + 64, '#');
    const std::size_t size = GetParam().write(batch, {.gateway = "g"}, std::span(out).first(room));
    EXPECT_TRUE(size == 0 || size == whole.size());
    EXPECT_EQ(std::count(out.begin() + static_cast<std::ptrdiff_t>(room), out.end(), '#'), 64);
  }
}

INSTANTIATE_TEST_SUITE_P(All, FormatTest, testing::ValuesIn(formats()),
                         [](const auto& each) { return std::string(each.param.name); });

TEST(Senml, KnowsTheRegisteredUnits) {
  EXPECT_EQ(senml_unit("°C"), "Cel");
  EXPECT_EQ(senml_unit("Pa"), "Pa");
  EXPECT_EQ(senml_unit("C"), "");  // coulomb there, degrees here
  EXPECT_EQ(senml_unit("furlong"), "");
  EXPECT_EQ(senml_unit(""), "");
}

}  // namespace
}  // namespace fieldweir
