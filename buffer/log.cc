#include "buffer/log.h"

#include <algorithm>
#include <filesystem>
#include <stdexcept>

#include "buffer/batcher.h"
#include "buffer/beginning.h"
#include "buffer/dating.h"
#include "buffer/lock_file.h"
#include "buffer/reader.h"
#include "buffer/recorder.h"

namespace fieldweir {
namespace {

Tail::Lanes lanes_of(const std::vector<std::string>& names) {
  Tail::Lanes lanes{};
  for (std::size_t i = 0; i < lane_count; ++i)
    lanes[i] =
        std::find(names.begin(), names.end(), to_string(static_cast<Lane>(i))) != names.end();
  return lanes;
}

Tail::Lanes always(const BufferSettings& buffer) {
  if (buffer.persist_after == 0) return {true, true};
  return lanes_of(buffer.durable);
}

std::size_t rows_of(const BatchSettings& batch) { return static_cast<std::size_t>(batch.rows); }

FieldTotals stored_field(Journal& journal) {
  if (!journal.is_open()) return {};
  const auto bytes = journal.state("field");
  return bytes ? read_field(bytes.value()).value_or(FieldTotals{}) : FieldTotals{};
}

}  // namespace

struct Log::Parts {
  Parts(const BatchSettings& batch, const BufferSettings& buffer,
        std::vector<std::string> uplink_names, const LogContext& context)
      : uplinks(std::move(uplink_names)),
        journal(
            {buffer.path, buffer.max_size, context.vfs, buffer.min_free_disk, context.free_bytes}),
        tail(tail_slots(batch), rows_of(batch), uplinks.size(), always(buffer), context.signals),
        dating(context.clock, uplinks) {
    if (buffer.thin) thinning.emplace(*buffer.thin, rows_of(batch), context.signals.size());
    take_lock(buffer.path);
    const Time now = context.clock.now();
    const Ages ages{now, dating.true_from_start()};
    const Beginning beginning = begin(journal, uplinks, context.random, ages);
    const RunRow& run = beginning.run;
    batcher =
        std::make_unique<Batcher>(batch, Batcher::Run{run.stream, run.epoch, run.synchronised},
                                  context.signals, context.texts, tail);
    resume(beginning, ages);
    if (beginning.alone) journal.close();  // the recorder tries again
    recorder = std::make_unique<Recorder>(
        Recorder::Parts{journal, tail, ledger, dead_letters, dating, context.signals, context.clock,
                        thinning ? &*thinning : nullptr},
        Recorder::Pace{buffer.persist_after, buffer.commit.every, lanes_of(buffer.durable),
                       buffer.max_age, buffer.when_full},
        uplinks, beginning.absent.away, Recorder::Run{run, beginning.stored, ages});
    batcher->ring_when_closed(recorder->doorbell());
    for (std::size_t i = 0; i < uplinks.size(); ++i)
      readers.push_back(
          std::make_unique<Reader>(Reader::Parts{tail, journal, context.signals, run.epoch,
                                                 dead_letters, dating, recorder->doorbell()},
                                   i, rows_of(batch)));
  }

  void take_lock(const std::string& path);
  void resume(const Beginning& beginning, const Ages& ages);

