#include "daemon/reference.h"

#include <set>

#include "daemon/settings.h"

namespace fieldweir {
namespace {

using config::FieldInfo;

std::string mark(const FieldInfo& field) {
  if (field.type == "list") return "[].";
  return field.type == "section" ? "." : ".NAME.";
}

std::string type_of(const FieldInfo& field) {
  std::string type = field.type;
  if (field.need == config::required) type += ", required";
  if (!field.fallback.empty()) type += "; default " + field.fallback;
  return type;
}

/// Fields as a list, sections within sections as paths: `modbus_tcp.port`.
class Reference {
 public:
  explicit Reference(Page& page) : page_(page) {}

  void section(const FieldInfo& field) {
    page_.section(field.name);
    page_.paragraph(field.doc);
    if (field.name == "brokers") fields(broker_fields().infos(), "NAME.");
    if (field.name == "devices")
      for (const DriverKind& kind : driver_kinds()) {
        page_.part("Devices with", kind.key);
        fields(kind.fields(), "");
      }
    if (field.name == "uplinks")
      for (const UplinkKind& kind : uplink_kinds()) {
        page_.part("Uplinks with", kind.key);
        fields(kind.fields(), "");
      }
    if (field.name == "profiles")
      for (const StageKind& kind : stage_kinds()) page_.item(kind.key, kind.type, kind.doc);
    if (field.inner != nullptr) fields(*field.inner, "");
  }

 private:
  void fields(const std::vector<FieldInfo>& all, const std::string& path) {
    for (const FieldInfo& field : all) {
      // what several sections have in common is told once
      const bool told = field.inner != nullptr && !told_.insert(field.inner).second;
      page_.item(path + field.name, type_of(field),
                 field.doc + (told ? "; its fields are told above" : ""));
      if (field.inner != nullptr && !told) fields(*field.inner, path + field.name + mark(field));
    }
  }

  Page& page_;
  std::set<const std::vector<FieldInfo>*> told_;
};

}  // namespace

void write_reference(Page& page) {
  Reference reference(page);
  for (const FieldInfo& field : settings_fields().infos()) reference.section(field);
}

}  // namespace fieldweir
