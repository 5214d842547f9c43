#include "daemon/commands.h"

#include <unistd.h>

#include <fstream>
#include <iostream>
#include <system_error>

#include "config/values.h"
#include "core/random.h"
#include "daemon/account.h"
#include "daemon/check.h"
#include "daemon/command_json.h"
#include "daemon/schema.h"
#include "daemon/status.h"
#include "daemon/status_socket.h"
#include "daemon/version.h"

namespace fieldweir {

int command_check(const std::string& config, bool explain) {
  return check(config, explain, std::cout, std::cerr);
}

int command_status(const std::string& socket, bool json) {
  const std::string path = socket.empty() ? default_status_path() : socket;
  std::string answer;
  try {
    answer = ask_status(path);
  } catch (const std::system_error& problem) {
    std::cerr << "fieldweir: no gateway answers at " << path << ": " << problem.code().message()
              << "\nIs it running, and may you read its socket? --socket names another place.\n";
    return exit_failure;
  }
  std::cout << (json ? answer : status_text(answer));
  return exit_ok;
}

int command_account(const std::vector<std::string>& files) {
  Account account;
  const auto read = [&](std::istream& in) {
    for (std::string line; std::getline(in, line);) account.add(line);
  };
  if (files.empty()) read(std::cin);
  for (const std::string& name : files) {
    std::ifstream file(name);
    if (!file) {
      std::cerr << "fieldweir: " << name << " cannot be read\n";
      return exit_failure;
    }
    read(file);
  }
  const Account::Report report = account.report();
  std::cout << report.text;
  return report.explained ? exit_ok : exit_failure;
}

int command_write(const std::string& socket, const std::string& signal, const std::string& value,
                  const std::string& valid_for, std::string id) {
  config::Node node;
  node.type = config::Node::Type::scalar;
  node.scalar = valid_for;
  config::Mistakes mistakes;
  Duration validity = 0;
  if (!config::read_duration(node, {millisecond, 10 * minute}, validity, mistakes)) {
    std::cerr << "fieldweir: --expires takes a duration from 1ms to 10m, like 10s\n";
    return exit_usage;
  }
  if (id.empty()) id = "cli-" + std::to_string(getpid()) + "-" + std::to_string(random_seed());
  const std::string path = socket.empty() ? default_status_path() : socket;
  std::string answer;
  try {
    answer = ask_write(path, wish_json(id, signal, value, validity));
  } catch (const std::system_error& problem) {
    std::cerr << "fieldweir: no answer from a gateway at " << path << ": "
              << problem.code().message()
              << "\nWhat was asked of a running gateway is in its audit.\n";
    return exit_failure;
  }
  const AnswerText said = answer_text(answer);
  (said.done ? std::cout : std::cerr) << said.text << "\n";
  return said.done ? exit_ok : exit_failure;
}

int command_schema(Grammar form) {
  std::cout << (form == Grammar::schema   ? configuration_schema()
                : form == Grammar::manual ? configuration_manual()
                                          : configuration_reference());
  return exit_ok;
}

int command_version() {
  std::cout << "fieldweir " << version << "\n";
  return exit_ok;
}

}  // namespace fieldweir
