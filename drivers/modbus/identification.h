// identification: what a device says of itself (function 43 / 14), as texts. Pure functions.
// Source: MODBUS Application Protocol V1.1b3, section 6.21.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "drivers/modbus/frame.h"

namespace fieldweir {

/// The second byte of request and answer: which of several uses of function 43.
inline constexpr std::uint8_t modbus_identify_type = 14;

/// Bytes of an answer's start, from the function code on, before its objects.
inline constexpr std::size_t identification_head = 7;

struct IdentificationObject {
  std::uint8_t id = 0;  // 0 vendor name, 1 product code, 2 revision, 3 vendor URL, 4 product name,
                        // 5 model name, 6 user application name, from 128 on the vendor's own
  std::string_view text;  // within the frame; whatever bytes the device sent
};

/// Walks through the objects of a verified answer's data:
///   for (IdentificationObjects rest(answer.data); const auto object = rest.next();)
class IdentificationObjects {
 public:
  explicit IdentificationObjects(std::span<const std::uint8_t> data);
  std::optional<IdentificationObject> next();

 private:
  std::span<const std::uint8_t> rest_;
};

/// The first object of the answer that is still to be asked for; 0: this was all.
std::uint8_t follows(std::span<const std::uint8_t> data);

/// The size of the answer that starts with these bytes (from the function code on), as far as they
/// tell: at least one more than there are while they are not the whole.
std::size_t identification_bytes(std::span<const std::uint8_t> answer);

/// Like verify_unit(), of which it is a part; data start at the conformity level.
Result<ModbusAnswer> verify_identification(const ModbusRequest& request,
                                           std::span<const std::uint8_t> answer);

/// "vendor name"; empty if the standard has no name for the object.
std::string_view name_of_object(std::uint8_t id);

}  // namespace fieldweir
