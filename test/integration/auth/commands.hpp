#pragma once

#include <sys/types.h>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace iib::test {

/// Variables that a program gets besides those of the test.
using Variables = std::map<std::string, std::string>;

/// How a program ended, and what it wrote to both its outputs.
struct Ended {
  int status = -1;
  std::string output;
};

/// Runs a program to its end with `input` as its standard input.
Ended run(const std::vector<std::string>& arguments, const Variables& variables = {},
          const std::string& input = "");

/// Runs a program that must succeed; throws with its output otherwise.
std::string must_run(const std::vector<std::string>& arguments, const Variables& variables = {},
                     const std::string& input = "");

/// A program in the background, ended by SIGTERM, and SIGKILL if that does not help, with this
/// object.
class Background {
 public:
  Background(const std::vector<std::string>& arguments, const Variables& variables,
             const std::filesystem::path& output);
  Background(const Background&) = delete;
  Background& operator=(const Background&) = delete;
  ~Background();

  /// Whether it still runs.
  [[nodiscard]] bool runs();

 private:
  pid_t pid_ = -1;
};

}  // namespace iib::test
