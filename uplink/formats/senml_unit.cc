#include <algorithm>
#include <array>
#include <utility>

#include "uplink/formats/senml.h"

namespace fieldweir {
namespace {

// RFC 8428, section 12.1
constexpr std::array<std::string_view, 52> registered = {
    "m",    "kg",  "g",    "s",     "A",   "K",        "cd",  "mol", "Hz",  "rad",   "sr",
    "N",    "Pa",  "J",    "W",     "V",   "Ohm",      "S",   "Wb",  "T",   "H",     "Cel",
    "lm",   "lx",  "Bq",   "Gy",    "Sv",  "kat",      "m2",  "m3",  "l",   "m/s",   "m/s2",
    "m3/s", "l/s", "W/m2", "cd/m2", "bit", "bit/s",    "pH",  "dB",  "dBW", "count", "/",
    "%",    "%RH", "1/s",  "1/min", "S/m", "beat/min", "lat", "lon"};

constexpr std::array<std::pair<std::string_view, std::string_view>, 10> spellings = {
    {{"°C", "Cel"},
     {"degC", "Cel"},
     {"Ω", "Ohm"},
     {"ohm", "Ohm"},
     {"m²", "m2"},
     {"m³", "m3"},
     {"m³/s", "m3/s"},
     {"m/s²", "m/s2"},
     {"W/m²", "W/m2"},
     {"L", "l"}}};

}  // namespace

std::string_view senml_unit(std::string_view unit) {
  const auto same = [&](const auto& spelling) { return spelling.first == unit; };
  if (const auto found = std::ranges::find_if(spellings, same); found != spellings.end())
    return found->second;
  const auto found = std::ranges::find(registered, unit);
  return found == registered.end() ? std::string_view() : *found;
}

}  // namespace fieldweir
