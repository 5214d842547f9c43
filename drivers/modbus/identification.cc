#include "drivers/modbus/identification.h"

namespace fieldweir {
namespace {

// from the function code on: function, type, code, conformity, more follows, next object, count
constexpr std::size_t code_at = 2;
constexpr std::size_t count_at = 6;
// in the data: conformity, more follows, next object, count, objects
constexpr std::size_t data_start = 3;

}  // namespace

std::size_t identification_bytes(std::span<const std::uint8_t> answer) {
  if (answer.size() < identification_head) return identification_head;
  std::size_t end = identification_head;
  for (unsigned left = answer[count_at]; left > 0; --left) {
    end += 2;  // id and length
    if (end > answer.size()) return end;
    end += answer[end - 1];
  }
  return end;
}

Result<ModbusAnswer> verify_identification(const ModbusRequest& request,
                                           std::span<const std::uint8_t> answer) {
  const auto size = static_cast<unsigned>(answer.size());
  if (answer.size() < identification_head)
    return mismatch("answer size", size, identification_head);
  if (answer[1] != modbus_identify_type) return mismatch("type", answer[1], modbus_identify_type);
  if (answer[code_at] != request.count)
    return mismatch("identification code", answer[code_at], request.count);
  const auto bytes = static_cast<unsigned>(identification_bytes(answer));
  if (size != bytes) return mismatch("answer size", size, bytes);
  return ModbusAnswer{answer.subspan(data_start), 0};
}

IdentificationObjects::IdentificationObjects(std::span<const std::uint8_t> data)
    : rest_(data.subspan(identification_head - data_start)) {}

std::optional<IdentificationObject> IdentificationObjects::next() {
  if (rest_.empty()) return std::nullopt;
  const auto text = rest_.subspan(2, rest_[1]);
  const IdentificationObject object{rest_[0],
                                    {reinterpret_cast<const char*>(text.data()), text.size()}};
  rest_ = rest_.subspan(2 + text.size());
  return object;
}

std::uint8_t follows(std::span<const std::uint8_t> data) { return data[1] != 0 ? data[2] : 0; }

std::string_view name_of_object(std::uint8_t id) {
  constexpr std::string_view names[] = {"vendor name",  "product code", "revision",   "vendor URL",
                                        "product name", "model name",   "application"};
  return id < std::size(names) ? names[id] : std::string_view{};
}

}  // namespace fieldweir