  std::vector<std::string> uplinks;
  LockFile lock;
  Journal journal;
  Tail tail;
  Ledger ledger{tail};
  DeadLetters dead_letters;
  Dating dating;
  std::optional<Thinning> thinning;
  std::unique_ptr<Batcher> batcher;
  std::unique_ptr<Recorder> recorder;
  std::vector<std::unique_ptr<Reader>> readers;
};

void Log::Parts::take_lock(const std::string& path) {
  std::error_code ignored;  // the journal will tell
  const auto folder = std::filesystem::path(path).parent_path();
  if (!folder.empty()) std::filesystem::create_directories(folder, ignored);
  const Result<> locked = lock.lock(path + ".lock");
  if (!locked && locked.error().reason == Reason::locked)
    throw std::runtime_error(std::string(locked.error().text.view()));
}

void Log::Parts::resume(const Beginning& beginning, const Ages& ages) {
  for (int i = 0; i < lane_count; ++i) {
    const auto lane = static_cast<Lane>(i);
    if (!journal.is_open()) continue;
    if (const auto last = journal.last(lane); last) tail.resume(lane, last.value());
  }
  for (std::size_t i = 0; i < uplinks.size(); ++i) tail.resume(i, beginning.books[i]);
  const FieldTotals field = stored_field(journal);
  ledger.resume(field);
  if (journal.is_open()) dating.resume(journal, beginning.books);
  // since when is only known where both clocks were right
  const Time now = ages.started;
  const Time since =
      now - std::max<Duration>(0, ages.of_earlier(field.at, beginning.before.synchronised, now));
  if (beginning.lost_some) batcher->lost(Reason::corrupt, since, now, Gap::unknown);
  if (!beginning.before.ended) batcher->lost(Reason::unclean_stop, since, now, Gap::unknown);
}

Log::Log(const BatchSettings& batch, const BufferSettings& buffer, std::vector<std::string> uplinks,
         const LogContext& context)
    : parts_(std::make_unique<Parts>(batch, buffer, std::move(uplinks), context)) {}

Log::~Log() = default;

std::size_t Log::tail_slots(const BatchSettings& batch) {
  return std::clamp<std::size_t>((2u << 20) / encoded_max(rows_of(batch)), 16, 128);
}

void Log::plan(const BatchSettings& batch, const BufferSettings& buffer, std::size_t uplinks,
               std::size_t signals, MemoryPlan& plan) {
  const std::size_t rows = rows_of(batch);
  plan.add("tail", tail_slots(batch), "batches", Tail::bytes_for(1, rows));
  plan.add("batcher", 1, "piece", Batcher::bytes_for(batch, signals));
  plan.add("dead letters under way", DeadLetters::most, "readings",
           sizeof(DeadLetters::Letter) + DeadLetters::payload_max);
  plan.add("log readers", uplinks, "uplinks", sizeof(Reader) + Decoder::bytes_for(rows));
  if (buffer.thin) plan.add("thinning", 1, "piece", Thinning::bytes_for(rows, signals));
  plan.add("SQLite", 1, "heap limit", sqlite_heap_limit);
}

Output& Log::output() { return *parts_->batcher; }
Worker& Log::recorder() { return *parts_->recorder; }
LogReader& Log::reader(std::size_t uplink) { return *parts_->readers[uplink]; }
Ledger& Log::ledger() { return parts_->ledger; }
const Ledger& Log::ledger() const { return parts_->ledger; }

void Log::ring_when_closed(Doorbell& doorbell) { parts_->batcher->ring_when_closed(doorbell); }

Result<> Log::stop(Time now) {
  parts_->batcher->flush(now);
  return parts_->recorder->finish(now);
}

LogStatus Log::status() const {
  LogStatus status;
  status.tail_slots = parts_->tail.size();
  status.tail_used = parts_->tail.used();
  status.at_risk = parts_->tail.at_risk();
  status.journal = parts_->recorder->status();
  const JournalTotals totals = parts_->recorder->totals();
  for (std::size_t i = 0; i < lane_count; ++i)
    status.lanes[i] = {parts_->tail.last(static_cast<Lane>(i)), totals[i].batches, totals[i].bytes};
  for (std::size_t i = 0; i < parts_->uplinks.size(); ++i) {
    const UplinkBooks books = parts_->tail.books(i);
    status.uplinks.push_back({parts_->uplinks[i], books.cursors, books.totals.queued});
  }
  for (const AbsentUplink& uplink : parts_->recorder->absent())
    status.absent.push_back({uplink.name, uplink.absence.since, uplink.books.totals.queued});
  return status;
}

UplinkTotals Log::uplink_totals(std::size_t uplink) const {
  return parts_->tail.books(uplink).totals;
}

}  // namespace fieldweir
