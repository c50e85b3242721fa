#pragma once

#include "iib/base/files.hpp"

#include <filesystem>
#include <map>
#include <string>

namespace iib::test {

/// Scripts that stand before the real tools on a daemon's PATH and fail as a test wants.
class FakeTools {
 public:
  FakeTools();

  /// Makes `tool` a shell script. It may go on with "$real", the program it stands for, and knows
  /// "$here", a folder of its own.
  void write(const std::string& tool, const std::string& script) const;
  /// `tool` runs `script` when an argument is `command`, and is the real one otherwise.
  void fail_at(const std::string& tool, const std::string& command,
               const std::string& script) const;
  [[nodiscard]] const std::filesystem::path& folder() const { return folder_.path(); }
  /// A daemon's environment in which the scripts come first.
  [[nodiscard]] std::map<std::string, std::string> environment() const;

 private:
  TempDir folder_;
};

}  // namespace iib::test
