// Fields: how a component declares its configuration, once: name, type, default, range, doc.
// Reading, error hints, JSON Schema and the reference page all come from these rows.
//
//   struct Link { std::string host; std::uint16_t port = 502; Duration timeout = second; };
//   const Fields<Link>& link_fields() {
//     static const Fields<Link> fields =
//         Fields<Link>("a Modbus TCP link")
//             .text("host", &Link::host, required, "host name or address")
//             .integer("port", &Link::port, {1, 65535}, optional, "TCP port")
//             .duration("timeout", &Link::timeout, {10 * millisecond, minute}, optional, "per
//             request");
//     return fields;
//   }
//
// Defaults are the struct's own member initialisers. A member may be the plain type or
// std::optional of it. Unknown keys are mistakes with "did you mean"; keys of the grammar that this
// version does not have are named with later(). Immutable once built; reading happens while
// starting, on one thread.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "config/mistakes.h"
#include "config/node.h"
#include "config/schema.h"
#include "config/values.h"

namespace fieldweir::config {

enum Need { required, optional };

/// What is known of one field without its C++ type: for schema and reference page.
struct FieldInfo {
  std::string name;
  std::string type;  // "text", "integer from 1 to 65535", "one of big | little", "list", "section"
  Need need = optional;
  std::string doc;
  std::string fallback;                           // default as a user would write it; empty if none
  std::string schema;                             // of one value: JSON Schema, draft-07
  const std::vector<FieldInfo>* inner = nullptr;  // of sections, lists of sections, named sections
};

/// Checks that `node` is a map that has every required field and no unknown one.
bool check_keys(const Node& node, std::string_view what, const std::vector<FieldInfo>& known,
                const std::vector<std::string>& later, Mistakes& mistakes);
bool expect_list(const Node& node, Mistakes& mistakes);
bool expect_map(const Node& node, Mistakes& mistakes);

/// A name used, with its place, for the check that there is such a thing. Empty: not given.
struct Reference {
  std::string name;
  Place place;
};

template <class E>
struct Choice {
  std::string_view name;
  E value;
};

template <class M>
inline constexpr bool is_optional = false;
template <class V>
inline constexpr bool is_optional<std::optional<V>> = true;

/// Members may belong to T or to a base B of it, so that common fields are declared once.
template <class T>
class Fields {
 public:
  /// `what` completes "unknown key in ...": "a Modbus signal".
  explicit Fields(std::string what) : what_(std::move(what)) {}

  template <class M, class B>
  Fields& text(std::string name, M B::*member, Need need, std::string doc) {
    return add<std::string>(
        name, "text", text_schema, member, need, doc,
        [](const Node& n, std::string& v, Mistakes& m) { return read_text(n, v, m); },
        [](const std::string& v) { return v; });
  }

  template <class M, class B>
  Fields& integer(std::string name, M B::*member, Range<std::int64_t> range, Need need,
                  std::string doc) {
    return add<std::int64_t>(
        name, range_text("integer", std::to_string(range.low), std::to_string(range.high)),
        integer_schema(range), member, need, doc,
        [range](const Node& n, std::int64_t& v, Mistakes& m) {
          return read_integer(n, range, v, m);
        },
        [](std::int64_t v) { return std::to_string(v); });
  }

  template <class M, class B>
  Fields& number(std::string name, M B::*member, Range<double> range, Need need, std::string doc) {
    return add<double>(
        name, range_text("number", show_number(range.low), show_number(range.high)),
        number_schema(range), member, need, doc,
        [range](const Node& n, double& v, Mistakes& m) { return read_number(n, range, v, m); },
        [](double v) { return show_number(v); });
  }
  template <class M, class B>
  Fields& number(std::string name, M B::*member, Need need, std::string doc) {
    return number(std::move(name), member, {-1e300, 1e300}, need, std::move(doc));
  }

  template <class M, class B>
  Fields& flag(std::string name, M B::*member, Need need, std::string doc) {
    return add<bool>(
        name, "true | false", flag_schema, member, need, doc,
        [](const Node& n, bool& v, Mistakes& m) { return read_flag(n, v, m); },
        [](bool v) { return v ? "true" : "false"; });
  }

  template <class M, class B>
  Fields& duration(std::string name, M B::*member, Range<Duration> range, Need need,
                   std::string doc) {
    return add<Duration>(
        name, range_text("duration", show_duration(range.low), show_duration(range.high)),
        duration_schema, member, need, doc,
        [range](const Node& n, Duration& v, Mistakes& m) { return read_duration(n, range, v, m); },
        [](Duration v) { return show_duration(v); });
  }

  template <class M, class B>
  Fields& size(std::string name, M B::*member, Range<std::uint64_t> range, Need need,
               std::string doc) {
    return add<std::uint64_t>(
        name, range_text("size", show_size(range.low), show_size(range.high)), size_schema, member,
        need, doc,
        [range](const Node& n, std::uint64_t& v, Mistakes& m) { return read_size(n, range, v, m); },
        [](std::uint64_t v) { return show_size(v); });
  }

