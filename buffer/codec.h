// codec: a batch as bytes, the one form that tail, journal and salvage carry. Pure and free of
// allocation once constructed; any bytes decode to a batch or to an Error.
//
//   version | crc32 | header | gaps | texts | times | signals | attributes | values
//
// times       runs of equal time: length, difference to the run before, in ns, us or ms
// signals     a dictionary (id, form) in order of appearance, then runs of places in it
// attributes  runs of equal quality, reason and flags: nearly always one
// values      per dictionary entry, all in one form that holds them exactly: for float64 the
// decimal
//             n / 10^k or n x 10^-k, else 32 or 64 bits; integers as differences; booleans as bits.
//             An entry whose values are all equal stores one
//
// A thinned batch (thinning.h) has readings that stand for several: after the values, how many, and
// the least and greatest of them, per dictionary entry in forms of their own.
//
// Signal ids are those of the run that wrote the batch (its epoch); the journal keeps the names.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "buffer/gaps.h"
#include "buffer/position.h"
#include "core/fixed_text.h"
#include "core/reading.h"
#include "core/result.h"

namespace fieldweir {

class ByteReader;
class ByteWriter;

inline constexpr std::size_t most_rows = 10'000;  // of a batch
inline constexpr std::size_t most_texts = 64;     // different ones in a batch
using BatchText = FixedText<64>;

/// What a reading with the flag `thinned` stands for; its `bits` are the index of this.
struct Thinned {
  std::uint64_t bits = 0;   // numbers: the mean, a float64; text, boolean: the value of all of them
  double min = 0;           // only of numbers
  double max = 0;           //
  std::uint32_t count = 0;  // of readings
  friend bool operator==(const Thinned&, const Thinned&) = default;
};
/// Whether it has a least and a greatest.
inline bool has_range(const Reading& reading) {
  return is_thinned(reading) && reading.kind == Kind::float64;
}

/// A thinned batch has no more rows than this, so that it takes no more room, here and in messages,
/// than any batch of `rows` readings may.
constexpr std::size_t most_thinned(std::size_t rows) {
  return std::max<std::size_t>(rows * 2 / 5, 1);
}

struct BatchHeader {
  Lane lane = Lane::telemetry;
  Position position;
  Position replaces_from;  // equal to `position` unless the batch stands for dropped ones
  bool clock_synchronised = true;
  std::uint32_t rows = 0;
  std::uint64_t readings = 0;  // that the rows stand for: more than `rows` in a thinned batch
  Duration interval = 0;       // in which they were brought together; 0: not thinned
  Time from = 0;               // least and greatest time among the readings
  Time to = 0;
  GapList gaps;
};

/// The most bytes that `rows` readings with any times, ids and values, any gaps and `most_texts`
/// texts can take: what a slot of the tail is sized by.
constexpr std::size_t encoded_max(std::size_t rows) {
  constexpr std::size_t header = 96;
  constexpr std::size_t gap = 1 + 3 * 10 + 1 + GapSignals::capacity;
  constexpr std::size_t text = 1 + BatchText::capacity();
  constexpr std::size_t time = 2 + 10;
  constexpr std::size_t signal = 6 + 3 + 4;
  constexpr std::size_t attributes = 2 + 3;
  constexpr std::size_t value = 10;
  return header + GapList::most * gap + most_texts * text +
         rows * (time + signal + attributes + value);
}

/// Owned by whoever writes batches; one thread. Scratch for `rows` readings of `signals` signals.
class Encoder {
 public:
  Encoder(std::size_t rows, std::size_t signals);
  static std::size_t bytes_for(std::size_t rows, std::size_t signals);

  /// Text readings index `texts`. Fills the header's rows, from and to. `out` has at least
  /// encoded_max(readings.size()) bytes; returns how many were used.
  std::size_t encode(BatchHeader& header, std::span<const Reading> readings,
                     std::span<const BatchText> texts, std::span<std::byte> out);

  /// A thinned batch, whose header says its interval. Of so many rows as most_thinned() allows it
  /// takes no more than encoded_max() of a whole batch.
  std::size_t encode(BatchHeader& header, std::span<const Reading> readings,
                     std::span<const Thinned> thinned, std::span<const BatchText> texts,
                     std::span<std::byte> out);

 private:
  struct Entry {  // of the dictionary
    SignalId signal;
    Kind kind;
    std::uint8_t form;
    std::uint16_t values;  // readings that have one
    std::uint16_t end;     // of its part of `ordered_`
  };
  struct Known {  // per signal, between batches
    std::uint32_t batch = 0;
    std::uint16_t entry = 0;
    std::uint8_t form = 0;  // that held its values last time: tried first
  };

  void find_entries(std::span<const Reading> readings);
  template <class HasValue, class BitsOf>
  void sort_by_entry(std::span<const Reading> readings, HasValue has_value, BitsOf bits_of);
  void write_thinned(ByteWriter& writer, std::span<const Reading> readings,
                     std::span<const Thinned> thinned);
  std::uint16_t entry_of(const Reading& reading);
  void choose_forms();
  std::uint8_t choose_form(const Entry& entry, std::span<const std::uint64_t> bits);
  std::span<const std::uint64_t> values_of(const Entry& entry) const;

  std::vector<Known> known_;
  std::uint32_t batch_ = 0;
  std::vector<Entry> entries_;  // the first `entry_count_` are in use
  std::size_t entry_count_ = 0;
  std::vector<std::uint16_t> places_;   // entry of each reading
  std::vector<std::uint64_t> ordered_;  // values grouped by entry
};

/// A batch without readings, as it stands in place of dropped ones. encoded_max(0) bytes suffice.
std::size_t encode_gaps(const BatchHeader& header, std::span<std::byte> out);

/// Verifies the checksum and reads only the header.
Result<> decode_header(std::span<const std::byte> bytes, BatchHeader& header);

/// Which signals have readings in a batch: calls put(id) for each, more than once perhaps. False if
/// it is broken.
bool each_signal(std::span<const std::byte> bytes, const std::function<void(SignalId)>& put);

/// Owned by whoever reads batches; one thread. Sized for `rows`; grows once if an earlier run's
/// configuration allowed larger batches.
class Decoder {
 public:
  explicit Decoder(std::size_t rows);
  static std::size_t bytes_for(std::size_t rows);

  /// `thinned` stays empty unless the batch is.
  Result<> decode(std::span<const std::byte> bytes, BatchHeader& header,
                  std::vector<Reading>& readings, std::vector<Thinned>& thinned,
                  std::vector<BatchText>& texts);

 private:
  struct Entry {
    SignalId signal;
    std::uint8_t form;
    std::uint16_t begin;
    std::uint16_t end;
  };
  void read_readings(ByteReader& reader, std::size_t entries, std::vector<Reading>& readings,
                     std::size_t texts);
  void read_thinned(ByteReader& reader, std::size_t entries, std::vector<Reading>& readings,
                    std::vector<Thinned>& thinned);
  template <class HasValue>
  void sort_by_entry(std::size_t entries, std::span<const Reading> readings, HasValue has_value);
  template <class Put>
  void read_column(ByteReader& reader, const Entry& entry, std::size_t texts, Put put);

  std::vector<Entry> entries_;
  std::vector<std::uint16_t> places_;
  std::vector<std::uint16_t> ordered_;  // readings that have a value, grouped by entry
};

}  // namespace fieldweir
