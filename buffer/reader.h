// Reader: the LogReader of one uplink, on that uplink's thread. Asks the tail first and the journal
// only for what is between. Owned by the Log.
#pragma once

#include "buffer/dead_letters.h"
#include "buffer/journal_reader.h"
#include "buffer/tail.h"
#include "core/worker.h"

namespace fieldweir {

class Reader final : public LogReader {
 public:
  struct Parts {
    Tail& tail;
    Journal& journal;
    const SignalTable& signals;  // of this run
    std::uint32_t epoch;         // of this run
    DeadLetters& dead_letters;
    Dating& dating;
    Doorbell& recorder;
  };
  Reader(const Parts& parts, std::size_t uplink, std::size_t rows)
      : parts_(parts), uplink_(uplink), decoder_(rows), journal_(parts.journal) {
    damaged_.reserve(most_ahead);
  }

  Cursor cursor(Lane lane) const override { return books().cursors[index(lane)]; }
  Ahead ahead(Lane lane) const override { return books().ahead[index(lane)]; }
  Position last(Lane lane) const override { return parts_.tail.last(lane); }
  Result<bool> next(Lane lane, Position after, DecodedBatch& out) override;
  void acknowledge(Lane lane, Cursor cursor, Outcome outcome) override;
  void go_live(Lane lane, Position after) override { parts_.tail.go_live(uplink_, lane, after); }
  void dead_letter(const DecodedBatch& part, std::string_view why) override;
  Usage usage() const override { return books().usage; }
  void use(Usage usage) override { parts_.tail.use(uplink_, usage); }

 private:
  struct Damaged {  // a batch that came out as a gap(corrupt) and is not yet acknowledged
    Lane lane;
    Position position;
    std::uint32_t rows;
  };

  static std::size_t index(Lane lane) { return static_cast<std::size_t>(lane); }
  UplinkBooks books() const { return parts_.tail.books(uplink_); }
  Result<bool> next_in_journal(Lane lane, Position after, Position before, DecodedBatch& out);
  Result<> decode(std::span<const std::byte> bytes, DecodedBatch& out);
  Result<> find_names(DecodedBatch& out);
  Result<> date(Position after, DecodedBatch& out);
  void mark_damaged(Lane lane, Position position, std::uint32_t rows, DecodedBatch& out);

  const Parts parts_;
  const std::size_t uplink_;
  Decoder decoder_;
  BatchHeader header_;
  JournalReader journal_;
  std::vector<Damaged> damaged_;
};

}  // namespace fieldweir
