#include "cli/command_line.hpp"
#include "cli/configuration.hpp"
#include "cli/password_prompt.hpp"
#include "iib/base/clock.hpp"
#include "iib/base/error.hpp"
#include "iib/web/users_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace iib::cli {
namespace {

using Entries = std::vector<web::UserEntry>;

constexpr std::size_t kDayLength = std::string_view{"YYYY-MM-DD"}.size();
constexpr auto kReload = "a running daemon reads it on SIGHUP: systemctl reload iibd";

struct Options {
  std::optional<std::filesystem::path> config;
  std::string name;
  bool token = false;
  /// Of a token, as `list` shows it; empty: none in particular.
  std::string id;
};

std::filesystem::path users_file(const Options& options) {
  auto loaded = load_config(options.config, config::Mode::normal);
  if (loaded.config.users_file) return *std::move(loaded.config.users_file);
  throw UserError{
      "iib_users_file is not set; set it in the configuration, for example to users in "
      "iib_state_dir"};
}

std::string today() {
  return to_iso8601(SystemClock{}.now()).substr(0, kDayLength);
}

bool is_password(const web::UserEntry& entry) {
  return std::holds_alternative<web::PasswordHash>(entry.credential);
}

void add_token(const Options& options, const std::filesystem::path& file) {
  const Secret token{web::new_token()};
  web::change_users(file, [&](Entries& entries) {
    entries.push_back(
        {.name = options.name, .added = today(), .credential = web::hash_token(token.reveal())});
  });
  std::cout << token.reveal() << '\n';
  std::cerr << fmt::format("{} has the token above, shown this once; its id is {}; {}\n",
                           options.name, web::hash_token(token.reveal()).id(), kReload);
}

void set_password(const Options& options, const std::filesystem::path& file) {
  const auto password = read_new_password(options.name);
  const web::UserEntry fresh{
      .name = options.name, .added = today(), .credential = web::hash_password(password.reveal())};
  bool replaced = false;
  web::change_users(file, [&](Entries& entries) {
    replaced = std::erase_if(entries, [&](const auto& entry) {
                 return entry.name == options.name && is_password(entry);
               }) > 0;
    entries.push_back(fresh);
  });
  std::cerr << fmt::format("{} has a {}password; {}\n", options.name, replaced ? "new " : "",
                           kReload);
}

void add(const Options& options) {
  web::check_user_name(options.name);
  const auto file = users_file(options);
  if (options.token) {
    add_token(options, file);
  } else {
    set_password(options, file);
  }
}

/// Whether `remove` means that entry: with an id that token alone, with --token all tokens, else
/// all that the user has.
bool is_meant(const web::UserEntry& entry, const Options& options) {
  if (entry.name != options.name) return false;
  const auto* const token = std::get_if<web::TokenHash>(&entry.credential);
  if (!options.id.empty()) return token != nullptr && token->id() == options.id;
  return token != nullptr || !options.token;
}

std::string kind_of_meant(const Options& options) {
  if (!options.id.empty()) return fmt::format("token {}", options.id);
  return options.token ? "token" : "entry";
}

void remove(const Options& options) {
  const auto file = users_file(options);
  std::size_t gone = 0;
  web::change_users(file, [&](Entries& entries) {
    gone = std::erase_if(entries, [&](const auto& entry) { return is_meant(entry, options); });
    if (gone == 0) {
      throw UserError{fmt::format("{} has no {} in {}; `iibd user list` shows who is there",
                                  options.name, kind_of_meant(options), file.string())};
    }
  });
  std::cerr << fmt::format("entries of {} removed: {}; {}\n", options.name, gone, kReload);
}

void list(const Options& options) {
  auto entries = web::read_users(users_file(options));
  std::stable_sort(entries.begin(), entries.end(),
                   [](const auto& left, const auto& right) { return left.name < right.name; });
  for (const auto& entry : entries) {
    const auto* const token = std::get_if<web::TokenHash>(&entry.credential);
    std::cout << fmt::format("{}\t{}\t{}\n", entry.name,
                             token == nullptr ? "password" : "token " + token->id(), entry.added);
  }
}

void add_command(CLI::App& group, CommandLine& line, const std::string& name,
                 const std::string& meaning, void (*work)(const Options&)) {
  const auto options = std::make_shared<Options>();
  auto& command = *group.add_subcommand(name, meaning);
  add_config_option(command, options->config);
  if (work != list) {
    command.add_option("NAME", options->name, "the user, as requests show it")->required();
    command.add_flag(
        "--token", options->token,
        work == add ? "make a token instead of setting a password" : "remove the tokens only");
  }
  if (work == remove) {
    command.add_option("--id", options->id, "remove this token only, by the id that list shows");
  }
  command.callback([&line, options, work] {
    line.action = [options, work] {
      work(*options);
      return kDone;
    };
  });
}

}  // namespace

void add_user(CLI::App& root, CommandLine& line) {
  auto& group = *root.add_subcommand("user", "passwords and tokens for scripts");
  group.require_subcommand(1);
  add_command(group, line, "add",
              "set a password, read from standard input, or make one more token", add);
  add_command(group, line, "remove", "remove a user, or tokens", remove);
  add_command(group, line, "list", "list the users: name, kind with the id of a token, day", list);
}

}  // namespace iib::cli
