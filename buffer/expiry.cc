#include "buffer/expiry.h"

#include <algorithm>

namespace fieldweir {

Result<bool> Expiry::expire(Journal& journal, Tail& tail, const Owed& owed, Time now,
                            Drops& drops) {
  std::size_t rows = 0;
  std::uint64_t freed = 0;
  for (const Lane lane : {Lane::events, Lane::telemetry}) {
    const auto stretches = unseen(journal, tail, lane, owed);
    if (!stretches) return stretches.error();
    for (const Stretch& stretch : stretches.value()) {
      const auto range = oldest(journal, lane, stretch, now, rows);
      if (!range) return range.error();
      if (range.value().first == 0) continue;
      const auto gone = drop(journal, tail, lane, range.value(), Reason::expired, owed, drops);
      if (!gone) return gone.error();
      freed += gone.value();
    }
  }
  return rows >= most_rows && freed > 0;
}

/// Up to the first batch that is not too old. Marks before it join it; marks alone stay, unless
/// nothing else is in sight.
Result<Range> Expiry::oldest(Journal& journal, Lane lane, const Stretch& stretch, Time now,
                             std::size_t& rows) {
  Range range{0, 0, stretch.seen};
  RowId at = stretch.start;
  RowId first = 0;
  for (; rows < most_rows; ++rows) {
    const auto row = journal.row_after(lane, at);
    if (!row) return row.error();
    at = row.value().id;
    if (at == 0 || at > stretch.end) break;
    if (first == 0) first = at;
    if (row.value().rows == 0) continue;
    const auto payload = journal.payload(at);
    if (!payload) return payload.error();
    BatchHeader header;
    // what cannot be read is a gap already for whoever reads it
    if (decode_header(payload.value(), header)) {
      const auto age = age_of(journal, header, now);
      if (!age) return age.error();
      if (!too_old(age.value())) break;
    }
    range.first = first;
    range.last = at;
  }
  if (rows >= most_rows && range.first == 0 && first != 0) return Range{first, at, stretch.seen};
  return range;
}

/// Looks behind the runs that were dated ahead, as many as there are.
Result<Duration> Expiry::age_of(Journal& journal, BatchHeader header, Time now) {
  while (header.to > now && header.position.epoch < epoch_) {
    const Position run{header.position.stream, header.position.epoch + 1, 0};
    const auto row = journal.row_after(header.lane, row_id(header.lane, run));
    if (!row) return row.error();
    if (row.value().rows == 0) break;
    const auto payload = journal.payload(row.value().id);
    if (!payload) return payload.error();
    if (!decode_header(payload.value(), header)) break;
  }
  // what a source dated long ago did not wait here longer than this run
  if (header.position.epoch == epoch_) return std::min(now - header.to, now - ages_.started);
  if (run_.epoch != header.position.epoch) {
    const auto run = journal.run(header.position.epoch);
    if (!run) return run.error();
    run_ = run.value();
  }
  return ages_.of_earlier(header.to, run_.synchronised, now);
}

}  // namespace fieldweir
