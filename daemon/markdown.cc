#include <string_view>
#include <utility>

#include "daemon/reference.h"
#include "daemon/schema.h"

namespace fieldweir {
namespace {

constexpr std::string_view head = R"(# Configuration

Every key of a configuration, as `fieldweir schema --reference` writes it. `fieldweir check FILE` reports all mistakes at once;
[examples/](examples/) has whole files. With this first line editors that know JSON Schema complete and check as you type:

```yaml
# yaml-language-server: $schema=/usr/share/fieldweir/fieldweir.schema.json
```

YAML without anchors, tags and duplicate keys; unknown keys are mistakes. Durations carry their unit (250ms, 10s, 5m, 2h, 30d), sizes may
(512, 64KiB, 24MiB). `${env:NAME}`, `${env:NAME:-default}` and `${secret:NAME}` are replaced within any value, by text that adds no structure.
A secret comes from the service's credentials, else from `secrets/NAME` beside the file, else from the environment.

## Several files

```yaml
version: 1
include: [conf.d/*.yaml]     # relative to this file, or absolute
gateway: {id: packing-7}
```

- `*` stands for any part of a file's name, but not for a dot in front. What matches is read in the order of names, also with
  each reload. Where nothing matches, or the folder is missing, nothing is included; a path without `*` must exist.
- Lists (`devices`, `uplinks`, `windows`) go on from file to file; `brokers` and `profiles` of all files count. Any other section
  stands in one file only. A name or section that stands twice is a mistake that names both places.
- Secrets and templates are those beside the file that includes. An included file has no `version` and cannot include others.
- A file that cannot be read is a mistake, so that a gateway never runs with half of its configuration. `fieldweir check` says how
  many files it read, with `--explain` which. At most 100.
)";

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '|' || c == '<' || c == '*') out += '\\';
    out += c;
  }
  return out;
}

std::string sentence(std::string_view text) {
  std::string out = escaped(text) + ".";
  if (out[0] >= 'a' && out[0] <= 'z') out[0] = static_cast<char>(out[0] - 'a' + 'A');
  return out;
}

class Markdown final : public Page {
 public:
  void section(std::string_view name) override {
    text_ += "\n## " + std::string(name) + "\n";
    in_table_ = false;
  }
  void part(std::string_view what, std::string_view key) override {
    text_ += "\n### " + std::string(what) + " `" + std::string(key) + "`\n";
    in_table_ = false;
  }
  void paragraph(std::string_view text) override { text_ += "\n" + sentence(text) + "\n"; }
  void item(std::string_view name, std::string_view type, std::string_view doc) override {
    if (!std::exchange(in_table_, true)) text_ += "\n| key | value | |\n|---|---|---|\n";
    text_ += "| `" + std::string(name) + "` | " + escaped(type) + " | " + escaped(doc) + " |\n";
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
  bool in_table_ = false;
};

}  // namespace

std::string configuration_reference() {
  Markdown page;
  write_reference(page);
  return std::string(head) + page.text();
}

}  // namespace fieldweir
