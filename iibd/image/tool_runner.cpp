#include "image/tool_runner.hpp"

#include "iib/base/error.hpp"
#include "iib/base/files.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <system_error>
#include <utility>

namespace iib::image {
namespace {

namespace fs = std::filesystem;

/// Signatures are the policy of whoever deploys an index, not of who makes it.
constexpr auto kPolicy = R"({"default":[{"type":"insecureAcceptAnything"}]})"
                         "\n";

/// The tools end calls by their own limit first, with a better text than ours.
constexpr std::chrono::seconds kAfterOwnLimit{10};

std::string remedy_of_slowness(const io::Program& program) {
  return fmt::format("look at the load of the host of iibd, or raise {}",
                     program.name == "skopeo" ? "iib_skopeo_timeout" : "iib_build_timeout");
}

ExternalError step_failed(const Step& step, std::string_view cause, ExternalError::Retry retry) {
  return ExternalError{fmt::format("{} cannot be {}: {}", step.subject, step.action, cause), retry};
}

/// Not every tool says why it could not write.
bool is_full(const fs::path& directory) {
  constexpr std::uintmax_t kLeastBytes = 1UL << 20U;
  std::error_code error;
  const auto space = fs::space(directory, error);
  return !error && space.available < kLeastBytes;
}

/// Writes a file of settings unless it is there already: most starts change nothing, and every file
/// written costs two waits for the disk.
void provide(const fs::path& path, const std::string& content) {
  std::error_code absent;
  if (fs::file_size(path, absent) == content.size() && !absent &&
      read_file(path, content.size()) == content) {
    return;
  }
  write_file_atomically(path, content);
}

}  // namespace

Arguments join(std::initializer_list<Arguments> parts) {
  Arguments all;
  for (const auto& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

std::string docker_reference(const model::ImageReference& image) {
  return "docker://" + image.ordering_key();
}

ToolRunner::ToolRunner(io::ProgramRunner& programs, const ToolsEngineOptions& options)
    : programs_{programs},
      options_{options},
      settings_{fs::absolute(options.storage_directory)},
      insecure_{options.insecure_registries.begin(), options.insecure_registries.end()} {
  write_settings();
}

void ToolRunner::write_settings() const {
  fs::create_directories(settings_ / "home");
  fs::create_directories(settings_ / "registries.d");
  provide(settings_ / "policy.json", kPolicy);
  // Images are always named in full; no mirror, no search, no alias may change what is meant.
  provide(settings_ / "registries.conf", "unqualified-search-registries = []\n");
  provide(settings_ / "containers.conf", "");
}

void ToolRunner::use_driver(const std::string& driver) {
  driver_ = driver;
  const auto root = settings_ / driver_;
  fs::create_directories(root / "root");
  fs::create_directories(root / "run");
  provide(settings_ / "storage.conf",
          fmt::format("[storage]\ndriver = \"{}\"\ngraphroot = \"{}\"\nrunroot = \"{}\"\n", driver_,
                      (root / "root").string(), (root / "run").string()));
}

std::map<std::string, std::string> ToolRunner::environment(const Access& access) const {
  const auto home = (settings_ / "home").string();
  // The cache that tells which compressed blob a layer of the storage was pulled as. Without it a
  // base's layers get other digests when pushed. For root, containers/image 5.23 keeps it in
  // /var/lib/containers, which is the host's, unless this variable of its own says otherwise.
  return {{"_CONTAINERS_ROOTLESS_UID", "1"},
          {"XDG_DATA_HOME", home},
          {"HOME", home},  // or credentials of the daemon's user would be found there
          {"XDG_CONFIG_HOME", home},
          {"XDG_RUNTIME_DIR", home},
          {"DOCKER_CONFIG", home},
          {"REGISTRY_AUTH_FILE", access.auth_file.string()},
          {"CONTAINERS_CONF", (settings_ / "containers.conf").string()},
          {"CONTAINERS_REGISTRIES_CONF", (settings_ / "registries.conf").string()},
          {"CONTAINERS_STORAGE_CONF", (settings_ / "storage.conf").string()},
          {"TMPDIR", access.work_directory.string()},  // blobs on their way are large
          {"LC_ALL", "C"}};
}

Arguments ToolRunner::registry_access(const std::string& registry, const Access& access) const {
  return access_as("--", registry, access);
}

Arguments ToolRunner::source_access(const std::string& registry, const Access& access) const {
  return access_as("--src-", registry, access);
}

Arguments ToolRunner::destination_access(const std::string& registry, const Access& access) const {
  return access_as("--dest-", registry, access);
}

Arguments ToolRunner::access_as(std::string_view prefix, const std::string& registry,
                                const Access& access) const {
  const auto option = [&](std::string_view name) { return fmt::format("{}{}", prefix, name); };
  Arguments arguments;
  if (!access.auth_file.empty()) arguments = {option("authfile"), access.auth_file.string()};
  if (insecure_.contains(registry)) arguments.push_back(option("tls-verify=false"));
  const auto certificates = options_.certs_directory / registry;
  std::error_code absent;
  if (!options_.certs_directory.empty() && fs::is_directory(certificates, absent)) {
    arguments.insert(arguments.end(), {option("cert-dir"), certificates.string()});
  }
  return arguments;
}

Arguments ToolRunner::policy() const {
  return {"--signature-policy", (settings_ / "policy.json").string()};
}

std::string ToolRunner::skopeo(const Arguments& arguments, const Step& step, const Access& access,
                               Tries tries) const {
  const Arguments global{"--policy",          (settings_ / "policy.json").string(),
                         "--registries.d",    (settings_ / "registries.d").string(),
                         "--command-timeout", fmt::format("{}s", options_.skopeo_timeout.count())};
  const io::Program program{.name = "skopeo",
                            .arguments = join({global, arguments}),
                            .environment = environment(access),
                            .limit = options_.skopeo_timeout + kAfterOwnLimit};
  return tries == Tries::one ? run(program, step, access) : run_retrying(program, step, access);
}

std::string ToolRunner::buildah(const Arguments& arguments, const Step& step, const Access& access,
                                Tries tries, const std::function<void()>& clear) const {
  const auto root = settings_ / driver_;
  const Arguments global{"--root",
                         (root / "root").string(),
                         "--runroot",
                         (root / "run").string(),
                         "--storage-driver",
                         driver_,
                         "--registries-conf-dir",
                         (settings_ / "registries.d").string()};
  const io::Program program{.name = "buildah",
                            .arguments = join({global, arguments}),
                            .environment = environment(access),
                            .limit = options_.build_timeout};
  return tries == Tries::one ? run(program, step, access)
                             : run_retrying(program, step, access, clear);
}

std::string ToolRunner::run_retrying(const io::Program& program, const Step& step,
                                     const Access& access,
                                     const std::function<void()>& clear) const {
  bool again = false;
  return retry(options_.retries, access.cancellation, access.log,
               fmt::format("{} of {}", program.name, step.subject), [&] {
                 if (std::exchange(again, true) && clear) clear();
                 return run(program, step, access);
               });
}

std::string ToolRunner::run(const io::Program& program, const Step& step,
                            const Access& access) const {
  access.log.debug("running {} {}", program.name, fmt::join(program.arguments, " "));
  io::Exit exit;
  try {
    exit = programs_.run(program, access.cancellation);
  } catch (const ExternalError& error) {
    if (!error.worth_retrying()) throw step_failed(step, error.what(), ExternalError::Retry::no);
    throw step_failed(step, fmt::format("{}; {}", error.what(), remedy_of_slowness(program)),
                      ExternalError::Retry::yes);
  }
  if (exit.status != 0) {
    access.log.info("{} ended with status {}: {}", program.name, exit.status,
                    cause_text(exit.error_output));
    if (cause_of(exit.error_output) == Cause::other && is_full(access.work_directory)) {
      throw step_failed(step,
                        fmt::format("{}; the disk is full: free space below iib_state_dir",
                                    cause_text(exit.error_output)),
                        ExternalError::Retry::no);
    }
    throw_failure(program.name, exit, step);
  }
  if (exit.output_cut) {
    throw step_failed(
        step,
        fmt::format("{0} wrote more than {1} bytes; check the {0} on the PATH of iibd",
                    program.name, program.output_bytes),
        ExternalError::Retry::no);
  }
  return std::move(exit.output);
}

}  // namespace iib::image
