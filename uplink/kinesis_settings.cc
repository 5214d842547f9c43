#include <algorithm>

#include "uplink/kinesis.h"

namespace fieldweir {
namespace {

bool all_of(std::string_view text, std::string_view allowed) {
  return std::ranges::all_of(text, [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || allowed.find(c) != allowed.npos;
  });
}

bool read_stream(const config::Node& node, std::string& out, config::Mistakes& mistakes) {
  std::string stream;
  if (!config::read_text(node, stream, mistakes)) return false;
  if (stream.empty() || stream.size() > 128 || !all_of(stream, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_.-")) {
    mistakes.add(node.place, "expected a stream's name: letters, digits, '.', '_' and '-'");
    return false;
  }
  out = std::move(stream);
  return true;
}

bool read_region(const config::Node& node, std::string& out, config::Mistakes& mistakes) {
  std::string region;
  if (!config::read_text(node, region, mistakes)) return false;
  // a part of the endpoint's name
  if (region.size() < 2 || region.size() > 32 || !all_of(region, "-")) {
    mistakes.add(node.place, "expected a region like eu-central-1");
    return false;
  }
  out = std::move(region);
  return true;
}

bool read_endpoint(const config::Node& node, HttpUrl& out, config::Mistakes& mistakes) {
  if (!read_http_url(node, out, mistakes)) return false;
  // the signature covers the path
  const std::size_t path = out.text.find('/', out.text.find("//") + 2);
  if (path == out.text.npos || path + 1 == out.text.size()) return true;
  mistakes.add(node.place, "expected https://host[:port] without a path");
  return false;
}

/// What goes into a header must stay on its line.
bool read_key(const config::Node& node, std::string& out, config::Mistakes& mistakes) {
  std::string key;
  if (!config::read_text(node, key, mistakes)) return false;
  const auto printable = [](unsigned char c) { return c > 0x20 && c < 0x7F; };
  if (key.empty() || !std::ranges::all_of(key, printable)) {
    mistakes.add(node.place, "expected a key of AWS, without spaces");
    return false;
  }
  out = std::move(key);
  return true;
}

const config::Fields<KinesisTarget>& target_fields() {
  using config::optional, config::required;
  static const auto fields = [] {
    config::Fields<KinesisTarget> target("a kinesis uplink");
    target
        .custom("stream", "name", &KinesisTarget::stream, read_stream, required,
                "where records are put; it has to exist")
        .custom("region", "name", &KinesisTarget::region, read_region, required,
                "the stream's region, like eu-central-1")
        .custom("access_key", "key", &AwsKeys::access, read_key, required,
                "best written ${secret:NAME}")
        .custom("secret_key", "key", &AwsKeys::secret, read_key, required,
                "best written ${secret:NAME}")
        .custom("session_token", "key", &AwsKeys::session_token, read_key, optional,
                "of temporary keys")
        .custom("endpoint", "URL", &KinesisTarget::url, read_endpoint, optional,
                "if it is not the region's own: a VPC endpoint, an emulator");
    declare_http_peer(target);
    return target;
  }();
  return fields;
}

/// The region's own endpoint; those in China have a name of their own.
HttpUrl endpoint_of(const std::string& region) {
  const std::string_view end = region.starts_with("cn-") ? ".amazonaws.com.cn" : ".amazonaws.com";
  return *parse_http_url("https://kinesis." + region + std::string(end) + "/");
}

}  // namespace

const config::Fields<KinesisSettings>& kinesis_fields() {
  static const auto fields = [] {
    config::Fields<KinesisSettings> uplink("an uplink");
    declare_common_uplink(uplink);
    declare_partitions(uplink);
    uplink.section("kinesis", &KinesisSettings::kinesis, target_fields(), config::required,
                   "puts each batch into a data stream");
    return uplink;
  }();
  return fields;
}

std::unique_ptr<UplinkSettings> read_kinesis(const config::Node& node, config::Mistakes& mistakes) {
  auto settings = std::make_unique<KinesisSettings>();
  if (!kinesis_fields().read(node, *settings, mistakes)) return nullptr;
  KinesisTarget& target = settings->kinesis;
  if (target.url.host.empty()) target.url = endpoint_of(target.region);
  const std::size_t before = mistakes.count();
  check_http_peer(target, mistakes);
  return mistakes.count() > before ? nullptr : std::move(settings);
}

}  // namespace fieldweir
