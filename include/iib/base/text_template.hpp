#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace iib {

/// A text with placeholders such as `{name}`; `{{` and `}}` stand for braces. Of Python's format
/// syntax it is only this, with names that may hold what the names of labels do: letters, digits,
/// `.`, `_`, `-` and `/`. Immutable, safe to share between threads.
class TextTemplate {
 public:
  /// Reads `text`. Throws UserError naming the text, the problem and the remedy.
  explicit TextTemplate(std::string_view text);

  /// The names of the placeholders, in order; one used twice is there twice.
  [[nodiscard]] std::vector<std::string> names() const;
  /// The text with `value_of(name)` in place of each placeholder.
  [[nodiscard]] std::string fill(
      const std::function<std::string(const std::string&)>& value_of) const;

 private:
  /// A part of the text: as it is, or a placeholder's name.
  struct Piece {
    std::string text;
    bool is_name = false;
  };
  std::vector<Piece> pieces_;
};

}  // namespace iib
