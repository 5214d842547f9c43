#include <algorithm>

#include "buffer/batch_header.h"
#include "buffer/forms.h"

namespace fieldweir {
namespace {

constexpr Duration units[] = {1, microsecond, millisecond};

template <class Put>
void read_ascending(ByteReader& reader, std::size_t count, std::uint64_t limit, Put put) {
  std::uint64_t expected = 0;
  for (std::size_t i = 0; i < count && reader.good();) {
    const std::uint64_t coded = reader.varint();
    const std::uint64_t start = expected + unzigzag(coded >> 1);
    const std::uint64_t length = (coded & 1) != 0 ? reader.varint_to(count) + 2 : 1;
    if (length > count - i || start >= limit || length > limit - start) {
      reader.fail();
      return;
    }
    for (std::uint64_t j = 0; j < length; ++j) put(i++, start + j);
    expected = start + length;
  }
}

/// Calls put(begin, end) per run; put reads the thing itself.
template <class Put>
void read_runs(ByteReader& reader, std::size_t count, Put put) {
  for (std::size_t i = 0; i < count && reader.good();) {
    const std::size_t length = reader.varint_to(count - i);
    if (length == 0) {
      reader.fail();
      return;
    }
    put(i, i + length);
    i += length;
  }
}

void read_texts(ByteReader& reader, std::vector<BatchText>& texts) {
  texts.clear();
  for (std::size_t n = reader.varint_to(most_texts); n > 0 && reader.good(); --n) {
    const std::size_t size = reader.u8();
    if (size > BatchText::capacity()) {
      reader.fail();
      return;
    }
    texts.emplace_back(reader.text(size));
  }
}

void read_times(ByteReader& reader, std::vector<Reading>& readings, Time from) {
  const std::uint8_t unit = reader.u8();
  if (unit >= std::size(units)) {
    reader.fail();
    return;
  }
  auto time = static_cast<std::uint64_t>(from);
  read_runs(reader, readings.size(), [&](std::size_t begin, std::size_t end) {
    time += unzigzag(reader.varint()) * static_cast<std::uint64_t>(units[unit]);
    for (std::size_t i = begin; i < end; ++i) readings[i].time = static_cast<Time>(time);
  });
}

void read_attributes(ByteReader& reader, std::vector<Reading>& readings) {
  read_runs(reader, readings.size(), [&](std::size_t begin, std::size_t end) {
    const std::uint8_t quality = reader.u8();
    const std::uint8_t reason = reader.u8();
    const std::uint8_t flags = reader.u8();
    if (quality >> 1 > static_cast<unsigned>(Quality::bad) || reason >= reason_count) {
      reader.fail();
      return;
    }
    for (std::size_t i = begin; i < end; ++i) {
      Reading& r = readings[i];
      r.quality = static_cast<Quality>(quality >> 1);
      r.reason = static_cast<Reason>(reason);
      r.flags = flags;
      // stands for "has a value" until its entry says which kind
      r.kind = (quality & 1) != 0 ? Kind::boolean : Kind::none;
    }
  });
}

/// The values of one dictionary entry; `put` takes them one by one.
template <class Put>
void read_values(ByteReader& reader, std::uint8_t form, std::size_t count, std::size_t texts,
                 Put put) {
  const auto differences = [&](Kind kind, auto to_bits) {
    std::uint64_t n = 0;
    for (std::size_t i = 0; i < count; ++i) put(kind, to_bits(n += unzigzag(reader.varint())));
  };
  switch (form) {
    case form::all_false:
    case form::all_true:
      for (std::size_t i = 0; i < count; ++i) put(Kind::boolean, form == form::all_true ? 1 : 0);
      return;
    case form::bits:
      for (std::size_t i = 0; i < count;)
        for (unsigned packed = reader.u8(), bit = 0; bit < 8 && i < count; ++bit, ++i)
          put(Kind::boolean, packed >> bit & 1);
      return;
    case form::text:
      for (std::size_t i = 0; i < count; ++i) {
        const std::uint8_t text = reader.u8();
        if (text >= texts) reader.fail();
        put(Kind::text, text);
      }
      return;
    case form::float64:
      for (std::size_t i = 0; i < count; ++i) put(Kind::float64, reader.fixed(8));
      return;
    case form::int64:
      return differences(Kind::int64, [](std::uint64_t n) { return n; });
    case form::uint64:
      return differences(Kind::uint64, [](std::uint64_t n) { return n; });
    case form::float32:
      return differences(Kind::float64, [](std::uint64_t n) {
        return std::bit_cast<std::uint64_t>(
            static_cast<double>(std::bit_cast<float>(static_cast<std::uint32_t>(n))));
      });
    default:
      if (!form::is_decimal(form)) {
        reader.fail();
        return;
      }
      return differences(Kind::float64, [form](std::uint64_t n) {
        return std::bit_cast<std::uint64_t>(form::from_decimal(form, static_cast<std::int64_t>(n)));
      });
  }
}

}  // namespace

bool each_signal(std::span<const std::byte> bytes, const std::function<void(SignalId)>& put) {
  BatchHeader header;
  ByteReader reader(bytes.subspan(std::min(checked_from, bytes.size())));
  if (!verify(bytes) || !read_header(reader, header)) return false;
  if (header.rows == 0) return true;
  for (std::size_t n = reader.varint_to(most_texts); n > 0; --n) reader.text(reader.u8());
  reader.u8();  // unit of times
  read_runs(reader, header.rows, [&](std::size_t, std::size_t) { reader.varint(); });
  const std::size_t entries = reader.varint_to(header.rows);
  read_ascending(reader, entries, std::uint64_t{UINT32_MAX} + 1,
                 [&](std::size_t, auto signal) { put(static_cast<SignalId>(signal)); });
  return reader.good();
}

Decoder::Decoder(std::size_t rows) : entries_(rows), places_(rows), ordered_(rows) {}

std::size_t Decoder::bytes_for(std::size_t rows) {
  return rows * (sizeof(Entry) + 2 * sizeof(std::uint16_t));
}

Result<> Decoder::decode(std::span<const std::byte> bytes, BatchHeader& header,
                         std::vector<Reading>& readings, std::vector<Thinned>& thinned,
                         std::vector<BatchText>& texts) {
  readings.clear();
  thinned.clear();
  texts.clear();
  if (const Result<> verified = verify(bytes); !verified) return verified;
  const Error broken = error(Reason::corrupt, "batch with a good checksum and broken contents");
  ByteReader reader(bytes.subspan(checked_from));
  if (!read_header(reader, header)) return broken;
  if (header.rows == 0) return reader.at_end() ? Result<>() : broken;
  if (header.rows > places_.size()) *this = Decoder(header.rows);

  readings.resize(header.rows);
  read_texts(reader, texts);
  read_times(reader, readings, header.from);
  const std::size_t entries = reader.varint_to(header.rows);
  read_ascending(reader, entries, std::uint64_t{UINT32_MAX} + 1, [&](std::size_t i, auto signal) {
    entries_[i] = {static_cast<SignalId>(signal), form::nothing, 0, 0};
  });
  read_runs(reader, entries, [&](std::size_t begin, std::size_t end) {
    const std::uint8_t form = reader.u8();
    for (std::size_t i = begin; i < end; ++i) entries_[i].form = form;
  });
  read_ascending(reader, header.rows, entries, [&](std::size_t i, auto place) {
    places_[i] = static_cast<std::uint16_t>(place);
  });
  read_attributes(reader, readings);
  if (reader.good()) read_readings(reader, entries, readings, texts.size());
  if (header.interval == 0 && std::any_of(readings.begin(), readings.end(), is_thinned))
    reader.fail();
  if (reader.good() && header.interval > 0) read_thinned(reader, entries, readings, thinned);
  if (reader.good() && reader.at_end()) return {};
  readings.clear();
  thinned.clear();
  return broken;
}

void Decoder::read_readings(ByteReader& reader, std::size_t entries, std::vector<Reading>& readings,
                            std::size_t texts) {
  for (std::size_t i = 0; i < readings.size(); ++i)
    readings[i].signal = entries_[places_[i]].signal;
  sort_by_entry(entries, readings, [](const Reading& r) { return r.kind != Kind::none; });
  for (std::size_t i = 0; i < entries && reader.good(); ++i)
    read_column(reader, entries_[i], texts, [&](std::size_t row, Kind kind, std::uint64_t bits) {
      readings[row].kind = kind;
      readings[row].bits = bits;
    });
}

void Decoder::read_thinned(ByteReader& reader, std::size_t entries, std::vector<Reading>& readings,
                           std::vector<Thinned>& thinned) {
  for (Reading& r : readings) {
    if (!is_thinned(r)) continue;
    thinned.push_back({.bits = r.bits});
    r.bits = thinned.size() - 1;
  }
  read_runs(reader, thinned.size(), [&](std::size_t begin, std::size_t end) {
    const auto count = static_cast<std::uint32_t>(reader.varint_to(UINT32_MAX));
    for (std::size_t i = begin; i < end; ++i) thinned[i].count = count;
  });
  sort_by_entry(entries, readings, has_range);
  for (double Thinned::*const end : {&Thinned::min, &Thinned::max})
    for (std::size_t i = 0; i < entries && reader.good(); ++i) {
      if (entries_[i].begin == entries_[i].end) continue;
      entries_[i].form = reader.u8();
      read_column(reader, entries_[i], 0, [&](std::size_t row, Kind kind, std::uint64_t bits) {
        if (kind != Kind::float64) reader.fail();
        thinned[readings[row].bits].*end = std::bit_cast<double>(bits);
      });
    }
}

template <class HasValue>
void Decoder::sort_by_entry(std::size_t entries, std::span<const Reading> readings,
                            HasValue has_value) {
  for (std::size_t i = 0; i < entries; ++i) entries_[i].end = 0;
  for (std::size_t i = 0; i < readings.size(); ++i)
    if (has_value(readings[i])) ++entries_[places_[i]].end;
  std::uint16_t begin = 0;
  for (std::size_t i = 0; i < entries; ++i) {
    const std::uint16_t values = entries_[i].end;
    entries_[i].begin = entries_[i].end = begin;
    begin = static_cast<std::uint16_t>(begin + values);
  }
  for (std::size_t i = 0; i < readings.size(); ++i)
    if (has_value(readings[i]))
      ordered_[entries_[places_[i]].end++] = static_cast<std::uint16_t>(i);
}

/// The values of one entry: put(row, kind, bits).
template <class Put>
void Decoder::read_column(ByteReader& reader, const Entry& entry, std::size_t texts, Put put) {
  if (entry.begin == entry.end) return;
  const bool equal = (entry.form & form::equal) != 0;
  const auto form = static_cast<std::uint8_t>(entry.form & ~form::equal);
  std::uint16_t next = entry.begin;
  const std::uint16_t stored = equal ? entry.begin + 1 : entry.end;
  read_values(reader, form, stored - entry.begin, texts, [&](Kind kind, std::uint64_t bits) {
    // an equal form's one value goes to all
    const std::uint16_t end = equal ? entry.end : next + 1;
    for (; next < end; ++next) put(ordered_[next], kind, bits);
  });
}

}  // namespace fieldweir
