#pragma once

#include <CLI/CLI.hpp>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace iib::cli {

/// For people or for scripts.
enum class Format { text, json };

/// `--format text|json`.
void add_format_option(CLI::App& command, Format& format);

/// How a piece of text stands out.
enum class Emphasis { none, strong, good, bad, changed, faint };

/// Puts colour around texts where the reader sees colour.
class Style {
 public:
  /// Colour only when standard output is a terminal that can, and NO_COLOR is not set.
  [[nodiscard]] static Style of_standard_output();
  /// No colour at all.
  Style() = default;

  [[nodiscard]] std::string paint(Emphasis emphasis, std::string_view text) const;

 private:
  explicit Style(bool coloured) : coloured_{coloured} {}
  bool coloured_ = false;
};

/// Rows with aligned columns, two blanks apart. Control characters in cells are escaped: names come
/// from catalogs that others made.
class Table {
 public:
  /// No header: rows only.
  explicit Table(std::vector<std::string> header = {});
  /// As many cells as the header has; `emphasis` is for the whole row.
  void add_row(std::vector<std::string> cells, Emphasis emphasis = Emphasis::none);
  [[nodiscard]] bool empty() const noexcept { return rows_.empty(); }
  /// One line for the header, if there are rows, and one for each row, every line with `indent`
  /// blanks before it.
  [[nodiscard]] std::string text(const Style& style, std::size_t indent = 0) const;

 private:
  struct Row {
    std::vector<std::string> cells;
    Emphasis emphasis;
  };
  std::vector<std::string> header_;
  std::vector<Row> rows_;
};

/// `one bundle`, `3 bundles`.
[[nodiscard]] std::string count_of(std::size_t number, std::string_view singular,
                                   std::string_view plural);

/// Writes `text` to standard output. Throws ExternalError when it cannot be written; a reader that
/// went away (`| head`) is no failure.
void print(std::string_view text);

/// Runs `work`, which gives the exit status. Its failure is printed: every problem on a line of its
/// own on standard error, or as `{"error", "problems"}` on standard output; then gives kFailed.
[[nodiscard]] int run_command(Format format, const std::function<int()>& work);

}  // namespace iib::cli
