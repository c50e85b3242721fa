#include "option.hpp"

#include <fmt/format.h>

#include <sstream>

namespace iib::config {
namespace {

constexpr std::size_t kWidth = 98;

/// `text` as comment lines.
std::string comment(const std::string& text) {
  std::istringstream words{text};
  std::string lines;
  std::string line = "#";
  for (std::string word; words >> word;) {
    if (line.size() + 1 + word.size() > kWidth) {
      lines += line + "\n";
      line = "#";
    }
    line += " " + word;
  }
  return lines + line + "\n";
}

std::string capitalized(std::string text) {
  if (!text.empty() && text[0] >= 'a' && text[0] <= 'z') {
    text[0] = static_cast<char>(text[0] - 'a' + 'A');
  }
  return text;
}

std::string default_line(const Option& row) {
  return fmt::format("#{}:{}{}\n", row.name, row.default_text.empty() ? "" : " ", row.default_text);
}

std::string status_text(Status status) {
  switch (status) {
    case Status::honoured:
    case Status::ignored:
      return {};
    case Status::ours:
      return "New in iibd.";
    case Status::not_yet:
      return "Not yet.";
  }
  return {};
}

/// The meaning and the status, set off by `mark`.
std::string full_meaning(const Option& row, std::string_view mark) {
  const auto status = status_text(row.status);
  if (status.empty()) return row.meaning;
  return fmt::format("{} {}{}{}", row.meaning, mark, status, mark);
}

constexpr auto kFileIntroduction =
    R"(# The configuration of iibd: every option with its default. To change one, remove the # before its
# name. A variable of the environment with the same name in upper case overrides this file; for
# lists and maps it holds YAML text. `<state_dir>` stands for iib_state_dir. An unknown name, a wrong
# type or an impossible value stops the start; `iibd config check FILE` tells beforehand.
)";

constexpr auto kPageIntroduction = R"(# Configuration

This page is made from the table that iibd itself reads options by; `iibd config default` prints the
same as a file.

- `iibd serve --config FILE` reads FILE. Without it: `$IIBD_CONFIG`, else `/etc/iibd/iibd.yaml` if it
  exists, else defaults and the environment alone.
- The file is YAML: one map from option to value. A key given twice is refused.
- A variable of the environment with an option's name in upper case overrides the file
  (`IIB_MAX_PER_PAGE=50`). For lists and maps it holds YAML text (`IIB_QUEUES='{iib: 2}'`).
- An unknown name, a wrong type or an impossible value stops the start with file, line, name, what was
  expected and the nearest known name. `iibd config check FILE` says so without starting.
- An empty value (null) means: the default. As a key of a map from queues, null is the default queue
  `iib`.
- A duration is a number of seconds, or a text such as `300s`, `30m`, `6h`.
- In paths, `~/` is the home directory, and `<state_dir>` is `iib_state_dir`.
- What is marked *not yet* is known and checked, and causes a warning when it is set; the meaning says
  what this release does instead.

## Development

`iibd serve --dev`, or `IIB_DEV=true`, changes these defaults: `iib_state_dir` is `./iibd-state`,
`login_disabled` is true, `iib_log_level` is `DEBUG`, `iib_registry` is `127.0.0.1:5000`, and
`iib_insecure_registries` has that registry. `/etc/iibd/iibd.yaml` is not read.
)";

}  // namespace

std::string default_file() {
  std::string text = kFileIntroduction;
  for (const auto& section : sections()) {
    text += fmt::format("\n## {}\n", section.title);
    for (const auto& row : section.options) {
      text += "\n" + comment(full_meaning(row, "")) + comment(capitalized(row.expected) + ".") +
              default_line(row);
    }
  }
  return text;
}

std::string reference_page() {
  std::string page = kPageIntroduction;
  for (const auto& section : sections()) {
    page +=
        fmt::format("\n## {}\n\n| Option | Type | Default | Meaning |\n| --- | --- | --- | --- |\n",
                    section.title);
    for (const auto& row : section.options) {
      page += fmt::format("| `{}` | {} | {} | {} |\n", row.name, row.expected,
                          row.default_text.empty() ? "none" : fmt::format("`{}`", row.default_text),
                          full_meaning(row, "*"));
    }
  }
  return page;
}

}  // namespace iib::config
