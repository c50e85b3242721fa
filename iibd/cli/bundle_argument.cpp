#include "cli/bundle_argument.hpp"

#include "iib/base/error.hpp"
#include "iib/catalog/problem.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <set>
#include <system_error>
#include <thread>
#include <utility>

namespace iib::cli {
namespace {

namespace fs = std::filesystem;

/// More would not be faster for one registry, and not be fair to it.
constexpr std::size_t kMostPulls = 4;

std::vector<BundleArgument> without_repeats(std::span<const BundleArgument> bundles) {
  std::vector<BundleArgument> distinct;
  std::set<std::string> seen;
  for (const auto& bundle : bundles) {
    if (seen.insert(bundle.pull_spec).second) distinct.push_back(bundle);
  }
  return distinct;
}

fs::path pull(const std::string& pull_spec, Workspace& workspace) {
  const std::vector<std::string> wanted{"manifests", "metadata"};
  auto directory = workspace.make_directory("bundle");
  workspace.images().extract(workspace.pin(pull_spec, "bundle"), wanted, directory,
                             workspace.image_access());
  return directory;
}

/// Images that are pulled side by side. What became of each is kept, so that all failures are told.
class Pulls {
 public:
  Pulls(std::vector<std::string> pull_specs, Workspace& workspace)
      : pull_specs_{std::move(pull_specs)},
        workspace_{workspace},
        directories_(pull_specs_.size()),
        failures_(pull_specs_.size()) {}

  /// The directories, in the order of the pull specifications.
  std::vector<fs::path> run() {
    std::vector<std::jthread> threads;
    for (std::size_t i = 1; i < std::min(pull_specs_.size(), kMostPulls); ++i) {
      threads.emplace_back([this] { pull_rest(); });
    }
    pull_rest();
    threads.clear();
    throw_failures();
    return std::move(directories_);
  }

 private:
  void pull_rest() {
    for (auto i = next_++; i < pull_specs_.size(); i = next_++) {
      try {
        workspace_.cancellation().check("pulling bundles");
        workspace_.console().progress(
            fmt::format("pulling bundle {} of {}: {}", i + 1, pull_specs_.size(), pull_specs_[i]));
        directories_[i] = pull(pull_specs_[i], workspace_);
      } catch (...) {
        failures_[i] = std::current_exception();  // rethrown by the thread that asked
      }
    }
  }

  void throw_failures() const {
    std::vector<catalog::Problem> problems;
    std::vector<std::string> outside;
    for (std::size_t i = 0; i < failures_.size(); ++i) {
      if (!failures_[i]) continue;
      try {
        std::rethrow_exception(failures_[i]);
      } catch (const UserError& error) {
        problems.push_back({.kind = catalog::ProblemKind::not_found,
                            .bundle = {},
                            .pull_spec = pull_specs_[i],
                            .package = {},
                            .channel = {},
                            .text = fmt::format("bundle {}", error.what())});
      } catch (const ExternalError& error) {
        outside.push_back(fmt::format("bundle {}", error.what()));
      }
    }
    if (!outside.empty()) {
      for (const auto& problem : problems) outside.push_back(problem.text);
      throw ExternalError{fmt::format("{}", fmt::join(outside, "; ")), ExternalError::Retry::no};
    }
    if (!problems.empty()) throw catalog::Refused{std::move(problems)};
  }

  std::vector<std::string> pull_specs_;
  Workspace& workspace_;
  std::vector<fs::path> directories_;
  std::vector<std::exception_ptr> failures_;
  std::atomic<std::size_t> next_{0};
};

void require_directories(std::span<const BundleArgument> bundles) {
  std::vector<catalog::Problem> problems;
  for (const auto& bundle : bundles) {
    std::error_code ignored;
    if (bundle.directory.empty() || fs::is_directory(bundle.directory, ignored)) continue;
    catalog::Problem problem;
    problem.kind = catalog::ProblemKind::not_found;
    problem.pull_spec = bundle.pull_spec;
    problem.text = fmt::format(
        "{} is no directory: name the one with the manifests/ and metadata/ of bundle {}",
        bundle.directory.string(), bundle.pull_spec);
    problems.push_back(std::move(problem));
  }
  if (!problems.empty()) throw catalog::Refused{std::move(problems)};
}

}  // namespace

BundleArgument parse_bundle_argument(const std::string& text) {
  constexpr auto kForms = "write a pull specification, or DIRECTORY=PULLSPEC";
  // No pull specification has a `=`, but a directory may.
  const auto equals = text.rfind('=');
  if (equals == std::string::npos) {
    std::error_code ignored;
    if (fs::is_directory(text, ignored)) {
      throw UserError{fmt::format(
          "{0} is a directory: write {0}=PULLSPEC, with the pull specification under which its "
          "bundle is recorded",
          text)};
    }
    if (text.empty()) throw UserError{fmt::format("a bundle is empty: {}", kForms)};
    return {.directory = {}, .pull_spec = text};
  }
  BundleArgument bundle{.directory = text.substr(0, equals), .pull_spec = text.substr(equals + 1)};
  if (bundle.directory.empty() || bundle.pull_spec.empty()) {
    throw UserError{fmt::format("bundle {} lacks what is {} the =: {}", text,
                                bundle.directory.empty() ? "before" : "after", kForms)};
  }
  return bundle;
}

std::vector<catalog::BundleSource> fetch_bundles(std::span<const BundleArgument> bundles,
                                                 Workspace& workspace) {
  const auto distinct = without_repeats(bundles);
  require_directories(distinct);
  std::vector<std::string> pulled;
  for (const auto& bundle : distinct) {
    if (bundle.directory.empty()) pulled.push_back(bundle.pull_spec);
  }
  auto directories = Pulls{std::move(pulled), workspace}.run();
  std::vector<catalog::BundleSource> sources;
  auto next = directories.begin();
  for (const auto& bundle : distinct) {
    sources.push_back({.pull_spec = bundle.pull_spec,
                       .directory = bundle.directory.empty() ? *next++ : bundle.directory,
                       .auth_file = {},
                       .insecure_registries = {}});
  }
  return sources;
}

}  // namespace iib::cli
