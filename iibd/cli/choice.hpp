#pragma once

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace iib::cli {

/// An option whose value is one of a few words; `chosen` keeps its value unless it is given.
/// CLI11's own transformers accept the numbers behind the words, too, and name them in errors.
template <class Value>
CLI::Option* add_choice_option(CLI::App& command, const std::string& name, Value& chosen,
                               std::vector<std::pair<std::string, Value>> choices,
                               const std::string& description) {
  std::vector<std::string> words;
  for (const auto& [word, value] : choices) words.push_back(word);
  const auto choose = [&chosen, choices = std::move(choices), words,
                       name](const std::string& text) {
    const auto found = std::find_if(choices.begin(), choices.end(),
                                    [&](const auto& choice) { return choice.first == text; });
    if (found == choices.end()) {
      throw CLI::ValidationError{name,
                                 fmt::format("'{}' is none of {}", text, fmt::join(words, ", "))};
    }
    chosen = found->second;
  };
  return command.add_option_function<std::string>(name, choose, description)
      ->type_name(fmt::format("{}", fmt::join(words, "|")));
}

}  // namespace iib::cli
