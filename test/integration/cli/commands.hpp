#pragma once

#include "iib/base/descriptor.hpp"
#include "iib/base/files.hpp"
#include "iib/io/json.hpp"
#include "iib/io/process.hpp"

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace iib::test {

/// How a command ended, and what it wrote.
struct Ended {
  int status = -1;
  std::string output;
  std::string errors;

  /// The output, which must be JSON.
  [[nodiscard]] io::JsonDocument json() const { return io::parse_json(output); }
};

using Arguments = std::vector<std::string>;
using Variables = std::map<std::string, std::string>;

/// A directory to work in, and the real iibd run there as a user would run it, with a home of its
/// own, hence without anybody's credentials.
class Commands {
 public:
  /// Of the group `group`, such as `iibd catalog`.
  explicit Commands(std::string group = "catalog");

  [[nodiscard]] const std::filesystem::path& directory() const { return directory_.path(); }
  /// The path of `name` in the directory.
  [[nodiscard]] std::string path(const std::string& name) const { return directory() / name; }
  /// Everything in the directory, hidden files too, sorted.
  [[nodiscard]] std::vector<std::string> files() const;
  /// Runs `iibd GROUP` with these arguments to its end.
  [[nodiscard]] Ended run(const Arguments& arguments, const Variables& variables = {});
  /// `arguments` after the name of the group.
  [[nodiscard]] Arguments with_group(const Arguments& arguments) const;
  /// The variables of every command: HOME, TMPDIR and so on.
  [[nodiscard]] const Variables& variables() const { return variables_; }

 private:
  std::string group_;
  TempDir directory_;
  TempDir home_;
  Variables variables_;
  io::ProgramRunner runner_;
};

/// A command that is still running; killed on destruction.
class RunningCommand {
 public:
  RunningCommand(const Commands& commands, const Arguments& arguments);
  RunningCommand(const RunningCommand&) = delete;
  RunningCommand& operator=(const RunningCommand&) = delete;
  ~RunningCommand();

  void signal(int number) const;
  /// Waits for its end; the status is -1 when a signal ended it. Throws after `limit`.
  [[nodiscard]] Ended wait(std::chrono::seconds limit = std::chrono::seconds{60});
  /// What it wrote to standard error so far.
  [[nodiscard]] std::string errors() const;

 private:
  TempDir directory_;
  pid_t pid_ = -1;
};

/// A registry that answers nobody.
class SilentRegistry {
 public:
  SilentRegistry();
  /// A pull specification of an image that it might have.
  [[nodiscard]] std::string image() const;
  /// Whether somebody waits for an answer.
  [[nodiscard]] bool waited_for();
  /// Hangs up, and listens no longer.
  void end();

 private:
  Descriptor listener_;
  Descriptor client_;
  int port_ = 0;
};

/// `DIRECTORY=PULLSPEC` of a sample bundle such as `heron-operator/1.0.0`.
[[nodiscard]] std::string sample(const std::string& name);
/// The pull specification in sample().
[[nodiscard]] std::string pull_spec_of(const std::string& name);
/// Where a sample bundle lies.
[[nodiscard]] std::filesystem::path directory_of(const std::string& name);

/// The first column of what `sql` finds in a database, as texts.
[[nodiscard]] std::vector<std::string> query(const std::filesystem::path& database,
                                             const std::string& sql);
/// The names of all bundles in a database, sorted.
[[nodiscard]] std::vector<std::string> bundles_in(const std::filesystem::path& database);

/// The kinds of the problems in a JSON answer.
[[nodiscard]] std::vector<std::string> error_kinds(const Ended& ended);

}  // namespace iib::test
