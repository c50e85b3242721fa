#include "iib/catalog/opm_engine.hpp"

#include "catalog/opm_access.hpp"
#include "catalog/opm_failure.hpp"
#include "catalog/sqlite_catalog.hpp"
#include "catalog/working_copy.hpp"
#include "iib/base/error.hpp"
#include "iib/base/files.hpp"
#include "iib/base/urls.hpp"
#include "iib/catalog/embedded_engine.hpp"
#include "iib/catalog/problem.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <functional>
#include <set>
#include <system_error>
#include <utility>

namespace iib::catalog {
namespace {

namespace fs = std::filesystem;

using Arguments = std::vector<std::string>;

/// What an index without the label of its OCP version is for (pipeline 5.2).
constexpr auto kDefaultVersion = "v4.5";
/// As much of opm's own log as goes into that of the request.
constexpr std::size_t kMostLines = 50;

std::string_view mode_name(UpdateMode mode) {
  switch (mode) {
    case UpdateMode::replaces:
      return "replaces";
    case UpdateMode::semver:
      return "semver";
    case UpdateMode::semver_skippatch:
      return "semver-skippatch";
  }
  return "replaces";
}

/// `--name=value`; opm reads the value as one line of comma-separated values.
std::string list_flag(std::string_view name, std::string_view value) {
  if (value.find_first_of(",\"\n") == std::string_view::npos) {
    return fmt::format("--{}={}", name, value);
  }
  std::string quoted;
  for (const char character : value) quoted.append(character == '"' ? 2 : 1, character);
  return fmt::format("--{}=\"{}\"", name, quoted);
}

/// One flag for each value, for the kernel bounds the length of a single argument.
Arguments list_flags(std::string_view name, std::span<const std::string> values) {
  Arguments flags;
  std::set<std::string_view> seen;  // opm fails on the second removal of a package (8.2)
  for (const auto& value : values) {
    if (seen.insert(value).second) flags.push_back(list_flag(name, value));
  }
  if (flags.empty()) flags.push_back(fmt::format("--{}=", name));
  return flags;
}

void log_output(const Log& log, const std::string& error_output) {
  std::vector<std::string_view> lines;
  std::string_view rest = error_output;
  rest = rest.substr(0, rest.find("\nUsage:"));
  while (!rest.empty()) {
    const auto end = rest.find('\n');
    if (end != 0) lines.push_back(rest.substr(0, end));
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  }
  const auto shown = std::min(lines.size(), kMostLines);
  for (auto line = lines.end() - static_cast<std::ptrdiff_t>(shown); line != lines.end(); ++line) {
    log.info("opm: {}", one_line(without_queries(*line)));
  }
}

ExternalError file_failure(const fs::path& path, const std::error_code& error) {
  return ExternalError{fmt::format("{} cannot be made: {}", path.string(), error.message()),
                       ExternalError::Retry::no};
}

void move(const fs::path& from, const fs::path& to) {
  std::error_code error;
  fs::rename(from, to, error);
  if (error) throw file_failure(to, error);
}

/// One change by opm: a migrated copy of the index in a directory of its own, which goes with this
/// object unless it is published.
class OpmChange {
 public:
  OpmChange(const std::optional<Catalog>& from, const Work& work, const std::string& program,
            std::span<const BundleSource> bundles)
      : work_{work},
        program_{program},
        version_{from ? from->ocp_version : std::string{}},
        directory_{work.directory, "opm-"},
        database_{directory_.path() / "index.db"},
        home_{directory_.path(), bundles} {
    std::optional<fs::path> source;
    if (from) source = sqlite_path(*from);
    // opm spoils the dependencies of old databases when it migrates them (1.3).
    const auto copy = change_copy(source, work, [](IndexDatabase&) {});
    move(copy, database_);
    std::error_code error;
    fs::create_directory(directory_.path() / "run", error);
    if (error) throw file_failure(directory_.path() / "run", error);
  }

  [[nodiscard]] const OpmHome& home() const { return home_; }

  /// Runs opm on the copy.
  [[nodiscard]] io::Exit run(io::ProgramRunner& programs, std::chrono::seconds limit,
                             const Arguments& arguments) const {
    io::Program program{.name = program_,
                        .arguments = arguments,
                        .environment = home_.environment(),
                        // opm unpacks bundles below its working directory and leaves them there.
                        .working_directory = directory_.path() / "run",
                        .limit = limit};
    program.arguments.push_back(fmt::format("--database={}", database_.string()));
    work_.log.debug("running {} {}", program.name, fmt::join(program.arguments, " "));
    auto exit = programs.run(program, work_.cancellation);
    log_output(work_.log, exit.error_output);
    return exit;
  }

  /// The changed copy as a result.
  [[nodiscard]] Catalog publish() const {
    auto result = work_.directory / (directory_.path().filename().string() + ".db");
    std::error_code error;
    fs::permissions(database_, static_cast<fs::perms>(0644), error);
    if (error) throw file_failure(database_, error);
    move(database_, result);
    return {.kind = CatalogKind::sqlite, .path = std::move(result), .ocp_version = version_};
  }

