// reference: what every section of a configuration may hold, from the fields that the components
// declare, for whatever kind of page. Pure; main thread, for one command.
#pragma once

#include <string>
#include <string_view>

namespace fieldweir {

/// A kind of page, which knows its own markup. Owned by whoever writes one.
class Page {
 public:
  virtual ~Page() = default;
  virtual void section(std::string_view name) = 0;
  /// A part of a section: devices of one kind.
  virtual void part(std::string_view what, std::string_view key) = 0;
  /// A sentence, without its full stop.
  virtual void paragraph(std::string_view text) = 0;
  virtual void item(std::string_view name, std::string_view type, std::string_view doc) = 0;
};

void write_reference(Page& page);

}  // namespace fieldweir
