#include "bundle_site.hpp"
#include "iib/base/descriptor.hpp"

#include <catch2/catch.hpp>
#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <stdexcept>

using namespace iib::test;  // NOLINT(google-build-using-namespace): a test of these commands
using Catch::Matchers::Contains;

namespace {

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> all;
  for (auto& text : texts) all.push_back(text.data());
  all.push_back(nullptr);
  return all;
}

/// A terminal that nobody looks at.
class Terminal {
 public:
  Terminal() : master_{::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)} {
    std::array<char, 128> name{};
    if (!master_.is_open() || ::grantpt(master_.get()) != 0 || ::unlockpt(master_.get()) != 0 ||
        ::ptsname_r(master_.get(), name.data(), name.size()) != 0) {
      throw std::runtime_error{"no terminal can be made"};
    }
    name_ = name.data();
  }

  /// What iibd writes to it as standard output.
  std::string run(const Commands& commands, const Arguments& arguments,
                  const std::vector<std::string>& variables) {
    std::vector<std::string> words{IIBD_BINARY};
    for (const auto& argument : commands.with_group(arguments)) words.push_back(argument);
    auto environment = variables;
    for (const auto& [variable, value] : commands.variables()) {
      environment.push_back(fmt::format("{}={}", variable, value));
    }
    posix_spawn_file_actions_t actions{};
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, name_.c_str(), O_RDWR | O_NOCTTY, 0);
    pid_t pid = -1;
    const int failure = ::posix_spawn(&pid, IIBD_BINARY, &actions, nullptr, pointers(words).data(),
                                      pointers(environment).data());
    posix_spawn_file_actions_destroy(&actions);
    if (failure != 0) throw std::runtime_error{"iibd cannot be started"};
    auto output = read_all();
    ::waitpid(pid, nullptr, 0);
    return output;
  }

 private:
  /// Until the last one who had the terminal open has closed it, which reading tells as a failure.
  std::string read_all() {
    std::string all;
    std::array<char, 4096> buffer{};
    ssize_t count = 0;
    while ((count = ::read(master_.get(), buffer.data(), buffer.size())) > 0) {
      all.append(buffer.data(), static_cast<std::size_t>(count));
    }
    return all;
  }

  iib::Descriptor master_;
  std::string name_;
};

}  // namespace

TEST_CASE("the difference has colour on a terminal that can, unless it is unwanted", "[cli]") {
  BundleSite site;
  Terminal terminal;
  const Arguments arguments{"regenerate", site.commands().path("bundle"), "--digests",
                            site.commands().path("digests.json"), "--dry-run"};
  const auto run = [&](const std::vector<std::string>& variables) {
    return terminal.run(site.commands(), arguments, variables);
  };
  constexpr auto kEscape = "\x1b[";

  CHECK_THAT(run({"TERM=xterm"}), Contains("\x1b[31m    - quay.io/acme/widget:1\x1b[0m") &&
                                      Contains("\x1b[32m    + quay.io/acme/widget@"));
  CHECK_THAT(run({"TERM=xterm", "NO_COLOR=1"}),
             Contains("- quay.io/acme/widget:1") && !Contains(kEscape));
  CHECK_THAT(run({"TERM=dumb"}), Contains("- quay.io/acme/widget:1") && !Contains(kEscape));
}
