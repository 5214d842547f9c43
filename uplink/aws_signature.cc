#include "uplink/aws_signature.h"

#include <openssl/hmac.h>
#include <openssl/sha.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <initializer_list>

namespace fieldweir {
namespace {

using Digest = std::array<unsigned char, SHA256_DIGEST_LENGTH>;

std::string_view bytes(const Digest& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

Digest sha256(std::string_view text) {
  Digest digest;
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  return digest;
}

Digest hmac(std::string_view key, std::string_view text) {
  Digest digest;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data(), nullptr);
  return digest;
}

std::string hex(const Digest& digest) {
  std::string text;
  for (const unsigned char byte : digest) {
    text += "0123456789abcdef"[byte >> 4];
    text += "0123456789abcdef"[byte & 15];
  }
  return text;
}

std::string joined(std::initializer_list<std::string_view> parts, char by) {
  std::string text;
  for (const std::string_view part : parts) {
    if (!text.empty()) text += by;
    text += part;
  }
  return text;
}

std::string signed_names(const AwsRequest& request) {
  std::string names;
  for (const AwsRequest::Header& header : request.headers)
    names.append(names.empty() ? "" : ";").append(header.name);
  return names;
}

std::string canonical(const AwsRequest& request, const std::string& names) {
  std::string text;
  text.append(request.method).append("\n").append(request.path).append("\n");
  text.append(request.query).append("\n");
  for (const AwsRequest::Header& header : request.headers)
    text.append(header.name).append(":").append(header.value).append("\n");
  return text.append("\n").append(names).append("\n").append(hex(sha256(request.body)));
}

Digest signing_key(const AwsKeys& keys, const AwsScope& scope, std::string_view date) {
  const Digest of_day = hmac("AWS4" + keys.secret, date);
  const Digest of_region = hmac(bytes(of_day), scope.region);
  return hmac(bytes(hmac(bytes(of_region), scope.service)), "aws4_request");
}

}  // namespace

FixedText<16> aws_time(Time time) {
  using namespace std::chrono;
  const auto instant = floor<seconds>(sys_time<nanoseconds>(nanoseconds(time)));
  const year_month_day civil(floor<days>(instant));
  const hh_mm_ss clock(instant - floor<days>(instant));
  char text[32];
  const int size = std::snprintf(
      text, sizeof text, "%04d%02u%02uT%02d%02d%02dZ", static_cast<int>(civil.year()),
      static_cast<unsigned>(civil.month()), static_cast<unsigned>(civil.day()),
      static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
      static_cast<int>(clock.seconds().count()));
  return std::string_view(text, static_cast<std::size_t>(size));
}

std::string sign(const AwsRequest& request, const AwsKeys& keys, const AwsScope& scope) {
  static constexpr std::string_view algorithm = "AWS4-HMAC-SHA256";
  const std::string_view date = scope.time.substr(0, 8);
  const std::string where = joined({date, scope.region, scope.service, "aws4_request"}, '/');
  const std::string names = signed_names(request);
  const std::string what = hex(sha256(canonical(request, names)));
  const std::string text = joined({algorithm, scope.time, where, what}, '\n');
  return std::string(algorithm) + " Credential=" + keys.access + "/" + where +
         ", SignedHeaders=" + names +
         ", Signature=" + hex(hmac(bytes(signing_key(keys, scope, date)), text));
}

}  // namespace fieldweir
