#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace iib::test {

/// An example of a page: its blocks by role.
struct PageExample {
  std::string name;
  std::map<std::string, std::string> blocks{};

  /// Null when it has none.
  [[nodiscard]] const std::string* find(const std::string& role) const;
};

/// The examples of a page in Markdown, in the order in which they begin. Their blocks are fenced
/// and begin with three words: language, name of the example, role.
[[nodiscard]] std::vector<PageExample> read_examples(const std::filesystem::path& page);

}  // namespace iib::test
