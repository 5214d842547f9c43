#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/load.h"
#include "uplink/https.h"

namespace fieldweir {
namespace {

struct Loaded {
  std::unique_ptr<UplinkSettings> settings;
  std::string mistakes;
  const HttpsSettings& https() const { return static_cast<const HttpsSettings&>(*settings); }
};

Loaded load(const std::string& yaml) {
  config::Mistakes mistakes;
  const config::Node node = config::load_text("test.yaml", yaml, mistakes);
  auto settings = https_uplink().read(node, mistakes);
  return {std::move(settings), mistakes.empty() ? "" : mistakes.text()};
}

Loaded load_link(const std::string& link) { return load("{name: lake, https: {" + link + "}}"); }

TEST(HttpsSettings, AreRead) {
  const Loaded loaded = load(
      "{name: lake, https: {url: 'https://in.example.com:8443/v1?x=1', token: abc, timeout: 3s},"
      " compress: gzip, send: ['a.*'], format: json, order: oldest_first}");
  ASSERT_EQ(loaded.mistakes, "");
  EXPECT_EQ(loaded.https().name, "lake");
  EXPECT_EQ(loaded.https().https.url.host, "in.example.com");
  EXPECT_EQ(loaded.https().https.url.port, 8443);
  EXPECT_TRUE(loaded.https().https.url.tls);
  EXPECT_EQ(loaded.https().https.timeout, 3 * second);
  EXPECT_EQ(loaded.https().compress, "gzip");
  EXPECT_EQ(loaded.https().send, std::vector<std::string>{"a.*"});
}

TEST(HttpsSettings, DefaultsVerifyAndSendEverything) {
  const Loaded loaded = load_link("url: 'https://[::1]/'");
  ASSERT_EQ(loaded.mistakes, "");
  EXPECT_EQ(loaded.https().https.url.host, "::1");
  EXPECT_EQ(loaded.https().https.url.port, 443);
  EXPECT_EQ(loaded.https().send, std::vector<std::string>{"*"});
  EXPECT_TRUE(loaded.https().enabled);
  EXPECT_FALSE(loaded.https().https.insecure);
}

TEST(HttpsSettings, PlainHttpOnlyToLoopbackOrWhenAskedFor) {
  EXPECT_EQ(load_link("url: 'http://127.0.0.1:8080/x'").mistakes, "");
  EXPECT_EQ(load_link("url: 'http://localhost/x'").mistakes, "");
  EXPECT_EQ(load_link("url: 'http://in.example.com/', insecure: true").mistakes, "");
  EXPECT_THAT(load_link("url: 'http://in.example.com/'").mistakes,
              testing::HasSubstr("insecure: true"));
  EXPECT_THAT(load_link("url: 'http://127.0.0.1.example.com/'").mistakes,
              testing::HasSubstr("insecure: true"));
}

TEST(HttpsSettings, MistakesAreNamed) {
  for (const char* url :
       {"ftp://x/", "https://", "https://user:secret@x/", "no url", "mqtt://x", "https://x:0/",
        "https://x:70000/", "https://x:/", "https://x y/", "https://[::1/"}) {
    const std::string mistakes = load_link("url: '" + std::string(url) + "'").mistakes;
    EXPECT_THAT(mistakes, testing::HasSubstr("expected https://")) << url;
  }
  EXPECT_THAT(load_link("url: 'https://x/', cert: /a.pem").mistakes,
              testing::HasSubstr("'cert' and 'key' belong together"));
  // a far end answers 400 to a header that is broken, and so refuses every batch for ever
  for (const char* token : {"abc\\r", "a\\nb: c", "a b"})
    EXPECT_THAT(load_link("url: 'https://x/', token: \"" + std::string(token) + "\"").mistakes,
                testing::HasSubstr("expected a token"))
        << token;
  const std::string uplink = "name: lake, https: {url: 'https://x/'}";
  EXPECT_THAT(load("{" + uplink + ", batch: {rows: 5}}").mistakes,
              testing::HasSubstr("not available in this version"));
  EXPECT_NE(load("{" + uplink + ", compress: lz4}").mistakes, "");
}

}  // namespace
}  // namespace fieldweir
