#include <string_view>

#include "daemon/reference.h"
#include "daemon/schema.h"

namespace fieldweir {
namespace {

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
.PP
.B include
names further files, by paths relative to this one; * stands for any part of a file's name. What matches is read in
the order of names: lists go on, brokers and profiles of all files count, any other section stands in one file only.
A pattern that matches nothing is no mistake, a file that cannot be read is.
)";

constexpr std::string_view tail = R"(.SH FILES
.TP
.I /etc/fieldweir/fieldweir.yaml
The configuration of the service.
.TP
.I /etc/fieldweir/conf.d
The usual place of further files, for
.BR "include: conf.d/*.yaml" .
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

class Roff final : public Page {
 public:
  void section(std::string_view name) override { text_ += ".SS " + escaped(name) + "\n"; }
  void part(std::string_view what, std::string_view key) override {
    text_ += ".PP\n" + escaped(what) + "\n.B " + escaped(key) + "\n";
  }
  void paragraph(std::string_view text) override { text_ += escaped(text) + ".\n"; }
  void item(std::string_view name, std::string_view type, std::string_view doc) override {
    text_ += ".TP\n\\fB" + escaped(name) + "\\fR (" + escaped(type) + ")\n" + escaped(doc) + ".\n";
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

}  // namespace

std::string configuration_manual() {
  Roff page;
  write_reference(page);
  return std::string(head) + ".SH SECTIONS\n" + page.text() + std::string(tail);
}

}  // namespace fieldweir
