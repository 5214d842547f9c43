// format: how a batch becomes a message; the table of formats, chosen per uplink by `format`. A new
// one is one source file, one row in format.cc, and its golden files. docs/formats.md says what
// each does with what it has no form for. Immutable; pure functions, any thread; nothing is
// allocated. Equal batches give equal bytes, on every run and machine.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "buffer/log_reader.h"

namespace fieldweir {

/// Of the messages that one batch became: the first is 1 of 1, or 1 of more.
struct Part {
  std::uint32_t number = 1;
  std::uint32_t of = 1;
};

/// What a message says of itself beside its batch.
struct Envelope {
  std::string_view gateway;
  Position prev;  // of the message before on this lane to this uplink; epoch 0: none
  bool historical = false;
  Part part;
};

struct Format {
  std::string_view name;
  std::string_view content_type;

  /// Room that suffices for any batch of so many readings and gaps, or for a thinned one of
  /// most_thinned(readings).
  std::size_t (*size_max)(std::size_t readings, std::size_t gaps, std::string_view gateway);

  /// Writes the message; its size, or 0 if `out` might be too small, in which case `out` holds
  /// nothing of use.
  std::size_t (*write)(const DecodedBatch& batch, const Envelope& envelope, std::span<char> out);

  /// How an `Authorization` header names the token, where a far end that speaks the format wants
  /// its own word.
  std::string_view token_scheme = "Bearer";

  /// The content type of several messages, a line each; empty: they cannot stand so.
  std::string_view lines_type = "";

  /// Whether a message needs what only a connection's session can add to it: sparkplug.h.
  bool of_session = false;
};

/// The first is the default.
std::span<const Format> formats();

/// `name` is one of theirs.
const Format& find_format(std::string_view name);

}  // namespace fieldweir
