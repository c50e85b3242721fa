#include "iib/store/outbox.hpp"

#include "cli/command_line.hpp"
#include "cli/configuration.hpp"
#include "cli/output.hpp"
#include "iib/base/error.hpp"
#include "iib/io/json.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace iib::cli {
namespace {

/// More is no list for people, and scripts take the first and ask again.
constexpr std::size_t kMostShown = 1000;

struct Options {
  std::optional<std::filesystem::path> config;
  std::vector<std::int64_t> numbers;
  bool all = false;
  Format format = Format::text;
};

std::filesystem::path database_of(const Options& options) {
  return load_config(options.config, config::Mode::normal).config.database;
}

std::vector<store::OutboxId> ids_of(const Options& options) {
  std::vector<store::OutboxId> ids;
  for (const auto number : options.numbers) ids.emplace_back(number);
  return ids;
}

std::string as_json(const std::vector<store::OutboxEntry>& entries) {
  rapidjson::StringBuffer buffer;
  io::JsonWriter json{buffer};
  const auto text = [&](const char* key, std::string_view value) {
    json.Key(key);
    json.String(value.data(), static_cast<rapidjson::SizeType>(value.size()));
  };
  json.StartArray();
  for (const auto& entry : entries) {
    json.StartObject();
    json.Key("number");
    json.Int64(entry.id.value());
    text("state", store::to_string(entry.state));
    text("channel", entry.channel);
    text("kind", entry.kind);
    text("subject", entry.subject);
    text("destination", entry.destination);
    text("message_id", entry.message_id);
    text("written", to_iso8601(entry.written));
    json.Key("tries");
    json.Int(entry.tries);
    text("problem", entry.problem.value_or(""));
    json.EndObject();
  }
  json.EndArray();
  return std::string{buffer.GetString(), buffer.GetSize()} + "\n";
}

std::string as_text(const std::vector<store::OutboxEntry>& entries,
                    const store::OutboxCounts& counts) {
  Table table{{"NUMBER", "STATE", "SUBJECT", "KIND", "DESTINATION", "WRITTEN", "TRIES", "PROBLEM"}};
  for (const auto& entry : entries) {
    table.add_row({std::to_string(entry.id.value()), std::string{store::to_string(entry.state)},
                   entry.subject, entry.kind, entry.destination, to_iso8601(entry.written),
                   std::to_string(entry.tries), entry.problem.value_or("")});
  }
  return fmt::format("{}{} waiting, {} set aside\n", table.text(Style::of_standard_output()),
                     counts.waiting, counts.set_aside);
}

void list(const Options& options) {
  const auto database = database_of(options);
  const auto view = options.all ? store::OutboxView::all : store::OutboxView::set_aside;
  const auto entries = store::list_messages(database, view, kMostShown);
  print(options.format == Format::json ? as_json(entries)
                                       : as_text(entries, store::count_messages(database)));
}

void require_choice(const Options& options) {
  if (options.all != options.numbers.empty()) {
    throw UserError{
        "name the messages by their numbers, as `iibd outbox list` shows them, or give --all for "
        "all that are set aside"};
  }
}

void retry(const Options& options) {
  require_choice(options);
  const int count = store::retry_messages(database_of(options), ids_of(options));
  print(fmt::format("{} will be sent again\n",
                    count_of(static_cast<std::size_t>(count), "message", "messages")));
}

void drop(const Options& options) {
  require_choice(options);
  const int count = store::drop_messages(database_of(options), ids_of(options));
  print(fmt::format("{} dropped, never to be sent\n",
                    count_of(static_cast<std::size_t>(count), "message", "messages")));
}

void add_command(CLI::App& group, CommandLine& line, const std::string& name,
                 const std::string& meaning, void (*work)(const Options&)) {
  const auto options = std::make_shared<Options>();
  auto& command = *group.add_subcommand(name, meaning);
  add_config_option(command, options->config);
  if (work == list) {
    add_format_option(command, options->format);
    command.add_flag("--all", options->all, "those that wait, too; the oldest 1000");
  } else {
    command.add_option("NUMBER", options->numbers, "messages, as `list` shows them")
        ->check(CLI::PositiveNumber);
    command.add_flag("--all", options->all, "all that are set aside");
  }
  command.callback([&line, options, work] {
    line.action = [options, work] {
      return run_command(options->format, [&] {
        work(*options);
        return kDone;
      });
    };
  });
}

}  // namespace

void add_outbox(CLI::App& root, CommandLine& line) {
  auto& group =
      *root.add_subcommand("outbox", "messages that wait to be sent, also while the daemon runs");
  group.require_subcommand(1);
  add_command(group, line, "list", "list the messages that were refused too often", list);
  add_command(group, line, "retry", "send messages that were set aside again", retry);
  add_command(group, line, "drop", "remove messages without sending them", drop);
}

}  // namespace iib::cli
