#include "fake_tools.hpp"

#include "iib/io/process.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <fstream>

namespace iib::test {

namespace fs = std::filesystem;

FakeTools::FakeTools() : folder_{fs::temp_directory_path(), "fake-tools-"} {}

void FakeTools::write(const std::string& tool, const std::string& script) const {
  const auto path = folder_.path() / tool;
  std::ofstream{path} << fmt::format("#!/bin/sh\nreal={}\nhere={}\n{}\n",
                                     io::find_program(tool).string(), folder_.path().string(),
                                     script);
  fs::permissions(path, fs::perms{0755});
}

void FakeTools::fail_at(const std::string& tool, const std::string& command,
                        const std::string& script) const {
  write(tool, fmt::format("for argument in \"$@\"; do\n[ \"$argument\" = {} ] || continue\n{}\n"
                          "break\ndone\nexec \"$real\" \"$@\"",
                          command, script));
}

std::map<std::string, std::string> FakeTools::environment() const {
  return {{"PATH", fmt::format("{}:{}", folder_.path().string(), std::getenv("PATH"))}};
}

}  // namespace iib::test
