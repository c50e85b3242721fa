#include "iib/cli/cli.hpp"

#include "cli/command_line.hpp"
#include "cli/configuration.hpp"
#include "iib/app/daemon.hpp"
#include "iib/base/error.hpp"
#include "iib/config/config.hpp"
#include "iib/store/maintenance.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <filesystem>
#include <iostream>
#include <memory>
#include <optional>
#include <string>

namespace iib::cli {
namespace {

/// What the options of a subcommand were set to.
struct Options {
  std::optional<std::filesystem::path> config;
  bool dev = false;
  std::filesystem::path file;

  [[nodiscard]] config::Mode mode() const { return dev ? config::Mode::dev : config::Mode::normal; }
};

void print_warnings(const config::Loaded& loaded) {
  for (const auto& warning : loaded.warnings) std::cerr << "warning: " << warning << '\n';
}

void check_config(const Options& options) {
  // With the environment, as `serve` would read it here: variables may complete a file.
  print_warnings(config::load(options.file, environment_variables(), options.mode()));
  std::cout << options.file.string() << " is right\n";
}

void upgrade_database(const Options& options) {
  const auto loaded = load_config(options.config, options.mode());
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

void backup_database(const Options& options) {
  const auto loaded = load_config(options.config, options.mode());
  store::backup(loaded.config.database, options.file);
  std::cout << fmt::format("{} was copied to {}\n", loaded.config.database.string(),
                           options.file.string());
}

/// Lets `command` do `work` with its options.
void set_work(CLI::App& command, CommandLine& line, std::shared_ptr<Options> options,
              void (*work)(const Options&)) {
  command.callback([&line, options = std::move(options), work] {
    line.action = [options, work] {
      work(*options);
      return kDone;
    };
  });
}

void serve(const Options& options) {
  app::serve(load_config(options.config, options.mode()));
}

void print_default_config(const Options&) {
  std::cout << config::default_file();
}

void add_serve(CLI::App& root, CommandLine& line) {
  auto& command = *root.add_subcommand("serve", "run the daemon");
  const auto options = std::make_shared<Options>();
  add_config_option(command, options->config);
  command.add_flag("--dev", options->dev,
                   "development: loopback, state below the working directory, no login");
  set_work(command, line, options, serve);
}

void add_config(CLI::App& root, CommandLine& line) {
  auto& group = *root.add_subcommand("config", "look at configurations");
  group.require_subcommand(1);
  const auto options = std::make_shared<Options>();
  auto& check = *group.add_subcommand("check", "check a configuration file");
  check.add_option("FILE", options->file, "the file")->required();
  check.add_flag("--dev", options->dev, "check it for development");
  set_work(check, line, options, check_config);
  auto& print = *group.add_subcommand("default", "print the commented default file");
  set_work(print, line, options, print_default_config);
}

void add_database(CLI::App& root, CommandLine& line) {
  auto& group = *root.add_subcommand("db", "look after the database");
  group.require_subcommand(1);
  const auto options = std::make_shared<Options>();
  auto& upgrade = *group.add_subcommand(
      "upgrade", "bring the database to this version; no daemon may be using it");
  add_config_option(upgrade, options->config);
  set_work(upgrade, line, options, upgrade_database);
  auto& backup = *group.add_subcommand("backup", "copy the database, also while the daemon runs");
  add_config_option(backup, options->config);
  backup.add_option("FILE", options->file, "the copy, which must not exist")->required();
  set_work(backup, line, options, backup_database);
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
  add_catalog(root, line);
  add_bundle(root, line);
  add_outbox(root, line);
  add_user(root, line);
  try {
    root.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return root.exit(error) == 0 ? kDone : kWrongCommandLine;
  }
  try {
    return line.action();
  } catch (const Error& error) {
    std::cerr << "iibd: " << error.what() << '\n';
  } catch (const std::exception& error) {
    std::cerr << "iibd: internal error: " << error.what() << '\n';
  }
  return kFailed;
}

}  // namespace iib::cli
