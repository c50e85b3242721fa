#include "cli/output.hpp"

#include "cli/choice.hpp"
#include "cli/command_line.hpp"
#include "cli/own_words.hpp"
#include "iib/base/descriptor.hpp"
#include "iib/base/error.hpp"
#include "iib/base/log.hpp"
#include "iib/catalog/problem.hpp"
#include "iib/model/json_writer.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <system_error>
#include <utility>

namespace iib::cli {
namespace {

/// A cell or sentence beyond this is cut: it is no name any more.
constexpr std::size_t kLongestLine = 16UL << 10U;

/// The columns that UTF-8 text takes, near enough for names.
std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char byte) {
    return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U;
  }));
}

std::string_view code_of(Emphasis emphasis) {
  switch (emphasis) {
    case Emphasis::none:
      return "";
    case Emphasis::strong:
      return "1";
    case Emphasis::good:
      return "32";
    case Emphasis::bad:
      return "31";
    case Emphasis::changed:
      return "33";
    case Emphasis::faint:
      return "2";
  }
  return "";
}

std::string lined_up(const std::vector<std::string>& cells, const std::vector<std::size_t>& widths,
                     std::size_t indent) {
  std::string line(indent, ' ');
  for (std::size_t i = 0; i < cells.size(); ++i) {
    line += cells[i];
    if (i + 1 < cells.size()) line.append(widths[i] - width_of(cells[i]) + 2, ' ');
  }
  line.erase(line.find_last_not_of(' ') + 1);  // an empty last cell leaves blanks
  return line;
}

void print_json(const std::string& error, const std::vector<catalog::Problem>& problems) {
  model::JsonWriter json;
  json.begin_object();
  json.member("error", in_own_words(error));
  json.key("problems");
  json.begin_array();
  for (const auto& problem : problems) {
    json.begin_object();
    json.member("error_kind", catalog::to_string(problem.kind));
    json.member("bundle", problem.bundle);
    json.member("pull_spec", problem.pull_spec);
    json.member("package", problem.package);
    json.member("channel", problem.channel);
    json.member("text", in_own_words(problem.text));
    json.end_object();
  }
  json.end_array();
  json.end_object();
  print(json.text() + "\n");
}

void print_for_people(const std::vector<catalog::Problem>& problems) {
  std::vector<std::string> lines;
  for (const auto& problem : problems) {
    auto line = one_line(in_own_words(problem.text), kLongestLine);
    if (std::find(lines.begin(), lines.end(), line) == lines.end())
      lines.push_back(std::move(line));
  }
  if (lines.size() == 1) {
    std::cerr << fmt::format("iibd: {}\n", lines.front());
    return;
  }
  std::cerr << fmt::format("iibd: {} problems:\n", lines.size());
  for (const auto& line : lines) std::cerr << fmt::format("  - {}\n", line);
}

void report(Format format, const std::string& error,
            const std::vector<catalog::Problem>& problems) {
  switch (format) {
    case Format::json:
      print_json(error, problems);
      return;
    case Format::text:
      if (problems.empty()) {
        std::cerr << fmt::format("iibd: {}\n", one_line(in_own_words(error), kLongestLine));
      } else {
        print_for_people(problems);
      }
      return;
  }
}

}  // namespace

void add_format_option(CLI::App& command, Format& format) {
  add_choice_option<Format>(command, "--format", format,
                            {{"text", Format::text}, {"json", Format::json}},
                            "how the result is told; text by default");
}

Style Style::of_standard_output() {
  const char* unwanted = std::getenv("NO_COLOR");
  const char* terminal = std::getenv("TERM");
  const bool dumb = terminal == nullptr || std::string_view{terminal} == "dumb";
  const bool refused = unwanted != nullptr && *unwanted != '\0';
  return Style{!refused && !dumb && ::isatty(STDOUT_FILENO) == 1};
}

std::string Style::paint(Emphasis emphasis, std::string_view text) const {
  if (!coloured_ || emphasis == Emphasis::none) return std::string{text};
  return fmt::format("\x1b[{}m{}\x1b[0m", code_of(emphasis), text);
}

Table::Table(std::vector<std::string> header) : header_{std::move(header)} {}

void Table::add_row(std::vector<std::string> cells, Emphasis emphasis) {
  for (auto& cell : cells) cell = one_line(cell, kLongestLine);
  rows_.push_back({std::move(cells), emphasis});
}

std::string Table::text(const Style& style, std::size_t indent) const {
  if (rows_.empty()) return {};
  std::vector<std::size_t> widths;
  const auto measure = [&](const std::vector<std::string>& cells) {
    widths.resize(std::max(widths.size(), cells.size()));
    for (std::size_t i = 0; i < cells.size(); ++i) {
      widths[i] = std::max(widths[i], width_of(cells[i]));
    }
  };
  measure(header_);
  for (const auto& row : rows_) measure(row.cells);
  std::string lines;
  if (!header_.empty()) {
    lines += style.paint(Emphasis::strong, lined_up(header_, widths, indent)) + "\n";
  }
  for (const auto& row : rows_) {
    lines += style.paint(row.emphasis, lined_up(row.cells, widths, indent)) + "\n";
  }
  return lines;
}

std::string count_of(std::size_t number, std::string_view singular, std::string_view plural) {
  return number == 1 ? fmt::format("one {}", singular) : fmt::format("{} {}", number, plural);
}

void print(std::string_view text) {
  std::cout.flush();
  if (write_all(STDOUT_FILENO, text) || errno == EPIPE) return;  // a closed pipe has enough of it
  throw ExternalError{fmt::format("the result cannot be written to standard output: {}",
                                  std::generic_category().message(errno)),
                      ExternalError::Retry::no};
}

int run_command(Format format, const std::function<int()>& work) {
  try {
    return work();
  } catch (const catalog::Refused& refused) {
    report(format, refused.what(), refused.problems());
  } catch (const Cancelled&) {
    report(format, "interrupted; nothing was changed", {});
  } catch (const Error& error) {
    report(format, error.what(), {});
  } catch (const std::filesystem::filesystem_error& error) {
    report(format, fmt::format("{}: {}", error.path1().string(), error.code().message()), {});
  } catch (const std::exception& error) {
    report(format, fmt::format("internal error: {}", error.what()), {});
  }
  return kFailed;
}

}  // namespace iib::cli
