#include "buffer/dating.h"

#include <algorithm>
#include <cinttypes>

#include "buffer/bytes.h"
#include "buffer/names.h"
#include "core/log.h"

namespace fieldweir {
namespace {

constexpr unsigned is_known = 1;    // when the machine booted
constexpr unsigned has_ranges = 2;  // how many stands before them

std::int64_t hash(const std::string& name) {
  return names_hash(std::as_bytes(std::span(name.data(), name.size())));
}

void write(std::vector<std::byte>& out, const Position& position) {
  std::byte bytes[24];
  ByteWriter writer(bytes);
  writer.fixed(position.epoch, 4);
  writer.varint(position.seq);
  out.insert(out.end(), bytes, writer.at());
}

Position read_position(ByteReader& reader) {
  Position position;
  position.epoch = static_cast<std::uint32_t>(reader.fixed(4));
  position.seq = reader.varint();
  return position;
}

/// An earlier form had one range, with its first position.
GivenRange read_range(ByteReader& reader, bool earlier_form) {
  GivenRange range;
  range.after = read_position(reader);
  range.last = read_position(reader);
  if (earlier_form && range.after.seq > 0) --range.after.seq;
  return range;
}

/// What an earlier run may have given: the batches behind each place where the uplink reads.
Result<> resume_lane(Journal& journal, Lane lane, const UplinkBooks& books, Given& given) {
  const auto newest = journal.last(lane);
  if (!newest) return newest.error();
  const Ahead& ahead = books.ahead[static_cast<std::size_t>(lane)];
  for (std::size_t n = 0; n <= ahead.size(); ++n) {
    const Position after = n == 0 ? books.cursors[static_cast<std::size_t>(lane)].acknowledged
                                  : ahead.ranges()[n - 1].cursor.acknowledged;
    const auto row = journal.row_after(lane, row_id(lane, after), most_ahead - 1);
    if (!row) return row.error();
    Position last = row.value().id > 0 ? position_of(row.value().id, 0) : newest.value();
    if (n < ahead.size()) last = std::min(last, ahead.ranges()[n].after);
    if (after < last) given.add({after, last});
  }
  return {};
}

}  // namespace

std::string clock_row(std::uint32_t epoch) { return "clock/" + std::to_string(epoch); }

std::vector<std::byte> encode_clock(const RunClock& clock) {
  std::vector<std::byte> out(25);
  ByteWriter writer(out.data());
  writer.fixed(clock.boot.id, 8);
  writer.fixed(static_cast<std::uint64_t>(clock.boot.at), 8);
  writer.u8((clock.booted ? is_known : 0u) | has_ranges);
  writer.fixed(static_cast<std::uint64_t>(clock.booted.value_or(0)), 8);
  for (const GivenToUplink& given : clock.given) {
    std::byte key[8];
    ByteWriter(key).fixed(static_cast<std::uint64_t>(given.uplink), sizeof key);
    out.insert(out.end(), key, key + sizeof key);
    for (const Given& lane : given.lanes) {
      out.push_back(static_cast<std::byte>(lane.ranges().size()));
      for (const GivenRange& range : lane.ranges()) {
        write(out, range.after);
        write(out, range.last);
      }
    }
  }
  return out;
}

std::optional<RunClock> decode_clock(std::span<const std::byte> bytes) {
  ByteReader reader(bytes);
  RunClock clock;
  clock.boot.id = reader.fixed(8);
  clock.boot.at = static_cast<Time>(reader.fixed(8));
  const unsigned flags = reader.u8();
  const auto booted = static_cast<Time>(reader.fixed(8));
  if ((flags & is_known) != 0) clock.booted = booted;
  const bool earlier_form = (flags & has_ranges) == 0;
  while (reader.good() && !reader.at_end()) {
    GivenToUplink& given = clock.given.emplace_back();
    given.uplink = static_cast<std::int64_t>(reader.fixed(8));
    for (Given& lane : given.lanes)
      for (std::size_t n = earlier_form ? 1 : reader.varint_to(Given::most); n > 0; --n)
        lane.add(read_range(reader, earlier_form));
  }
  if (!reader.good()) return std::nullopt;
  return clock;
}

bool Dating::is_true(const Clock& clock) {
  const Duration off = clock.wall() - clock.now();
  return clock.synchronised() && off < close_enough && off > -close_enough;
}

Dating::Dating(const Clock& clock, const std::vector<std::string>& uplinks)
    : true_from_start_(is_true(clock)), run_{clock.boot(), std::nullopt, {}} {
  for (const std::string& uplink : uplinks) run_.given.push_back({hash(uplink), {}});
  if (true_from_start_) run_.booted = run_.boot.at;
}

void Dating::resume(Journal& journal, std::span<const UplinkBooks> books) {
  const auto rows = journal.states("clock/");
  const bool same_boot = rows && std::ranges::any_of(rows.value(), [&](const std::string& name) {
                           const auto bytes = journal.state(name);
                           const auto earlier = bytes ? decode_clock(bytes.value()) : std::nullopt;
                           return earlier && !earlier->booted && earlier->boot.id == run_.boot.id;
                         });
  if (!same_boot) return;
  of_this_boot_ = true;
  for (std::size_t i = 0; i < books.size(); ++i)
    for (std::size_t l = 0; l < lane_count; ++l)
      static_cast<void>(  // a disk that fails here is told by the recorder
          resume_lane(journal, static_cast<Lane>(l), books[i], run_.given[i].lanes[l]));
}

std::optional<Duration> Dating::correction(std::size_t uplink, const FoundBatch& found) {
  return correction(uplink, found, run_.boot);
}

std::optional<Duration> Dating::correction(std::size_t uplink, const FoundBatch& found,
                                           const RunClock& earlier) {
  if (!earlier.booted) {
    if (earlier.boot.id == 0 || earlier.boot.id != run_.boot.id) return std::nullopt;
    return correction(uplink, found, earlier.boot);
  }
  for (const GivenToUplink& given : earlier.given)
    if (given.uplink == run_.given[uplink].uplink &&
        given.lanes[static_cast<std::size_t>(found.lane)].has(found.position))
      return std::nullopt;
  return *earlier.booted - earlier.boot.at;
}

std::optional<Duration> Dating::correction(std::size_t uplink, const FoundBatch& found,
                                           Clock::Boot boot) {
  const std::scoped_lock lock(mutex_);
  Given& given = run_.given[uplink].lanes[static_cast<std::size_t>(found.lane)];
  if (!run_.booted) given.add({found.after, found.position});
  if (!run_.booted || given.has(found.position)) return std::nullopt;
  return *run_.booted - boot.at;
}

bool Dating::waits() const {
  const std::scoped_lock lock(mutex_);
  return !true_from_start_ && !run_.booted;
}

bool Dating::date(const Clock& clock) {
  if (!waits() || !clock.synchronised()) return false;
  const Duration off = clock.wall() - clock.now();
  log(LogLevel::info, "clock",
      "synchronised: the times of this run were off by %" PRId64 " ms and are corrected",
      off / millisecond);
  const std::scoped_lock lock(mutex_);
  run_.booted = run_.boot.at + off;
  return true;
}

Result<> Dating::store(Journal& journal, std::uint32_t epoch) const {
  RunClock run;
  {
    const std::scoped_lock lock(mutex_);
    run = run_;
  }
  if (!true_from_start_)
    if (auto r = journal.put_state(clock_row(epoch), encode_clock(run)); !r) return r;
  if (!run.booted || run.boot.id == 0) return {};
  const auto rows = journal.states("clock/");
  if (!rows) return rows.error();
  for (const std::string& name : rows.value()) {
    const auto bytes = journal.state(name);
    if (!bytes) return bytes.error();
    auto earlier = decode_clock(bytes.value());
    if (!earlier || earlier->booted || earlier->boot.id != run.boot.id) continue;
    earlier->booted = run.booted;
    earlier->given = run.given;
    if (auto r = journal.put_state(name, encode_clock(*earlier)); !r) return r;
  }
  return {};
}

}  // namespace fieldweir
