// JsonMembers: takes scalars out of JSON documents by JSON pointers (RFC 6901) that were prepared
// while starting. One pass over the bytes, in place, in fixed memory; members that nobody asked for
// cost little more than their bytes. The one wrapper of RapidJSON. Owned by a driver, used on its
// thread.
//
// Refused as a whole: what is not JSON or not UTF-8 (parse error), more than `deepest` levels (too
// large).
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/reading.h"

namespace fieldweir {

struct JsonMember {
  enum class Type : std::uint8_t { missing, null, boolean, number, text, container };
  Type type = Type::missing;
  bool boolean = false;
  std::string_view text;  // decoded, or a number's digits; lies in the document
};

class JsonMembers {
 public:
  static constexpr int deepest = 32;

  /// "" (the whole document), "/a/0/b"; "~0" is '~' and "~1" is '/'.
  static bool pointer_is_written_well(std::string_view pointer);

  explicit JsonMembers(std::span<const std::string> pointers);

  /// Reads a document that is followed by a NUL and changes it. Reason::none if all of it is good;
  /// a key that stands twice counts the last time.
  Reason read(std::span<char> document);

  /// What the pointer of that index found; valid until the next read() or change of the document.
  const JsonMember& operator[](std::size_t pointer) const { return found_[member_[pointer]]; }

 private:
  class Handler;

  static constexpr int nothing = -1;
  /// A place in documents on the way to a member; the places form a tree.
  struct Step {
    std::string key;
    int index = nothing;  // `key` as an array index
    int first_child = nothing;
    int next_sibling = nothing;
    int member = nothing;  // index of found_
  };
  int child_for(int parent, std::string_view key);
  int add_child(int parent, std::string key);

  std::vector<Step> steps_;  // [0] is the document
  std::vector<int> member_;  // of each pointer; equal pointers share one
  std::vector<JsonMember> found_;
};

}  // namespace fieldweir
