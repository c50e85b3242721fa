#include "cli/configuration.hpp"

#include <unistd.h>

namespace iib::cli {

std::map<std::string, std::string> environment_variables() {
  std::map<std::string, std::string> variables;
  for (char** each = environ; *each != nullptr; ++each) {
    const std::string text{*each};
    const auto equals = text.find('=');
    if (equals != std::string::npos) variables[text.substr(0, equals)] = text.substr(equals + 1);
  }
  return variables;
}

config::Loaded load_config(const std::optional<std::filesystem::path>& file, config::Mode mode) {
  const auto environment = environment_variables();
  return config::load(file ? file : config::find_file(environment, mode), environment, mode);
}

void add_config_option(CLI::App& command, std::optional<std::filesystem::path>& file) {
  command.add_option("--config", file,
                     "configuration file (default: $IIBD_CONFIG, else /etc/iibd/iibd.yaml)");
}

}  // namespace iib::cli
