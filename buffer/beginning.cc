#include "buffer/beginning.h"

#include <algorithm>

#include "buffer/salvage.h"
#include "core/log.h"

namespace fieldweir {
namespace {

void complain(const Error& why) {
  log(LogLevel::error, "journal", "%s; going on in memory", std::string(why.text.view()).c_str());
}

/// Takes over what can be read of a damaged one. On a full disk its numbers and cursors must be
/// known all the same: a run that began without them could not go on with it later.
Result<> open(Journal& journal, Beginning& begun) {
  const Result<> opened = journal.open();
  if (opened) return opened;
  if (opened.error().reason != Reason::corrupt) {
    complain(opened.error());
    begun.alone = true;
    return journal.open(Journal::Sharing::alone);
  }
  const std::string aside = journal.set_aside();
  log(LogLevel::error, "journal", "%s: %s; moved to %s", journal.place().path.c_str(),
      std::string(opened.error().text.view()).c_str(), aside.c_str());
  if (auto r = journal.open(); !r) return complain(r.error()), r;
  begun.lost_some = !salvage(aside, journal.place().vfs, journal);
  return {};
}

/// Cursors of uplinks that are not configured any more would keep batches for nobody.
Result<> forget_uplinks(Journal& journal, const std::vector<std::string>& uplinks) {
  const auto known = journal.uplinks();
  if (!known) return known.error();
  for (const std::string& name : known.value()) {
    if (std::find(uplinks.begin(), uplinks.end(), name) != uplinks.end()) continue;
    const auto value = journal.state("uplink/" + name);
    if (!value) return value.error();
    const std::uint64_t owed = read_books(value.value()).value_or(UplinkBooks{}).totals.queued;
    log(LogLevel::warning, "journal",
        "uplink '%s' is not run any more: %llu readings that it was owed are given up",
        name.c_str(), static_cast<unsigned long long>(owed));
    if (auto r = journal.remove_state("uplink/" + name); !r) return r;
  }
  return {};
}

Result<> store_run(Journal& journal, const LastRun& run, const std::vector<std::string>& uplinks) {
  if (auto r = journal.begin(); !r) return r;
  if (auto r = journal.put_run(run, {}); !r) return r;
  if (auto r = forget_uplinks(journal, uplinks); !r) return r;
  if (!journal.has_batches())
    if (auto r = journal.remove_unused(run.epoch); !r) return r;
  return journal.commit();
}

}  // namespace

// Where the epoch cannot be raised durably, a new stream keeps positions from ever repeating.
Beginning begin(Journal& journal, const std::vector<std::string>& uplinks, Random random) {
  Beginning begun;
  const auto new_stream = static_cast<std::uint32_t>(random.next());
  begun.run.stream = new_stream;
  if (!open(journal, begun)) return begun;
  const Result<LastRun> before = journal.last_run();
  if (!before) return complain(before.error()), journal.close(), begun;
  begun.before = before.value();
  begun.run.epoch = begun.before.epoch + 1;
  for (int i = 0; i < lane_count; ++i)
    if (const auto last = journal.last(static_cast<Lane>(i)); last)
      begun.run.epoch = std::max(begun.run.epoch, last.value().epoch + 1);
  if (begun.before.epoch > 0) begun.run.stream = begun.before.stream;
  const Result<> stored = store_run(journal, begun.run, uplinks);
  begun.stored = stored.ok();
  if (stored) return begun;
  if (!begun.alone) complain(stored.error());
  journal.roll_back();
  begun.run.stream = new_stream;
  return begun;
}

}  // namespace fieldweir