  template <class E, class M, class B>
  Fields& choice(std::string name, M B::*member, std::vector<Choice<E>> choices, Need need,
                 std::string doc) {
    std::vector<std::string_view> names;
    std::string type = "one of";
    for (const Choice<E>& c : choices) {
      names.push_back(c.name);
      type += (names.size() == 1 ? " " : " | ") + std::string(c.name);
    }
    auto read = [choices, names](const Node& n, E& v, Mistakes& m) {
      std::size_t index = 0;
      if (!read_choice(n, names, index, m)) return false;
      v = choices[index].value;
      return true;
    };
    auto show = [choices](const E& v) {
      for (const Choice<E>& c : choices)
        if (c.value == v) return std::string(c.name);
      return std::string();
    };
    return add<E>(name, type, choice_schema(names), member, need, doc, read, show);
  }

  /// The name of something that stands elsewhere in the configuration ("a profile").
  template <class B>
  Fields& reference(std::string name, Reference B::*member, Need need, std::string doc) {
    return add<Reference>(
        name, "name", text_schema, member, need, doc,
        [](const Node& n, Reference& v, Mistakes& m) {
          v.place = n.place;
          return read_text(n, v.name, m);
        },
        [](const Reference& v) { return v.name; });
  }

  /// A list of texts; a single text is taken for a list of one.
  template <class M, class B>
  Fields& texts(std::string name, M B::*member, Need need, std::string doc) {
    return add<std::vector<std::string>>(
        name, "list of texts", texts_schema, member, need, doc,
        [](const Node& n, std::vector<std::string>& v, Mistakes& m) { return read_texts(n, v, m); },
        [](const std::vector<std::string>&) { return std::string(); });
  }

  template <class S, class M, class B>
  Fields& section(std::string name, M B::*member, const Fields<S>& inner, Need need,
                  std::string doc) {
    add<S>(
        name, "section", "", member, need, doc,
        [&inner](const Node& n, S& v, Mistakes& m) { return inner.read(n, v, m); },
        [](const S&) { return std::string(); });
    infos_.back().inner = &inner.infos();
    return *this;
  }

  template <class S, class B>
  Fields& list(std::string name, std::vector<S> B::*member, const Fields<S>& inner, Need need,
               std::string doc) {
    add<std::vector<S>>(
        name, "list", "", member, need, doc,
        [&inner](const Node& n, std::vector<S>& v, Mistakes& m) {
          if (!expect_list(n, m)) return false;
          bool good = true;
          for (const Node& item : n.items) good = inner.read(item, v.emplace_back(), m) && good;
          return good;
        },
        [](const std::vector<S>&) { return std::string(); });
    infos_.back().inner = &inner.infos();
    return *this;
  }

  /// A map from names that the user chooses to sections, in file order.
  template <class S, class B>
  Fields& named(std::string name, std::vector<std::pair<std::string, S>> B::*member,
                const Fields<S>& inner, Need need, std::string doc) {
    using Named = std::vector<std::pair<std::string, S>>;
    add<Named>(
        name, "named sections", "", member, need, doc,
        [&inner](const Node& n, Named& v, Mistakes& m) {
          if (!expect_map(n, m)) return false;
          bool good = true;
          for (const Node::Entry& e : n.entries)
            good = inner.read(e.value, v.emplace_back(e.key, S{}).second, m) && good;
          return good;
        },
        [](const Named&) { return std::string(); });
    infos_.back().inner = &inner.infos();
    return *this;
  }

  /// Anything else: `type` in the user's words, `read` like the functions of values.h. `schema`
  /// says no more than what `read` demands.
  template <class V, class B>
  Fields& custom(std::string name, std::string type, V B::*member,
                 std::type_identity_t<std::function<bool(const Node&, V&, Mistakes&)>> read,
                 Need need, std::string doc, std::string schema = "{}") {
    return add<V>(name, type, schema, member, need, doc, read,
                  [](const V&) { return std::string(); });
  }

  /// Keys of the grammar that this version refuses with "not available in this version".
  Fields& later(std::vector<std::string> names) {
    later_.insert(later_.end(), names.begin(), names.end());
    return *this;
  }

  /// Fills `out` from the map `node`; false if anything was wrong with it. If T has a member
  /// `place`, it is told where the map stands.
  bool read(const Node& node, T& out, Mistakes& mistakes) const {
    bool good = check_keys(node, what_, infos_, later_, mistakes);
    if (node.type != Node::Type::map) return false;
    if constexpr (requires { out.place = node.place; }) out.place = node.place;
    for (std::size_t i = 0; i < readers_.size(); ++i)
      if (const Node* value = node.find(infos_[i].name))
        good = readers_[i](*value, out, mistakes) && good;
    return good;
  }

  const std::string& what() const { return what_; }
  const std::vector<FieldInfo>& infos() const { return infos_; }

 private:
  template <class V, class M, class B, class Read, class Show>
  Fields& add(std::string name, std::string type, std::string schema, M B::*member, Need need,
              std::string doc, Read read, Show show) {
    FieldInfo info{name, std::move(type), need, std::move(doc), {}, std::move(schema), nullptr};
    if constexpr (!is_optional<M>)
      if (need == optional) info.fallback = show(static_cast<V>(T{}.*member));
    infos_.push_back(std::move(info));
    readers_.push_back([member, read](const Node& node, T& out, Mistakes& mistakes) {
      V value{};
      if (!read(node, value, mistakes)) return false;
      out.*member = M(std::move(value));
      return true;
    });
    return *this;
  }

  std::string what_;
  std::vector<FieldInfo> infos_;
  std::vector<std::function<bool(const Node&, T&, Mistakes&)>> readers_;
  std::vector<std::string> later_;
};

}  // namespace fieldweir::config