 private:
  const Work& work_;
  const std::string& program_;
  std::string version_;
  TempDir directory_;
  fs::path database_;
  OpmHome home_;
};

const std::string& program_for(const OpmEngineOptions& options,
                               const std::optional<Catalog>& from) {
  const bool known = from && !from->ocp_version.empty();
  const auto found = options.programs.find(known ? from->ocp_version : kDefaultVersion);
  return found == options.programs.end() ? options.program : found->second;
}

/// Runs of opm that need no registry, one after the other on one copy.
Catalog change_offline(io::ProgramRunner& programs, const OpmEngineOptions& options,
                       const Catalog& from, const Work& work, std::span<const Arguments> runs) {
  const auto& program = program_for(options, from);
  const OpmChange change{from, work, program, {}};
  for (const auto& arguments : runs) {
    const auto exit = change.run(programs, options.limit, arguments);
    if (exit.status != 0) throw_opm_failure(program, exit, ProblemKind::invalid_index);
  }
  return change.publish();
}

/// opm stops at the first package that is not there.
void refuse_missing(std::span<const std::string> packages,
                    const std::vector<ListedBundle>& listed) {
  std::set<std::string_view> present;
  for (const auto& bundle : listed) present.insert(bundle.package);
  std::vector<Problem> problems;
  for (const auto& package : std::set<std::string>(packages.begin(), packages.end())) {
    if (present.contains(package)) continue;
    Problem problem;
    problem.kind = ProblemKind::not_found;
    problem.package = package;
    problem.text = fmt::format("package {} is not in the index", package);
    problems.push_back(std::move(problem));
  }
  if (!problems.empty()) throw Refused{std::move(problems)};
}

/// The pull specifications for one run each, those of one package together: opm removes a package
/// only when the heads of all its channels are given in one run.
std::vector<Arguments> portions(std::span<const std::string> pull_specs,
                                const std::vector<ListedBundle>& listed, std::size_t most) {
  std::map<std::string, std::string> packages;
  for (const auto& bundle : listed) packages.emplace(bundle.pull_spec, bundle.package);
  std::map<std::string, Arguments> by_package;
  std::set<std::string_view> seen;
  for (const auto& pull_spec : pull_specs) {
    if (!seen.insert(pull_spec).second) continue;  // opm would remove a package twice (8.5)
    const auto found = packages.find(pull_spec);
    by_package[found == packages.end() ? std::string{} : found->second].push_back(pull_spec);
  }
  std::vector<Arguments> all;
  for (const auto& [package, bundles] : by_package) {
    if (all.empty() || all.back().size() + bundles.size() > most) all.emplace_back();
    all.back().insert(all.back().end(), bundles.begin(), bundles.end());
  }
  return all;
}

}  // namespace

OpmEngine::OpmEngine(io::ProgramRunner& programs, OpmEngineOptions options)
    : programs_{programs}, options_{std::move(options)} {}

Catalog OpmEngine::add(const std::optional<Catalog>& from, std::span<const BundleSource> bundles,
                       const AddOptions& options, const Work& work) {
  Arguments arguments{"registry", "add", fmt::format("--mode={}", mode_name(options.mode))};
  if (options.overwrite_latest) arguments.emplace_back("--overwrite-latest");
  if (options.enable_alpha) arguments.emplace_back("--enable-alpha");
  for (const auto& bundle : bundles) {
    arguments.push_back(list_flag("bundle-images", bundle.pull_spec));
  }
  const auto trust = registry_trust(bundles);
  const auto& program = program_for(options_, from);
  return retry(options_.retries, work.cancellation, work.log, "opm registry add", [&] {
    const OpmChange change{from, work, program, bundles};
    auto secured = arguments;
    if (trust == RegistryTrust::insecure) {
      secured.emplace_back("--skip-tls-verify");
    } else if (const auto file =
                   change.home().gather_certificates(options_.certificate_folders, bundles);
               !file.empty()) {
      secured.push_back(fmt::format("--ca-file={}", file.string()));
    }
    auto exit = change.run(programs_, options_.limit, secured);
    if (exit.status != 0 && trust == RegistryTrust::insecure && met_plain_http(exit)) {
      secured.back() = "--use-http";  // nothing is written before all bundles are pulled (5.2)
      exit = change.run(programs_, options_.limit, secured);
    }
    if (exit.status != 0) throw_opm_failure(program, exit, ProblemKind::invalid_bundle);
    return change.publish();
  });
}

Catalog OpmEngine::remove(const Catalog& from, std::span<const std::string> packages,
                          const Work& work) {
  refuse_missing(packages, list(from, work));
  Arguments arguments{"registry", "rm"};
  auto flags = list_flags("packages", packages);
  arguments.insert(arguments.end(), flags.begin(), flags.end());
  return change_offline(programs_, options_, from, work, std::vector<Arguments>{arguments});
}

Catalog OpmEngine::deprecate(const Catalog& from, std::span<const std::string> pull_specs,
                             const DeprecateOptions& options, const Work& work) {
  std::vector<Arguments> runs;
  for (const auto& portion : portions(pull_specs, list(from, work), options_.deprecated_at_once)) {
    Arguments arguments{"registry", "deprecatetruncate"};
    if (options.allow_package_removal) arguments.emplace_back("--allow-package-removal");
    const auto flags = list_flags("bundle-images", portion);
    arguments.insert(arguments.end(), flags.begin(), flags.end());
    runs.push_back(std::move(arguments));
  }
  return change_offline(programs_, options_, from, work, runs);
}

Catalog OpmEngine::prune(const Catalog& from, std::span<const std::string> kept, const Work& work) {
  Arguments arguments{"registry", "prune"};
  const auto flags = list_flags("packages", kept);
  arguments.insert(arguments.end(), flags.begin(), flags.end());
  return change_offline(programs_, options_, from, work, std::vector<Arguments>{arguments});
}

Catalog OpmEngine::prune_stranded(const Catalog& from, const Work& work) {
  return change_offline(programs_, options_, from, work,
                        std::vector<Arguments>{{"registry", "prune-stranded"}});
}

std::vector<ListedBundle> OpmEngine::list(const Catalog& catalog, const Work& work) {
  return EmbeddedEngine{}.list(catalog, work);
}

}  // namespace iib::catalog
