#include "drivers/json_members.h"

#include <rapidjson/reader.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

namespace fieldweir {
namespace {

/// The next token of a pointer, unescaped; `rest` begins with its '/'.
std::string take_token(std::string_view& rest) {
  rest.remove_prefix(1);
  const std::string_view raw = rest.substr(0, rest.find('/'));
  rest.remove_prefix(raw.size());
  std::string token;
  for (std::size_t i = 0; i < raw.size(); ++i)
    token += raw[i] != '~' ? raw[i] : raw[++i] == '0' ? '~' : '/';
  return token;
}

int as_array_index(std::string_view key) {
  int index = -1;
  const auto [end, mistake] = std::from_chars(key.data(), key.data() + key.size(), index);
  const bool whole = mistake == std::errc() && end == key.data() + key.size() && index >= 0;
  const bool leading_zero = key.size() > 1 && key.front() == '0';
  return whole && !leading_zero ? index : -1;
}

}  // namespace

bool JsonMembers::pointer_is_written_well(std::string_view pointer) {
  if (!pointer.empty() && pointer.front() != '/') return false;
  if (std::count(pointer.begin(), pointer.end(), '/') > deepest) return false;
  for (std::size_t i = 0; i < pointer.size(); ++i)
    if (pointer[i] == '~' &&
        (i + 1 == pointer.size() || (pointer[i + 1] != '0' && pointer[i + 1] != '1')))
      return false;
  return true;
}

JsonMembers::JsonMembers(std::span<const std::string> pointers) : steps_(1) {
  for (std::string_view rest : pointers) {
    int step = 0;
    while (!rest.empty()) {
      std::string token = take_token(rest);
      const int known = child_for(step, token);
      step = known != nothing ? known : add_child(step, std::move(token));
    }
    if (steps_[step].member == nothing) {
      steps_[step].member = static_cast<int>(found_.size());
      found_.emplace_back();
    }
    member_.push_back(steps_[step].member);
  }
}

int JsonMembers::child_for(int parent, std::string_view key) {
  int child = steps_[parent].first_child;
  while (child != nothing && steps_[child].key != key) child = steps_[child].next_sibling;
  return child;
}

int JsonMembers::add_child(int parent, std::string key) {
  const int index = as_array_index(key);
  const int child = static_cast<int>(steps_.size());
  steps_.push_back({std::move(key), index, nothing, steps_[parent].first_child, nothing});
  steps_[parent].first_child = child;
  return child;
}

/// What RapidJSON calls while it reads: follows the document through the tree of steps.
class JsonMembers::Handler {
 public:
  explicit Handler(JsonMembers& members) : members_(members) {}

  bool too_deep = false;

  bool Null() { return put({JsonMember::Type::null, false, {}}); }
  bool Bool(bool value) { return put({JsonMember::Type::boolean, value, {}}); }
  bool String(const char* text, rapidjson::SizeType size, bool) {
    return put({JsonMember::Type::text, false, {text, size}});
  }
  bool RawNumber(const char* digits, rapidjson::SizeType size, bool) {
    return put({JsonMember::Type::number, false, {digits, size}});
  }
  // numbers come as digits only (kParseNumbersAsStringsFlag)
  bool Int(int) { return false; }
  bool Uint(unsigned) { return false; }
  bool Int64(std::int64_t) { return false; }
  bool Uint64(std::uint64_t) { return false; }
  bool Double(double) { return false; }

  bool StartObject() { return start(false); }
  bool Key(const char* key, rapidjson::SizeType size, bool) {
    const int parent = levels_[depth_ - 1].step;
    member_step_ = parent == nothing ? nothing : members_.child_for(parent, {key, size});
    return true;
  }
  bool EndObject(rapidjson::SizeType) { return end(); }
  bool StartArray() { return start(true); }
  bool EndArray(rapidjson::SizeType) { return end(); }

 private:
  struct Level {
    int step;
    bool array;
    int next_index;
  };

  /// The step of the value that begins here.
  int arrive() {
    if (depth_ == 0) return 0;
    Level& level = levels_[depth_ - 1];
    if (!level.array) return member_step_;
    const int index = level.next_index++;
    if (level.step == nothing) return nothing;
    int child = members_.steps_[level.step].first_child;
    while (child != nothing && members_.steps_[child].index != index)
      child = members_.steps_[child].next_sibling;
    return child;
  }
  void store(int step, const JsonMember& value) {
    if (step == nothing || members_.steps_[step].member == nothing) return;
    members_.found_[members_.steps_[step].member] = value;
  }
  bool put(const JsonMember& value) {
    store(arrive(), value);
    return true;
  }
  bool start(bool array) {
    const int step = arrive();
    store(step, {JsonMember::Type::container, false, {}});
    too_deep = depth_ == deepest;
    if (too_deep) return false;
    levels_[depth_++] = {step, array, 0};
    return true;
  }
  bool end() {
    --depth_;
    return true;
  }

  JsonMembers& members_;
  int member_step_ = nothing;  // of the object member whose key came last
  int depth_ = 0;
  std::array<Level, deepest> levels_;
};

Reason JsonMembers::read(std::span<char> document) {
  std::ranges::fill(found_, JsonMember());
  // a NUL would end the document for RapidJSON, whatever comes after it
  if (std::memchr(document.data(), '\0', document.size()) != nullptr) return Reason::parse_error;

  using Pool = rapidjson::MemoryPoolAllocator<>;
  using Reader = rapidjson::GenericReader<rapidjson::UTF8<>, rapidjson::UTF8<>, Pool>;
  // the iterative parser keeps 8 bytes per level: the pool never grows beyond this buffer
  constexpr std::size_t parser_stack = 16 * (deepest + 2);
  alignas(16) char buffer[2 * parser_stack + 256];
  Pool pool(buffer, sizeof buffer);
  Reader reader(&pool, parser_stack);
  rapidjson::InsituStringStream stream(document.data());
  Handler handler(*this);
  constexpr unsigned flags = rapidjson::kParseInsituFlag | rapidjson::kParseIterativeFlag |
                             rapidjson::kParseValidateEncodingFlag |
                             rapidjson::kParseNumbersAsStringsFlag;
  if (reader.Parse<flags>(stream, handler)) return Reason::none;
  return handler.too_deep ? Reason::too_large : Reason::parse_error;
}

}  // namespace fieldweir
