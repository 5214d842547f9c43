#include "daemon/commands.h"

#include <iostream>
#include <system_error>

#include "daemon/check.h"
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

int command_version() {
  std::cout << "fieldweir " << version << "\n";
  return exit_ok;
}

}  // namespace fieldweir
