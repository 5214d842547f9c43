#include "buffer/settings.h"

#include "core/signal_table.h"

namespace fieldweir {
namespace {

using config::Fields;
using config::Mistakes;
using config::Node;
using config::optional;

bool read_lanes(const Node& node, std::vector<std::string>& out, Mistakes& mistakes) {
  if (!config::read_texts(node, out, mistakes)) return false;
  for (const std::string& lane : out) {
    if (lane == to_string(Lane::events) || lane == to_string(Lane::telemetry)) continue;
    mistakes.add(node.place, "'" + lane + "' is no lane; expected events or telemetry");
    return false;
  }
  return true;
}

const Fields<CommitSettings>& commit_fields() {
  static const Fields<CommitSettings> fields =
      Fields<CommitSettings>("buffer.commit")
          .duration("every", &CommitSettings::every, {0, hour}, optional,
                    "at most one commit in this time; longer is kinder to flash");
  return fields;
}

bool read_share(const Node& node, double& out, Mistakes& mistakes) {
  const auto wrong = [&] { return config::expected("a share from 1% to 99%", node, mistakes); };
  if (node.type != Node::Type::scalar || !node.scalar.ends_with('%')) return wrong();
  Node percent = node;
  percent.scalar.pop_back();
  std::int64_t value = 0;
  Mistakes ours;
  if (!config::read_integer(percent, {1, 99}, value, ours)) return wrong();
  out = static_cast<double>(value) / 100;
  return true;
}

const Fields<ThinSettings>& thin_fields() {
  static const Fields<ThinSettings> fields =
      Fields<ThinSettings>("buffer.thin")
          .custom("above", "share from 1% to 99%", &ThinSettings::above, read_share, optional,
                  "of max_size: when the journal holds more, its oldest telemetry is thinned")
          .duration("every", &ThinSettings::every, {second, hour}, optional,
                    "one reading per signal and such an interval stands for all of them; where "
                    "that is not enough, ten times as long, up to 1h");
  return fields;
}

}  // namespace

const Fields<BatchSettings>& batch_fields() {
  static const Fields<BatchSettings> fields =
      Fields<BatchSettings>("batch")
          .duration("every", &BatchSettings::every, {millisecond, hour}, optional,
                    "closes a batch that is this old")
          .integer("rows", &BatchSettings::rows, {1, 10'000}, optional,
                   "closes a batch that has so many readings")
          .size("bytes", &BatchSettings::bytes, {1024, 16u << 20}, optional,
                "closes a batch that would be so large as json");
  return fields;
}

const Fields<BufferSettings>& buffer_fields() {
  static const Fields<BufferSettings> fields =
      Fields<BufferSettings>("buffer")
          .text("path", &BufferSettings::path, optional, "the journal's file")
          .size("max_size", &BufferSettings::max_size, {1u << 20, 1ull << 40}, optional,
                "the most that the journal takes on disk, write-ahead log included")
          .duration("max_age", &BufferSettings::max_age, {hour, 3650 * day}, optional,
                    "what is older goes; so does what is kept for an uplink that is not run")
          .size("min_free_disk", &BufferSettings::min_free_disk, {0, 1ull << 40}, optional,
                "with less left on its disk the journal does not grow, as if it were full")
          .choice<WhenFull>(
              "when_full", &BufferSettings::when_full,
              {{"drop_oldest", WhenFull::drop_oldest}, {"drop_newest", WhenFull::drop_newest}},
              optional, "which batches go when it is full, lowest lane first")
          .duration("persist_after", &BufferSettings::persist_after, {0, hour}, optional,
                    "written to disk if not every uplink has acknowledged by then; 0 = always")
          .section("commit", &BufferSettings::commit, commit_fields(), optional,
                   "how batches are grouped into transactions")
          .custom("durable", "list of lanes", &BufferSettings::durable, read_lanes, optional,
                  "lanes that always go to disk, within 200 ms")
          .section("thin", &BufferSettings::thin, thin_fields(), optional,
                   "before anything is dropped: min, max, mean and count replace old telemetry");
  return fields;
}

Duration loss_window(const BatchSettings& batch, const BufferSettings& buffer) {
  return batch.every + buffer.persist_after + buffer.commit.every;
}

}  // namespace fieldweir
