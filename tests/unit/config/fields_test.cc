#include "config/fields.h"

#include <gtest/gtest.h>

#include "config/load.h"

namespace fieldweir::config {
namespace {

enum class Order { big, little };

struct Base {
  std::string name;
};
struct Inner {
  std::uint16_t port = 502;
  Place place;
};
struct Outer : Base {
  Inner inner;
  std::optional<std::uint64_t> bytes;
  Duration timeout = second;
  double scale = 1;
  bool enabled = true;
  Order order = Order::big;
  Reference profile;
  std::vector<std::string> send = {"*"};
  std::vector<Inner> list;
  std::vector<std::pair<std::string, Inner>> named;
};

const Fields<Inner>& inner_fields() {
  static const Fields<Inner> fields =
      Fields<Inner>("a link").integer("port", &Inner::port, {1, 65535}, required, "TCP port");
  return fields;
}

const Fields<Outer>& outer_fields() {
  static const Fields<Outer> fields =
      Fields<Outer>("a device")
          .text("name", &Base::name, required, "unique")
          .section("link", &Outer::inner, inner_fields(), optional, "")
          .size("bytes", &Outer::bytes, {1, 1 << 20}, optional, "")
          .duration("timeout", &Outer::timeout, {0, minute}, optional, "")
          .number("scale", &Outer::scale, optional, "")
          .flag("enabled", &Outer::enabled, optional, "")
          .choice<Order>("order", &Outer::order, {{"big", Order::big}, {"little", Order::little}},
                         optional, "")
          .reference("profile", &Outer::profile, optional, "")
          .texts("send", &Outer::send, optional, "")
          .list("list", &Outer::list, inner_fields(), optional, "")
          .named("named", &Outer::named, inner_fields(), optional, "")
          .later({"template"});
  return fields;
}

Outer read(const std::string& text, std::string& mistakes_text) {
  Mistakes mistakes;
  Outer outer;
  const Node root = load_text("f", text, mistakes);
  const bool good = outer_fields().read(root, outer, mistakes);
  EXPECT_EQ(good, mistakes.empty());
  mistakes_text.clear();
  for (const Mistakes::Mistake& m : mistakes.all())
    mistakes_text += std::to_string(m.place.line) + ":" + std::to_string(m.place.column) + " " +
                     m.message + "\n";
  return outer;
}

TEST(Fields, FillTheStructAndKeepDefaults) {
  std::string mistakes;
  const Outer o = read(
      "name: a\nlink: {port: 5020}\nbytes: 4KiB\ntimeout: 5s\nscale: 0.5\nenabled: false\n"
      "order: little\nprofile: p\nsend: [x, y]\nlist: [{port: 1}, {port: 2}]\nnamed: {b: {port: "
      "3}}\n",
      mistakes);
  EXPECT_EQ(mistakes, "");
  EXPECT_EQ(o.name, "a");
  EXPECT_EQ(o.inner.port, 5020);
  EXPECT_EQ(o.inner.place.line, 2);
  EXPECT_EQ(o.bytes, 4096u);
  EXPECT_EQ(o.timeout, 5 * second);
  EXPECT_EQ(o.scale, 0.5);
  EXPECT_FALSE(o.enabled);
  EXPECT_EQ(o.order, Order::little);
  EXPECT_EQ(o.profile.name, "p");
  EXPECT_EQ(o.profile.place.line, 8);
  EXPECT_EQ(o.send.size(), 2u);
  EXPECT_EQ(o.list[1].port, 2);
  EXPECT_EQ(o.named[0].first, "b");

  const Outer d = read("name: a\n", mistakes);
  EXPECT_EQ(mistakes, "");
  EXPECT_EQ(d.inner.port, 502);
  EXPECT_FALSE(d.bytes.has_value());
  EXPECT_EQ(d.send, std::vector<std::string>{"*"});
}

TEST(Fields, TellAllMistakesAtOnce) {
  std::string mistakes;
  read(
      "nme: a\nlink: {prt: 1}\ntimeout: 2m\ntemplate: x\nlist: {port: 1}\nnamed: [1]\nwhatever: 1\n"
      "order:\n",
      mistakes);
  EXPECT_EQ(mistakes,
            "1:1 unknown key 'nme' in a device (did you mean 'name'?)\n"
            "4:1 'template' is not available in this version\n"
            "7:1 unknown key 'whatever' in a device; it has name, link, bytes, timeout, scale, "
            "enabled, order, profile, send, list, named\n"
            "1:1 a device needs 'name': unique\n"
            "2:8 unknown key 'prt' in a link (did you mean 'port'?)\n"
            "2:7 a link needs 'port': TCP port\n"
            "3:10 expected a duration from 0s to 1m, got '2m'\n"
            "8:1 expected one of big, little, got nothing\n"
            "5:7 expected a list, got a map\n"
            "6:8 expected a map, got a list\n");
  read("just text\n", mistakes);
  EXPECT_EQ(mistakes.substr(0, 53), "1:1 expected a device (a map with name, link, bytes, ");
}

TEST(Fields, DescribeThemselves) {
  const std::vector<FieldInfo>& infos = outer_fields().infos();
  EXPECT_EQ(infos[0].name, "name");
  EXPECT_EQ(infos[0].need, required);
  EXPECT_EQ(infos[1].inner->at(0).type, "integer from 1 to 65535");
  EXPECT_EQ(infos[3].fallback, "1s");
  EXPECT_EQ(infos[3].type, "duration from 0s to 1m");
  EXPECT_EQ(infos[4].type, "number");
  EXPECT_EQ(infos[6].type, "one of big | little");
  EXPECT_EQ(infos[6].fallback, "big");
}

}  // namespace
}  // namespace fieldweir::config
