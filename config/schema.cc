#include "config/schema.h"

namespace fieldweir::config {
namespace {

std::string or_substituted(const std::string& schema) {
  return R"({"anyOf":[)" + schema + R"(,{"$ref":"#/definitions/substituted"}]})";
}

}  // namespace

std::string integer_schema(Range<std::int64_t> range) {
  std::string schema = R"({"type":"integer")";
  if (range.low != INT64_MIN) schema += R"(,"minimum":)" + std::to_string(range.low);
  if (range.high != INT64_MAX) schema += R"(,"maximum":)" + std::to_string(range.high);
  return or_substituted(schema + "}");
}

std::string number_schema(Range<double> range) {
  return or_substituted(R"({"type":"number","minimum":)" + show_number(range.low) +
                        R"(,"maximum":)" + show_number(range.high) + "}");
}

std::string choice_schema(std::span<const std::string_view> names) {
  std::string list;
  for (const std::string_view name : names) {
    list += (list.empty() ? "\"" : ",\"") + std::string(name) + "\"";
    // as a file has it: 9600 without quotes
    if (name.find_first_not_of("0123456789") == std::string_view::npos)
      list += "," + std::string(name);
  }
  return or_substituted(R"({"enum":[)" + list + "]}");
}

std::string list_schema(const std::string& item) {
  return R"({"type":"array","items":)" + item + "}";
}

const char* const schema_definitions = R"({
  "substituted": {"type": "string", "pattern": "\\$\\{(env|secret):"},
  "text": {"type": ["string", "number", "boolean"]},
  "texts": {"anyOf": [{"$ref": "#/definitions/text"},
                      {"type": "array", "items": {"$ref": "#/definitions/text"}}]},
  "flag": {"anyOf": [{"type": "boolean"}, {"$ref": "#/definitions/substituted"}]},
  "duration": {"anyOf": [{"const": 0},
                         {"type": "string", "pattern": "^(0|[1-9][0-9]*)(ns|us|ms|s|m|h|d)$"},
                         {"$ref": "#/definitions/substituted"}]},
  "size": {"anyOf": [{"type": "integer", "minimum": 0},
                     {"type": "string", "pattern": "^(0|[1-9][0-9]*)(GiB|MiB|KiB|GB|MB|kB)$"},
                     {"$ref": "#/definitions/substituted"}]}
})";

}  // namespace fieldweir::config
