#include "page_examples.hpp"

#include "iib/base/files.hpp"

#include <algorithm>
#include <sstream>

namespace iib::test {
namespace {

constexpr std::size_t kLimit = 1UL << 20U;
constexpr auto kFence = "```";

PageExample& example_called(std::vector<PageExample>& examples, const std::string& name) {
  const auto found = std::find_if(examples.begin(), examples.end(),
                                  [&](const auto& example) { return example.name == name; });
  if (found != examples.end()) return *found;
  return examples.emplace_back(PageExample{.name = name});
}

std::string read_block(std::istream& lines) {
  std::string text;
  for (std::string line; std::getline(lines, line) && line != kFence;) text += line + '\n';
  return text;
}

}  // namespace

const std::string* PageExample::find(const std::string& role) const {
  const auto block = blocks.find(role);
  return block == blocks.end() ? nullptr : &block->second;
}

std::vector<PageExample> read_examples(const std::filesystem::path& page) {
  std::vector<PageExample> examples;
  std::istringstream lines{read_file(page, kLimit)};
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(kFence)) continue;
    auto text = read_block(lines);
    std::istringstream words{line};
    std::string language;
    std::string name;
    std::string role;
    if (words >> language >> name >> role) example_called(examples, name).blocks[role] = text;
  }
  return examples;
}

}  // namespace iib::test
