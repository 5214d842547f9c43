#include "daemon/schema.h"

#include <span>
#include <utility>

#include "daemon/json.h"
#include "daemon/settings.h"
#include "drivers/drivers.h"
#include "pipeline/stage.h"
#include "uplink/uplinks.h"

namespace fieldweir {
namespace {

using config::FieldInfo;

Json section(const std::vector<FieldInfo>& fields);

Json value_of(const FieldInfo& field) {
  if (field.inner == nullptr) return Json::parse(field.schema);
  Json inner = section(*field.inner);
  if (field.type == "list") return {{"type", "array"}, {"items", std::move(inner)}};
  if (field.type == "section") return inner;
  return {{"type", "object"}, {"additionalProperties", std::move(inner)}};
}

/// Beside a $ref nothing else counts.
Json described(const FieldInfo& field) {
  Json schema = {{"description", field.doc}};
  if (!field.fallback.empty()) schema["default"] = field.fallback;
  schema["allOf"] = Json::array({value_of(field)});
  return schema;
}

Json section(const std::vector<FieldInfo>& fields) {
  Json properties = Json::object();
  Json needed = Json::array();
  for (const FieldInfo& field : fields) {
    properties[field.name] = described(field);
    if (field.need == config::required) needed.push_back(field.name);
  }
  return {{"type", "object"},
          {"properties", std::move(properties)},
          {"required", std::move(needed)},
          {"additionalProperties", false}};
}

/// What a template says need not be said again, neither of the device nor of its signals.
Json device(const DriverKind& kind) {
  Json schema = section(kind.fields());
  Json& signal = schema["properties"]["signals"]["allOf"][0]["items"];
  Json whole_signals = {
      {"type", "array"},
      {"items", {{"type", "object"}, {"required", std::move(signal["required"])}}}};
  signal["required"] = Json::array({"name"});
  schema["properties"]["template"] = {{"description", "what devices of this model have in common"},
                                      {"allOf", Json::array({Json::parse(config::text_schema)})}};
  Json complete = {{"required", std::move(schema["required"])},
                   {"properties", {{"signals", std::move(whole_signals)}}}};
  Json short_of = Json::object({{"required", Json::array({"template"})}});
  schema["required"] = Json::array({"name", std::string(kind.key)});
  schema["anyOf"] = Json::array({std::move(short_of), std::move(complete)});
  return schema;
}

template <class Kind, class Make>
Json list_of(std::span<const Kind> kinds, Make make) {
  Json items = Json::array();
  for (const Kind& kind : kinds) items.push_back(make(kind));
  return {{"type", "array"}, {"items", {{"anyOf", std::move(items)}}}};
}

Json filters() {
  Json kinds = Json::object();
  for (const StageKind& kind : stage_kinds())
    kinds[std::string(kind.key)] = {
        {"description", std::string(kind.doc) + ": " + std::string(kind.type)}};
  return {{"type", "array"},
          {"items",
           {{"type", "object"},
            {"properties", std::move(kinds)},
            {"additionalProperties", false},
            {"minProperties", 1},
            {"maxProperties", 1}}}};
}

/// The sections that are read by tables of kinds, not by fields.
void set_kinds(Json& properties) {
  const auto put = [&](const char* name, Json schema) {
    properties[name]["allOf"] = Json::array({std::move(schema)});
  };
  put("brokers", {{"type", "object"}, {"additionalProperties", section(broker_fields().infos())}});
  put("profiles", {{"type", "object"}, {"additionalProperties", filters()}});
  put("devices", list_of(driver_kinds(), device));
  properties["devices"]["allOf"][0]["minItems"] = 1;
  put("uplinks",
      list_of(uplink_kinds(), [](const UplinkKind& kind) { return section(kind.fields()); }));
}

}  // namespace

std::string configuration_schema() {
  Json schema = section(settings_fields().infos());
  // what is required may stand in a file that is included
  const Json needed = std::exchange(schema["required"], Json::array({"version"}));
  const auto with = [&](const char* key) {
    Json all = needed;
    all.push_back(key);
    return Json::object({{"required", std::move(all)}});
  };
  set_kinds(schema["properties"]);
  Json whole = {{"$schema", "http://json-schema.org/draft-07/schema#"},
                {"title", "Configuration of Fieldweir"},
                {"definitions", Json::parse(config::schema_definitions)}};
  whole.update(schema);
  whole["anyOf"] = Json::array(
      {with("uplinks"), with("local"), Json::object({{"required", Json::array({"include"})}})});
  return whole.dump(1) + "\n";
}

}  // namespace fieldweir
