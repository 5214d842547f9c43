#include "daemon/machine_id.h"

#include <cstdint>
#include <cstdio>
#include <fstream>

namespace fieldweir {

std::string id_of_machine(const std::string& path) {
  std::ifstream file(path);
  std::string text;
  std::getline(file, text);
  if (text.size() != 32 || text.find_first_not_of("0123456789abcdef") != std::string::npos)
    return {};
  // FNV-1a, 64 bits: draft-eastlake-fnv; 128 bits of randomness go in, 48 come out
  std::uint64_t hash = 0xCBF29CE484222325u;
  for (const char c : "fieldweir " + text)
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3u;
  char name[32];
  std::snprintf(name, sizeof name, "gateway-%012llx", static_cast<unsigned long long>(hash >> 16));
  return name;
}

}  // namespace fieldweir
