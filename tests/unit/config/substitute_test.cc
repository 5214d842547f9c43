#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <fstream>

#include "config/load.h"
#include "config/values.h"
#include "tests/support/temp_dir.h"

namespace fieldweir::config {
namespace {

class Substitute : public testing::Test {
 protected:
  void SetUp() override {
    setenv("FIELDWEIR_T_PORT", "502", 1);
    setenv("FIELDWEIR_T_EMPTY", "", 1);
    setenv("FIELDWEIR_T_EVIL", "x: {y: [1]}\n${env:FIELDWEIR_T_PORT}", 1);
    unsetenv("FIELDWEIR_T_NONE");
    unsetenv("CREDENTIALS_DIRECTORY");
  }

  void secret_file(const std::string& folder, const std::string& name, const std::string& value,
                   mode_t mode) {
    mkdir(folder.c_str(), 0700);
    std::ofstream(folder + "/" + name) << value;
    chmod((folder + "/" + name).c_str(), mode);
  }

  /// The value of `a`, or the mistakes.
  Node load(const std::string& scalar) {
    mistakes_ = Mistakes();
    Node root = load_text(folder_.file("f.yaml"), "a: " + scalar + "\n", mistakes_);
    return root.entries.empty() ? Node() : root.entries[0].value;
  }
  std::string message() { return mistakes_.empty() ? "" : mistakes_.all()[0].message; }

  TempDir folder_;
  Mistakes mistakes_;
};

TEST_F(Substitute, Environment) {
  EXPECT_EQ(load("${env:FIELDWEIR_T_PORT}").scalar, "502");
  EXPECT_EQ(load("x-${env:FIELDWEIR_T_PORT}-${env:FIELDWEIR_T_PORT}").scalar, "x-502-502");
  EXPECT_EQ(load("${env:FIELDWEIR_T_NONE:-packing-7}").scalar, "packing-7");
  EXPECT_EQ(load("${env:FIELDWEIR_T_EMPTY:-d}").scalar, "d");
  EXPECT_EQ(load("${env:FIELDWEIR_T_NONE:-}").scalar, "");
  EXPECT_TRUE(mistakes_.empty());
  EXPECT_TRUE(load("${env:FIELDWEIR_T_NONE}").mistaken);
  EXPECT_EQ(
      message(),
      "environment variable 'FIELDWEIR_T_NONE' is not set; ${env:FIELDWEIR_T_NONE:-...} gives "
      "a default");
}

TEST_F(Substitute, AQuotedSubstitutionCountsAsPlain) {
  const Node port = load("\"${env:FIELDWEIR_T_PORT}\"");
  std::int64_t value = 0;
  EXPECT_TRUE(read_integer(port, {1, 65535}, value, mistakes_));
  EXPECT_EQ(value, 502);
}

TEST_F(Substitute, AValueAddsNoStructureAndIsNotLookedAtAgain) {
  const Node node = load("${env:FIELDWEIR_T_EVIL}");
  EXPECT_EQ(node.type, Node::Type::scalar);
  EXPECT_EQ(node.scalar, "x: {y: [1]}\n${env:FIELDWEIR_T_PORT}");
}

TEST_F(Substitute, WhatIsNoSubstitutionIsRefused) {
  for (const char* text : {"${HOME}", "${env:A", "a${}", "${ENV:A}"}) {
    load("'" + std::string(text) + "'");
    EXPECT_EQ(message(), "expected ${env:NAME}, ${env:NAME:-default} or ${secret:NAME}") << text;
  }
  load("'${env:}'");
  EXPECT_EQ(message(), "expected a name after ${env:");
  EXPECT_EQ(load("$5 {room} $").scalar, "$5 {room} $");
}

TEST_F(Substitute, SecretsComeFromCredentialsThenFileThenEnvironment) {
  setenv("FIELDWEIR_T_SECRET", "from environment", 1);
  EXPECT_EQ(load("${secret:FIELDWEIR_T_SECRET}").scalar, "from environment");
  secret_file(folder_.file("secrets"), "FIELDWEIR_T_SECRET", "from file\n", 0600);
  EXPECT_EQ(load("${secret:FIELDWEIR_T_SECRET}").scalar, "from file");
  secret_file(folder_.file("credentials"), "FIELDWEIR_T_SECRET", "from systemd", 0444);
  setenv("CREDENTIALS_DIRECTORY", folder_.file("credentials").c_str(), 1);
  const Node node = load("Bearer ${secret:FIELDWEIR_T_SECRET}");
  EXPECT_EQ(node.scalar, "Bearer from systemd");
  EXPECT_TRUE(node.secret);
  EXPECT_EQ(show(node), "a secret");
  unsetenv("FIELDWEIR_T_SECRET");
}

TEST_F(Substitute, ASecretOthersMayReadIsRefused) {
  for (const int mode : {0644, 0604, 0660}) {
    secret_file(folder_.file("secrets"), "s", "x", static_cast<mode_t>(mode));
    EXPECT_TRUE(load("${secret:s}").mistaken) << std::oct << mode;
    EXPECT_EQ(message(), "others may read or write " + folder_.file("secrets/s") +
                             "; give it mode 0600, or 0640 and the service's group");
  }
  secret_file(folder_.file("secrets"), "s", "x", 0640);
  EXPECT_EQ(load("${secret:s}").scalar, "x");
}

TEST_F(Substitute, SecretsThatAreNoneAreToldApart) {
  load("${secret:none}");
  EXPECT_EQ(message(), "secret 'none' is neither a systemd credential, nor the file " +
                           folder_.file("secrets/none") + ", nor in the environment");
  secret_file(folder_.file("secrets"), "empty", "\n", 0600);
  load("${secret:empty}");
  EXPECT_EQ(message(), "secret 'empty' is empty");
  secret_file(folder_.file("secrets"), "binary", "\x01", 0600);
  load("${secret:binary}");
  EXPECT_EQ(message(), "the value of ${secret:binary} is not text");
}

TEST_F(Substitute, ASecretNameCannotLeaveItsFolder) {
  secret_file(folder_.path().string(), "outside", "x", 0600);
  secret_file(folder_.file("secrets"), "inside", "x", 0600);
  for (const char* name : {"../outside", "..", "/etc/passwd", ".hidden", ""}) {
    load("'${secret:" + std::string(name) + "}'");
    EXPECT_EQ(message(), "expected a name after ${secret:") << name;
  }
}

}  // namespace
}  // namespace fieldweir::config
