// schema: what JSON Schema (draft-07) can say of the values that values.h reads, as texts. Pure.
// The names that they refer to are `schema_definitions`. Made while starting, with the Fields.
//
// Every scalar may be ${env:...} or ${secret:...} instead; what a duration or a size is at least or
// at most cannot be said.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "config/values.h"

namespace fieldweir::config {

inline constexpr const char* text_schema = R"({"$ref":"#/definitions/text"})";
inline constexpr const char* texts_schema = R"({"$ref":"#/definitions/texts"})";
inline constexpr const char* flag_schema = R"({"$ref":"#/definitions/flag"})";
inline constexpr const char* duration_schema = R"({"$ref":"#/definitions/duration"})";
inline constexpr const char* size_schema = R"({"$ref":"#/definitions/size"})";

std::string integer_schema(Range<std::int64_t> range);
std::string number_schema(Range<double> range);
/// `names` hold no characters that JSON would escape.
std::string choice_schema(std::span<const std::string_view> names);
std::string list_schema(const std::string& item);

/// A JSON object: what the root of a schema has under "definitions".
extern const char* const schema_definitions;

}  // namespace fieldweir::config
