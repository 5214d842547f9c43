// aws_signature: AWS Signature Version 4 for requests whose headers and path we choose ourselves:
// values have no spaces to fold, path and query are canonical already. Pure.
// Source: "AWS Signature Version 4 for API requests", AWS Identity and Access Management.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "core/fixed_text.h"
#include "core/time.h"

namespace fieldweir {

struct AwsKeys {
  std::string access;
  std::string secret;
  std::string session_token;  // of temporary keys; else empty
};

struct AwsRequest {
  struct Header {
    std::string_view name;  // in lower case
    std::string_view value;
  };
  std::string_view method;
  std::string_view path;
  std::string_view query;
  std::span<const Header> headers;  // all that are signed, in order of their names
  std::string_view body;
};

struct AwsScope {
  std::string_view region;
  std::string_view service;
  std::string_view time;  // aws_time(), the value of x-amz-date too
};

/// "20150830T123600Z"
FixedText<16> aws_time(Time time);

/// The value of the header Authorization.
std::string sign(const AwsRequest& request, const AwsKeys& keys, const AwsScope& scope);

}  // namespace fieldweir
