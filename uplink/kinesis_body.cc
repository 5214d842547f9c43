#include "uplink/kinesis_body.h"

#include <algorithm>

#include "core/check.h"
#include "uplink/formats/json_text.h"

namespace fieldweir {
namespace {

/// RFC 4648, section 4.
void append_base64(std::string_view data, std::string& out) {
  static constexpr char digits[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const auto byte = [&](std::size_t i) -> unsigned {
    return i < data.size() ? static_cast<unsigned char>(data[i]) : 0;
  };
  std::size_t at = out.size();
  out.resize(at + (data.size() + 2) / 3 * 4, '=');
  for (std::size_t i = 0; i < data.size(); i += 3) {
    const unsigned three = byte(i) << 16 | byte(i + 1) << 8 | byte(i + 2);
    out[at++] = digits[three >> 18];
    out[at++] = digits[three >> 12 & 63];
    if (i + 1 < data.size()) out[at] = digits[three >> 6 & 63];
    ++at;
    if (i + 2 < data.size()) out[at] = digits[three & 63];
    ++at;
  }
}

void append_text(std::string_view text, std::string& out) {
  const std::size_t at = out.size();
  out.resize(at + json_text_growth * text.size());
  out.resize(static_cast<std::size_t>(write_json_text(text, out.data() + at) - out.data()));
}

/// Goes through a JSON text once, deep or broken as it may be, and hands every text member of an
/// object to `member`(depth, key, value) and every object to `object`(depth). Escapes stay as they
/// are: no word that we know has any.
template <class Member, class Object>
class Scan {
 public:
  Scan(std::string_view json, Member member, Object object)
      : json_(json), member_(member), object_(object) {}

  /// Whether all brackets were closed.
  bool run() {
    int depth = 0;
    bool value = false;  // behind a colon
    std::string_view key;
    for (; at_ < json_.size(); ++at_) {
      const char c = json_[at_];
      if (c == '{') object_(++depth);
      if (c == '[') ++depth;
      if (c == '}' || c == ']') --depth;
      if (c == ':') value = true;
      if (c == ',' || c == '{' || c == '[') value = false;
      if (c != '"') continue;
      const std::string_view text = take_text();
      if (value) member_(depth, key, text);
      if (!value) key = text;
    }
    return depth == 0;
  }

 private:
  /// From one quote to the next that is not escaped.
  std::string_view take_text() {
    const std::size_t begin = ++at_;
    while (at_ < json_.size() && json_[at_] != '"') at_ += json_[at_] == '\\' ? 2 : 1;
    at_ = std::min(at_, json_.size());
    return json_.substr(begin, at_ - begin);
  }

  const std::string_view json_;
  const Member member_;
  const Object object_;
  std::size_t at_ = 0;
};

constexpr int request_depth = 1;
constexpr int record_depth = 3;  // in the list of the one object

}  // namespace

void begin_put_records(std::string_view stream, std::string& out) {
  out.append("{\"StreamName\":\"").append(stream).append("\",\"Records\":[");
}

void add_record(std::string_view data, std::string_view partition_key, std::string& out) {
  out += "{\"Data\":\"";
  append_base64(data, out);
  out += "\",\"PartitionKey\":\"";
  append_text(partition_key, out);
  out += "\"},";
}

void end_put_records(std::string& out) {
  FIELDWEIR_CHECK(out.back() == ',');  // no request without a record
  out.back() = ']';
  out += '}';
}

bool read_kinesis_answer(std::string_view json, std::size_t records, KinesisAnswer& out) {
  out.type = {};
  out.message = {};
  out.records.clear();
  bool complete = true;
  bool said = true;  // what became of the newest record
  const auto member = [&](int depth, std::string_view key, std::string_view value) {
    const bool of_record = depth == record_depth && !out.records.empty();
    if (depth == request_depth && key == "__type") out.type = value.substr(value.find('#') + 1);
    if (of_record && key == "ErrorCode") out.records.back() = value;
    if (of_record && (key == "ErrorCode" || key == "SequenceNumber")) said |= !value.empty();
    const bool says = key == "message" || key == "Message" || key == "ErrorMessage";
    if (says && out.message.empty()) out.message = value;
  };
  const auto object = [&](int depth) {
    if (depth != record_depth) return;
    complete = complete && said && out.records.size() < records;
    said = false;
    if (out.records.size() < records) out.records.emplace_back();
  };
  return json.starts_with('{') && Scan(json, member, object).run() && complete && said;
}

}  // namespace fieldweir
