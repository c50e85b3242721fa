#include "processes.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>

namespace iib::test {
namespace {

std::string contents(const std::filesystem::path& path) {
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

bool has_variable(const std::string& environment, const std::string& wanted) {
  const std::string text = '\0' + environment;
  return text.find('\0' + wanted + '\0') != std::string::npos;
}

}  // namespace

std::vector<Process> processes_with(const std::string& variable, const std::string& value) {
  const auto wanted = variable + "=" + value;
  std::vector<Process> found;
  std::error_code ignored;  // processes come and go while we look
  for (const auto& entry : std::filesystem::directory_iterator{"/proc", ignored}) {
    const auto name = entry.path().filename().string();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    auto environment = contents(entry.path() / "environ");
    if (!has_variable(environment, wanted)) continue;
    auto command_line = contents(entry.path() / "cmdline");
    for (auto* text : {&command_line, &environment}) {
      std::replace(text->begin(), text->end(), '\0', ' ');
    }
    // A zombie's memory is gone, its command line with it.
    if (command_line.empty()) continue;
    found.push_back({std::stoi(name), std::move(command_line), std::move(environment)});
  }
  return found;
}

}  // namespace iib::test
