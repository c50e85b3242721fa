#include "iib/cli/cli.hpp"

#include "iib/app/daemon.hpp"
#include "iib/base/error.hpp"
#include "iib/config/config.hpp"
#include "iib/store/maintenance.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <functional>
#include <iostream>
#include <map>
#include <optional>
#include <string>

namespace iib::cli {
namespace {

constexpr int kFailed = 1;
constexpr int kWrongCommandLine = 2;

/// What the options were set to; the chosen subcommand puts its work into `action`.
struct CommandLine {
  std::optional<std::filesystem::path> config;
  bool dev = false;
  std::filesystem::path file;
  std::function<void()> action;

  [[nodiscard]] config::Mode mode() const { return dev ? config::Mode::dev : config::Mode::normal; }
};

std::map<std::string, std::string> environment_variables() {
  std::map<std::string, std::string> variables;
  for (char** each = environ; *each != nullptr; ++each) {
    const std::string text{*each};
    const auto equals = text.find('=');
    if (equals != std::string::npos) variables[text.substr(0, equals)] = text.substr(equals + 1);
  }
  return variables;
}

config::Loaded load_config(const CommandLine& line) {
  const auto environment = environment_variables();
  const auto file = line.config ? line.config : config::find_file(environment, line.mode());
  return config::load(file, environment, line.mode());
}

void print_warnings(const config::Loaded& loaded) {
  for (const auto& warning : loaded.warnings) std::cerr << "warning: " << warning << '\n';
}

void check_config(const CommandLine& line) {
  // With the environment, as `serve` would read it here: variables may complete a file.
  print_warnings(config::load(line.file, environment_variables(), line.mode()));
  std::cout << line.file.string() << " is right\n";
}

void upgrade_database(const CommandLine& line) {
  const auto loaded = load_config(line);
  const SystemClock clock;
  const Log log{make_stderr_sink(), "store", LogLevel::info};
  const auto result = store::upgrade(loaded.config.database, clock, log);
  const auto& name = loaded.config.database.string();
  if (result.from == result.to) {
    std::cout << fmt::format("{} has version {} already\n", name, result.to);
  } else {
    std::cout << fmt::format("{} was upgraded from version {} to {}\n", name, result.from,
                             result.to);
  }
}

void backup_database(const CommandLine& line) {
  const auto loaded = load_config(line);
  store::backup(loaded.config.database, line.file);
  std::cout << fmt::format("{} was copied to {}\n", loaded.config.database.string(),
                           line.file.string());
}

void add_config_option(CLI::App& command, CommandLine& line) {
  command.add_option("--config", line.config,
                     "configuration file (default: $IIBD_CONFIG, else /etc/iibd/iibd.yaml)");
}

void add_serve(CLI::App& root, CommandLine& line) {
  auto& serve = *root.add_subcommand("serve", "run the daemon");
  add_config_option(serve, line);
  serve.add_flag("--dev", line.dev,
                 "development: loopback, state below the working directory, no login");
  serve.callback([&line] { line.action = [&line] { app::serve(load_config(line)); }; });
}

void add_config(CLI::App& root, CommandLine& line) {
  auto& group = *root.add_subcommand("config", "look at configurations");
  group.require_subcommand(1);
  auto& check = *group.add_subcommand("check", "check a configuration file");
  check.add_option("FILE", line.file, "the file")->required();
  check.add_flag("--dev", line.dev, "check it for development");
  check.callback([&line] { line.action = [&line] { check_config(line); }; });
  auto& print = *group.add_subcommand("default", "print the commented default file");
  print.callback([&line] { line.action = [] { std::cout << config::default_file(); }; });
}

void add_database(CLI::App& root, CommandLine& line) {
  auto& group = *root.add_subcommand("db", "look after the database");
  group.require_subcommand(1);
  auto& upgrade = *group.add_subcommand(
      "upgrade", "bring the database to this version; no daemon may be using it");
  add_config_option(upgrade, line);
  upgrade.callback([&line] { line.action = [&line] { upgrade_database(line); }; });
  auto& backup = *group.add_subcommand("backup", "copy the database, also while the daemon runs");
  add_config_option(backup, line);
  backup.add_option("FILE", line.file, "the copy, which must not exist")->required();
  backup.callback([&line] { line.action = [&line] { backup_database(line); }; });
}

}  // namespace

int run(int argc, const char* const* argv) {
  CLI::App root{"iibd manages operator index images (catalogs).", "iibd"};
  root.set_version_flag("--version", "iibd " IIBD_VERSION);
  root.require_subcommand(1);
  CommandLine line;
  add_serve(root, line);
  add_config(root, line);
  add_database(root, line);
  try {
    root.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return root.exit(error) == 0 ? 0 : kWrongCommandLine;
  }
  try {
    line.action();
    return 0;
  } catch (const Error& error) {
    std::cerr << "iibd: " << error.what() << '\n';
  } catch (const std::exception& error) {
    std::cerr << "iibd: internal error: " << error.what() << '\n';
  }
  return kFailed;
}

}  // namespace iib::cli
