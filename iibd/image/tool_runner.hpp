#pragma once

#include "iib/image/tools_engine.hpp"
#include "image/tool_failure.hpp"
#include "image/tries.hpp"

#include <filesystem>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace iib::image {

/// An argument vector without the program.
using Arguments = std::vector<std::string>;

/// Runs skopeo and buildah with settings of our own instead of the host's: which storage, which
/// registries, which policy, whose home. Safe to call from any thread.
class ToolRunner {
 public:
  /// Writes the settings below `options.storage_directory`. Both arguments must outlive the runner.
  ToolRunner(io::ProgramRunner& programs, const ToolsEngineOptions& options);

  /// The output of `skopeo`, within the time for registry calls. Throws as throw_failure() does.
  [[nodiscard]] std::string skopeo(const Arguments& arguments, const Step& step,
                                   const Access& access, Tries tries = Tries::as_configured) const;
  /// The output of `buildah` on our storage, within the time for builds. use_driver() comes first.
  /// `clear` comes before every try but the first: it takes away what the last one left.
  std::string buildah(const Arguments& arguments, const Step& step, const Access& access,
                      Tries tries = Tries::one, const std::function<void()>& clear = {}) const;

  /// Which storage driver buildah is run with. Not safe against concurrent calls of buildah().
  void use_driver(const std::string& driver);
  /// Where the present driver keeps what must not outlive a boot of the host.
  [[nodiscard]] std::filesystem::path run_directory() const { return settings_ / driver_ / "run"; }

  /// `--authfile` and, as `registry` needs them, `--tls-verify=false` and `--cert-dir`.
  [[nodiscard]] Arguments registry_access(const std::string& registry, const Access& access) const;
  /// The same for skopeo's source of a copy.
  [[nodiscard]] Arguments source_access(const std::string& registry, const Access& access) const;
  /// The same for its destination.
  [[nodiscard]] Arguments destination_access(const std::string& registry,
                                             const Access& access) const;
  /// `--signature-policy` with ours.
  [[nodiscard]] Arguments policy() const;

 private:
  void write_settings() const;
  /// Credentials, insecurity and certificates by options that begin with `prefix`.
  [[nodiscard]] Arguments access_as(std::string_view prefix, const std::string& registry,
                                    const Access& access) const;
  [[nodiscard]] std::map<std::string, std::string> environment(const Access& access) const;
  [[nodiscard]] std::string run(const io::Program& program, const Step& step,
                                const Access& access) const;
  [[nodiscard]] std::string run_retrying(const io::Program& program, const Step& step,
                                         const Access& access,
                                         const std::function<void()>& clear = {}) const;

  io::ProgramRunner& programs_;
  const ToolsEngineOptions& options_;
  std::filesystem::path settings_;
  std::set<std::string> insecure_;
  std::string driver_;
};

/// The vectors one after another.
[[nodiscard]] Arguments join(std::initializer_list<Arguments> parts);

/// The reference of `image` as the tools want it: never tag and digest both.
[[nodiscard]] std::string docker_reference(const model::ImageReference& image);

}  // namespace iib::image
