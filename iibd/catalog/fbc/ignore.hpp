#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace iib::catalog::fbc {

/// The patterns of all `.indexignore` files of a catalog (catalog-fbc 1.1): the syntax of
/// .gitignore, but a file below an ignored directory can be named again by a later `!pattern`.
class IgnoreRules {
 public:
  /// Adds the lines of the file in `directory` (relative, empty for the root). Directories must
  /// come parents first: of several patterns that fit, the last decides.
  void add(std::string_view directory, std::string_view text);

  /// Whether the file `path` (relative to the root) is left out.
  [[nodiscard]] bool ignores(std::string_view path) const;

 private:
  struct Pattern {
    /// Names of the directory whose subtree it is for.
    std::vector<std::string> directory;
    /// The parts between slashes; `**` stands for any number of names.
    std::vector<std::string> parts;
    bool negated = false;
    bool only_directories = false;
  };

  static std::optional<Pattern> parse(std::string_view line);
  static bool fits(const Pattern& pattern, const std::vector<std::string_view>& names);

  std::vector<Pattern> patterns_;
};

}  // namespace iib::catalog::fbc
