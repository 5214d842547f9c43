#include "drivers/mqtt_payload.h"

#include <gtest/gtest.h>

namespace fieldweir {
namespace {

constexpr Time now = 5;

class MqttPayload : public testing::Test {
 protected:
  Reading plain(Kind kind, std::string_view payload) {
    return plain_reading(1, kind, now, payload, texts_);
  }
  Reading member(Kind kind, JsonMember::Type type, std::string_view text = {}) {
    return member_reading(1, kind, now, {type, true, text}, texts_);
  }
  Reading bad(Reason reason) { return bad_reading(1, now, reason); }

  TextTable texts_{2};
};

TEST_F(MqttPayload, PlainNumbersKeepEveryDigit) {
  EXPECT_EQ(plain(Kind::float64, "21.5"), float64_reading(1, now, 21.5));
  EXPECT_EQ(plain(Kind::float64, " -1e-3\r\n"), float64_reading(1, now, -0.001));
  EXPECT_EQ(plain(Kind::float64, "0.1"), float64_reading(1, now, 0.1));
  EXPECT_EQ(plain(Kind::int64, "-9223372036854775808"), int64_reading(1, now, INT64_MIN));
  EXPECT_EQ(plain(Kind::uint64, "18446744073709551615"), uint64_reading(1, now, UINT64_MAX));
  EXPECT_EQ(plain(Kind::int64, "5.0"), int64_reading(1, now, 5));
  EXPECT_EQ(plain(Kind::uint64, "5e1"), uint64_reading(1, now, 50));
}

TEST_F(MqttPayload, PlainNumbersThatAreNone) {
  for (const char* text : {"", " ", "x", "1x", "1 2", "nan", "inf", "-inf", "0x10", "+1", "true",
                           "1,5", "--1", "{}", "null"})
    EXPECT_EQ(plain(Kind::float64, text), bad(Reason::parse_error)) << text;
  EXPECT_EQ(plain(Kind::int64, "5.5"), bad(Reason::parse_error));
  EXPECT_EQ(plain(Kind::int64, "9223372036854775808"), bad(Reason::out_of_range));
  EXPECT_EQ(plain(Kind::uint64, "18446744073709551616"), bad(Reason::out_of_range));
  EXPECT_EQ(plain(Kind::uint64, "-1"), bad(Reason::out_of_range));
  EXPECT_EQ(plain(Kind::int64, "1e300"), bad(Reason::out_of_range));
  EXPECT_EQ(plain(Kind::float64, "1e999"), bad(Reason::out_of_range));
}

TEST_F(MqttPayload, PlainBooleansAreTrueAndFalseOnly) {
  EXPECT_EQ(plain(Kind::boolean, "true\n"), boolean_reading(1, now, true));
  EXPECT_EQ(plain(Kind::boolean, "false"), boolean_reading(1, now, false));
  for (const char* text : {"1", "0", "ON", "True", ""})
    EXPECT_EQ(plain(Kind::boolean, text), bad(Reason::parse_error)) << text;
}

TEST_F(MqttPayload, TextIsRememberedOnceAndBounded) {
  const Reading first = plain(Kind::text, "open");
  EXPECT_EQ(first.quality, Quality::good);
  EXPECT_EQ(texts_[first.as_text()], "open");
  EXPECT_EQ(plain(Kind::text, "open"), first);
  EXPECT_EQ(plain(Kind::text, std::string(65, 'x')), bad(Reason::too_large));
  EXPECT_EQ(plain(Kind::text, "\xFF"), bad(Reason::parse_error));
  EXPECT_EQ(plain(Kind::text, "closed").quality, Quality::good);
  EXPECT_EQ(plain(Kind::text, "third"), bad(Reason::text_table_full));
}

TEST_F(MqttPayload, MembersOfAnotherTypeAreBad) {
  using Type = JsonMember::Type;
  EXPECT_EQ(member(Kind::boolean, Type::boolean), boolean_reading(1, now, true));
  EXPECT_EQ(member(Kind::float64, Type::number, "1.5"), float64_reading(1, now, 1.5));
  EXPECT_EQ(member(Kind::int64, Type::number, "12"), int64_reading(1, now, 12));
  EXPECT_EQ(member(Kind::text, Type::text, "open").kind, Kind::text);
  EXPECT_EQ(member(Kind::float64, Type::text, "1.5"), bad(Reason::wrong_type));
  EXPECT_EQ(member(Kind::float64, Type::null), bad(Reason::wrong_type));
  EXPECT_EQ(member(Kind::float64, Type::container), bad(Reason::wrong_type));
  EXPECT_EQ(member(Kind::float64, Type::boolean), bad(Reason::wrong_type));
  EXPECT_EQ(member(Kind::int64, Type::number, "1.5"), bad(Reason::wrong_type));
  EXPECT_EQ(member(Kind::int64, Type::number, "1e30"), bad(Reason::out_of_range));
  EXPECT_EQ(member(Kind::boolean, Type::number, "1"), bad(Reason::wrong_type));
  EXPECT_EQ(member(Kind::text, Type::number, "1"), bad(Reason::wrong_type));
}

TEST(CleanUtf8, IsRfc3629WithoutControlCharacters) {
  for (const char* good : {"", "kitchen",
                           "K\xC3\xBC"
                           "che",
                           "\xE2\x82\xAC", "\xF0\x9F\x98\x80"})
    EXPECT_TRUE(is_clean_utf8(good)) << good;
  for (const char* bad : {"\x80", "\xC3", "\xC0\xAF", "\xE0\x80\x80", "\xED\xA0\x80",
                          "\xF4\x90\x80\x80", "\xF8\x88\x80\x80", "a\nb", "\x7F", "\xE2\x82"})
    EXPECT_FALSE(is_clean_utf8(bad));
}

}  // namespace
}  // namespace fieldweir
