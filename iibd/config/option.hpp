#pragma once

#include "types.hpp"

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace iib::config {

/// What becomes of an option.
enum class Status {
  /// Of the original service, and acted on.
  honoured,
  /// Not known to the original.
  ours,
  /// Of the original, not needed by iibd: accepted with a warning.
  ignored,
  /// To come: accepted with a warning that says what this release does instead.
  not_yet,
};

/// A Config in the making, and what the checks need besides it.
struct Draft {
  Config config;
  /// `sqlalchemy_database_uri`.
  std::optional<std::filesystem::path> original_database;
  std::optional<std::string> s3_bucket;
  bool tracing = false;
  /// `iib_queues` as written.
  std::map<std::string, int> configured_queues;
  /// Where each option that was given was given.
  std::map<std::string, Place, std::less<>> places;
};

/// A row of the table that parsing, overriding, printing and documents come from.
struct Option {
  std::string name;
  Status status = Status::honoured;
  /// What it is for. For `ignored` and `not_yet` also what happens when it is set.
  std::string meaning;
  /// As YAML text; empty: none.
  std::string default_text;
  std::string expected;
  Shape shape = Shape::plain;
  Visibility visibility = Visibility::open;
  std::function<void(Draft&, const Value&)> read;
};

/// Options that belong together.
struct Section {
  std::string title;
  std::vector<Option> options;
};

/// The whole table, in the order of the documents.
[[nodiscard]] const std::vector<Section>& sections();

/// The option called `name`, or null.
[[nodiscard]] const Option* find_option(std::string_view name);

/// The known option whose name needs the fewest changes to become `name`.
[[nodiscard]] const Option& nearest_option(std::string_view name);

/// A row whose value goes to a member of Config.
template <class T>
[[nodiscard]] Option option(Status status, std::string name, T Config::*member, Type<T> type,
                            std::string default_text, std::string meaning) {
  return {std::move(name),
          status,
          std::move(meaning),
          std::move(default_text),
          type.expected,
          type.shape,
          Visibility::open,
          [member, read = type.read](Draft& draft, const Value& value) {
            draft.config.*member = read(value);
          }};
}

/// A row whose value goes to a member of Draft.
template <class T>
[[nodiscard]] Option draft_option(Status status, std::string name, T Draft::*member, Type<T> type,
                                  std::string default_text, std::string meaning) {
  return {std::move(name),
          status,
          std::move(meaning),
          std::move(default_text),
          type.expected,
          type.shape,
          Visibility::open,
          [member, read = type.read](Draft& draft, const Value& value) {
            draft.*member = read(value);
          }};
}

/// A row whose value is checked and dropped.
template <class T>
[[nodiscard]] Option unused_option(Status status, std::string name, Type<T> type,
                                   std::string default_text, std::string meaning) {
  return {std::move(name),
          status,
          std::move(meaning),
          std::move(default_text),
          type.expected,
          type.shape,
          Visibility::open,
          [read = type.read](Draft&, const Value& value) { static_cast<void>(read(value)); }};
}

/// The same row, its value never shown in a message.
[[nodiscard]] Option secret(Option row);

[[nodiscard]] Section service_options();
[[nodiscard]] Section user_options();
[[nodiscard]] Section queue_options();
[[nodiscard]] Section image_options();
[[nodiscard]] Section limit_options();
[[nodiscard]] Section index_options();
[[nodiscard]] Section bundle_options();
[[nodiscard]] Section log_options();
[[nodiscard]] Section message_options();
[[nodiscard]] Section unneeded_options();

}  // namespace iib::config
