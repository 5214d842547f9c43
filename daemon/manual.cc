#include <set>
#include <string_view>

#include "daemon/schema.h"
#include "daemon/settings.h"

namespace fieldweir {
namespace {

using config::FieldInfo;

constexpr std::string_view head = R"(.TH FIELDWEIR.YAML 5 "" "Fieldweir" "File Formats"
.SH NAME
fieldweir.yaml \- configuration of fieldweir(1)
.SH DESCRIPTION
A YAML file without anchors, tags and duplicate keys.
Unknown keys are mistakes;
.B fieldweir check
names all mistakes of a file, and
.B fieldweir schema
prints a JSON Schema for editors.
.PP
Durations carry their unit (250ms, 10s, 5m, 2h, 30d), sizes may (512, 64KiB, 24MiB).
Within any value ${env:NAME}, ${env:NAME:\-default} and ${secret:NAME} are replaced, by text that adds no structure; a
secret comes from the service's credentials, else from
.I secrets/NAME
beside the file, else from the environment.
)";

constexpr std::string_view tail = R"(.SH FILES
.TP
.I /etc/fieldweir/fieldweir.yaml
The configuration of the service.
.TP
.I /usr/share/doc/fieldweir/examples
Whole files to start from.
.TP
.I /usr/share/fieldweir/templates
Maps of common devices.
.SH SEE ALSO
.BR fieldweir (1)
)";

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) out += c == '\\' ? "\\e" : c == '-' ? "\\-" : std::string(1, c);
  return out;
}

/// Writes fields as a list, sections within sections as paths: `modbus_tcp.port`.
class Manual {
 public:
  void heading(std::string_view macro, std::string_view text) {
    text_ += std::string(macro) + " " + escaped(text) + "\n";
  }

  void paragraph(std::string_view text) { text_ += escaped(text) + ".\n"; }

  void fields(const std::vector<FieldInfo>& fields, const std::string& path) {
    for (const FieldInfo& field : fields) {
      entry(field, path);
      if (field.inner == nullptr) continue;
      // what several sections have in common is told once
      if (!told_.insert(field.inner).second)
        text_ += "Its fields are told above.\n";
      else
        this->fields(*field.inner, path + field.name + mark(field));
    }
  }

  void item(const std::string& name, const std::string& type, const std::string& doc) {
    text_ += ".TP\n\\fB" + escaped(name) + "\\fR (" + escaped(type) + ")\n" + escaped(doc) + ".\n";
  }

  std::string take() { return std::move(text_); }

 private:
  static std::string mark(const FieldInfo& field) {
    if (field.type == "list") return "[].";
    return field.type == "section" ? "." : ".NAME.";
  }

  void entry(const FieldInfo& field, const std::string& path) {
    std::string type = field.type;
    if (field.need == config::required) type += ", required";
    if (!field.fallback.empty()) type += "; default " + field.fallback;
    item(path + field.name, type, field.doc);
  }

  std::set<const std::vector<FieldInfo>*> told_;
  std::string text_;
};

void add_section(Manual& manual, const FieldInfo& field) {
  manual.heading(".SS", field.name);
  manual.paragraph(field.doc);
  if (field.name == "brokers") manual.fields(broker_fields().infos(), "NAME.");
  if (field.name == "devices")
    for (const DriverKind& kind : driver_kinds()) {
      manual.heading(".PP\nDevices with", kind.key);
      manual.fields(kind.fields(), "");
    }
  if (field.name == "uplinks")
    for (const UplinkKind& kind : uplink_kinds()) {
      manual.heading(".PP\nUplinks with", kind.key);
      manual.fields(kind.fields(), "");
    }
  if (field.name == "profiles")
    for (const StageKind& kind : stage_kinds())
      manual.item(std::string(kind.key), std::string(kind.type), std::string(kind.doc));
  if (field.inner != nullptr) manual.fields(*field.inner, "");
}

}  // namespace

std::string configuration_manual() {
  Manual manual;
  manual.heading(".SH", "SECTIONS");
  for (const FieldInfo& field : settings_fields().infos()) add_section(manual, field);
  return std::string(head) + manual.take() + std::string(tail);
}

}  // namespace fieldweir
