#include "buffer/beginning.h"

#include <algorithm>
#include <cinttypes>

#include "buffer/opening_books.h"
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
  const Result<> opened =
      journal.mending() ? error(Reason::corrupt, "taking it over was interrupted") : journal.open();
  if (opened) return opened;
  if (opened.error().reason != Reason::corrupt) {
    complain(opened.error());
    begun.alone = true;
    return journal.open(Journal::Sharing::alone);
  }
  const std::string& aside = journal.set_aside();
  log(LogLevel::error, "journal", "%s: %s; moved to %s", journal.place().path.c_str(),
      std::string(opened.error().text.view()).c_str(), aside.c_str());
  if (auto r = journal.open(); !r) return complain(r.error()), r;
  begun.lost_some = !salvage(journal, {});
  return {};
}

Result<> store_run(Journal& journal, const Beginning& begun,
                   const std::vector<std::string>& uplinks) {
  if (auto r = journal.begin(); !r) return r;
  if (auto r = journal.put_run(begun.run, {}); !r) return r;
  for (const AbsentUplink& uplink : begun.absent.away)
    if (auto r = put_absent(journal, uplink); !r) return r;
  if (auto r = put_present(journal, uplinks); !r) return r;
  for (std::size_t i = 0; i < uplinks.size(); ++i)
    if (auto r = journal.put_state("uplink/" + uplinks[i], StateBytes::of(begun.books[i]).bytes());
        !r)
      return r;
  if (!journal.has_batches())
    if (auto r = journal.remove_unused(begun.run.epoch); !r) return r;
  if (auto r = journal.commit(); !r) return r;
  // a card may lose what shares a page with a later commit: not this, or the run's numbers would
  // be given once more
  journal.checkpoint();
  return {};
}

/// Behind all that the journal knows.
Result<> number(Journal& journal, Beginning& begun) {
  const Result<RunRow> before = journal.last_run();
  if (!before) return before.error();
  begun.before = before.value();
  begun.run.epoch = begun.before.epoch + 1;
  for (int i = 0; i < lane_count; ++i)
    if (const auto last = journal.last(static_cast<Lane>(i)); last)
      begun.run.epoch = std::max(begun.run.epoch, last.value().epoch + 1);
  if (begun.before.epoch > 0) begun.run.stream = begun.before.stream;
  return {};
}

void tell(const FoundAbsent& absent) {
  for (const AbsentUplink& uplink : absent.away)
    log(LogLevel::warning, "journal",
        "uplink '%s' is not run: %" PRIu64 " readings that it is owed are kept",
        uplink.name.c_str(), uplink.books.totals.queued);
  for (const AbsentUplink& uplink : absent.returned)
    log(LogLevel::info, "journal", "uplink '%s' is back: it goes on where it was",
        uplink.name.c_str());
}

// Where the epoch cannot be raised durably, a new stream keeps positions from ever repeating.
Beginning begin_with(Journal& journal, const std::vector<std::string>& uplinks, Random random,
                     const Ages& ages) {
  Beginning begun;
  const auto new_stream = static_cast<std::uint32_t>(random.next());
  begun.run.stream = new_stream;
  begun.run.synchronised = ages.synchronised;
  begun.books.assign(uplinks.size(), new_books({begun.run, false}));
  if (!open(journal, begun)) return begun;
  if (const Result<> known = number(journal, begun); !known)
    return complain(known.error()), journal.close(), begun;
  const Result<FoundAbsent> absent = find_absent(journal, uplinks, ages.started, ages);
  if (!absent) return complain(absent.error()), journal.close(), begun;
  begun.absent = absent.value();
  tell(begun.absent);
  const auto open_books = [&] {
    begun.books =
        opening_books(journal, uplinks, begun.absent.returned, {begun.run, begun.lost_some});
  };
  open_books();
  const Result<> stored = store_run(journal, begun, uplinks);
  begun.stored = stored.ok();
  if (stored) return begun;
  if (!begun.alone) complain(stored.error());
  journal.roll_back();
  begun.run.stream = new_stream;
  open_books();
  return begun;
}

}  // namespace

// What was taken over is so once the counts of what was not are on disk, or nobody can put them
// there.
Beginning begin(Journal& journal, const std::vector<std::string>& uplinks, Random random,
                const Ages& ages) {
  Beginning begun = begin_with(journal, uplinks, random, ages);
  if (journal.mending()) journal.keep_aside();
  return begun;
}

}  // namespace fieldweir
