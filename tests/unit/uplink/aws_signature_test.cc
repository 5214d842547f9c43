// The signatures of AWS's published test suite for version 4.
#include "uplink/aws_signature.h"

#include <gtest/gtest.h>

#include <vector>

namespace fieldweir {
namespace {

constexpr std::string_view time_of_suite = "20150830T123600Z";
const AwsKeys suite_keys{"AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", ""};
constexpr std::string_view token =
    "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfI"
    "eoIYRqTflfKD8YUuwthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0"
    "wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDry"
    "pNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA==";

struct Vector {
  const char* name;
  AwsRequest request;
  const char* names;
  const char* signature;
};

TEST(AwsSignature, IsThatOfThePublishedSuite) {
  const AwsRequest::Header host{"host", "example.amazonaws.com"};
  const AwsRequest::Header date{"x-amz-date", time_of_suite};
  const std::vector<AwsRequest::Header> plain = {host, date};
  const std::vector<AwsRequest::Header> typed = {
      {"content-type", "application/x-www-form-urlencoded"}, host, date};
  const std::vector<AwsRequest::Header> temporary = {host, date, {"x-amz-security-token", token}};
  const Vector vectors[] = {
      {"get-vanilla",
       {"GET", "/", "", plain, ""},
       "host;x-amz-date",
       "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
      {"post-vanilla",
       {"POST", "/", "", plain, ""},
       "host;x-amz-date",
       "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"},
      {"get-vanilla-query-order-key-case",
       {"GET", "/", "Param1=value1&Param2=value2", plain, ""},
       "host;x-amz-date",
       "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"},
      {"post-x-www-form-urlencoded",
       {"POST", "/", "", typed, "Param1=value1"},
       "content-type;host;x-amz-date",
       "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"},
      {"post-sts-header-before",
       {"POST", "/", "", temporary, ""},
       "host;x-amz-date;x-amz-security-token",
       "85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead"},
  };
  for (const Vector& vector : vectors)
    EXPECT_EQ(sign(vector.request, suite_keys, {"us-east-1", "service", time_of_suite}),
              std::string("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/") +
                  "aws4_request, SignedHeaders=" + vector.names + ", Signature=" + vector.signature)
        << vector.name;
}

TEST(AwsSignature, TimesAreUtcWithoutFractions) {
  EXPECT_EQ(aws_time(0).view(), "19700101T000000Z");
  EXPECT_EQ(aws_time(1'440'938'160 * second + 999 * millisecond).view(), "20150830T123600Z");
  EXPECT_EQ(aws_time(2'147'483'648 * second).view(), "20380119T031408Z");
}

}  // namespace
}  // namespace fieldweir
