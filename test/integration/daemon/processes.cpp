#include "processes.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <optional>

namespace iib::test {
namespace {

/// What a file of /proc holds; no more than was read when its process ended meanwhile, which is an
/// error of reading that an iterator of the stream would throw.
std::string contents(const std::filesystem::path& path) {
  std::ifstream file{path, std::ios::binary};
  std::string text;
  std::array<char, 4096> part{};
  while (file.read(part.data(), part.size()), file.gcount() > 0) {
    text.append(part.data(), static_cast<std::size_t>(file.gcount()));
  }
  return text;
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
