#pragma once

#include "iib/base/error.hpp"
#include "iib/base/files.hpp"
#include "iib/config/config.hpp"

#include <algorithm>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace iib::config::test {

using Environment = std::map<std::string, std::string>;

/// Loads `yaml` as a file `iibd.yaml`; iib_registry is set by the environment.
inline Loaded load_text(const std::string& yaml, Environment environment = {},
                        Mode mode = Mode::normal) {
  const TempDir directory{std::filesystem::temp_directory_path()};
  const auto file = directory.path() / "iibd.yaml";
  write_file_atomically(file, yaml);
  environment.try_emplace("IIB_REGISTRY", "registry.example.com");
  return load(file, environment, mode);
}

/// The message that loading `yaml` ends with; empty when it succeeds.
inline std::string error_of(const std::string& yaml, const Environment& environment = {}) {
  try {
    static_cast<void>(load_text(yaml, environment));
  } catch (const UserError& error) {
    return error.what();
  }
  return {};
}

inline bool mentions(const std::vector<std::string>& lines, const std::string& text) {
  return std::any_of(lines.begin(), lines.end(),
                     [&](const std::string& line) { return line.find(text) != std::string::npos; });
}

}  // namespace iib::config::test
