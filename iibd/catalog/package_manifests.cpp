#include "iib/catalog/package_manifests.hpp"

#include "catalog/index_database.hpp"
#include "catalog/package_yaml.hpp"
#include "catalog/schema.hpp"
#include "catalog/sqlite_catalog.hpp"
#include "catalog/working_copy.hpp"
#include "iib/base/error.hpp"
#include "iib/base/files.hpp"
#include "iib/catalog/problem.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <set>
#include <system_error>
#include <utility>

namespace iib::catalog {
namespace {

namespace fs = std::filesystem;

constexpr auto kPackages = "SELECT name FROM package ORDER BY name";

constexpr auto kDefault = "SELECT default_channel FROM package WHERE name = :package";

constexpr auto kChannels = R"sql(
  SELECT name, head_operatorbundle_name FROM channel WHERE package_name = :package ORDER BY name
)sql";

constexpr auto kBundles = R"sql(
  SELECT name, coalesce(version, ''), coalesce(bundlepath, '') FROM operatorbundle
   WHERE name IN (SELECT operatorbundle_name FROM channel_entry WHERE package_name = :package)
   ORDER BY name
)sql";

/// A bundle and where its manifests go, below the folder of its package.
struct ExportedBundle {
  std::string name;
  std::string version;
  std::string pull_spec;
  std::string folder;
};

struct ExportedPackage {
  std::string name;
  bool missing = false;
  std::string default_channel;
  std::vector<std::pair<std::string, std::string>> channels;
  std::vector<ExportedBundle> bundles;
};

/// Whether `name`, which comes from others, can be the name of one file or folder.
bool is_file_name(std::string_view name) {
  constexpr std::size_t kLongest = 255;
  return !name.empty() && name != "." && name != ".." && name.size() <= kLongest &&
         name.find_first_of(std::string_view{"/\0", 2}) == std::string_view::npos;
}

/// The version is the folder's name where that is clear, else the name of the CSV is (8.7).
void choose_folders(std::vector<ExportedBundle>& bundles) {
  std::map<std::string, int> versions;
  for (const auto& bundle : bundles) ++versions[bundle.version];
  std::set<std::string> taken;
  for (auto& bundle : bundles) {
    const bool clear = is_file_name(bundle.version) && bundle.version != "package.yaml" &&
                       versions.at(bundle.version) == 1;
    bundle.folder = clear ? bundle.version : bundle.name;
    taken.insert(bundle.folder);
  }
  if (taken.size() == bundles.size()) return;
  for (auto& bundle : bundles) bundle.folder = bundle.name;  // unique in an index
}

class Reader {
 public:
  explicit Reader(IndexDatabase& database) : database_{database} {}

  std::vector<std::string> package_names() {
    std::vector<std::string> names;
    auto read = database_.use(kPackages);
    while (read->executeStep()) names.push_back(read->getColumn(0).getString());
    return names;
  }

  ExportedPackage package(const std::string& name) {
    ExportedPackage package;
    package.name = name;
    {
      auto read = database_.use(kDefault);
      read->bind(":package", name);
      package.missing = !read->executeStep();
      if (!package.missing) package.default_channel = read->getColumn(0).getString();
    }
    {
      auto read = database_.use(kChannels);
      read->bind(":package", name);
      while (read->executeStep()) {
        package.channels.emplace_back(read->getColumn(0).getString(),
                                      read->getColumn(1).getString());
      }
    }
    auto read = database_.use(kBundles);
    read->bind(":package", name);
    while (read->executeStep()) {
      package.bundles.push_back({.name = read->getColumn(0).getString(),
                                 .version = read->getColumn(1).getString(),
                                 .pull_spec = read->getColumn(2).getString(),
                                 .folder = {}});
    }
    choose_folders(package.bundles);
    return package;
  }

 private:
  IndexDatabase& database_;
};

std::vector<ExportedPackage> read_packages(const fs::path& path,
                                           std::span<const std::string> wanted) {
  std::vector<ExportedPackage> packages;
  translate_sqlite_errors(path, [&] {
    auto database = open_for_reading(path);
    if (is_empty_index(database)) {
      for (const auto& name : std::set<std::string>(wanted.begin(), wanted.end())) {
        packages.push_back(
            {.name = name, .missing = true, .default_channel = {}, .channels = {}, .bundles = {}});
      }
      return;
    }
    Reader reader{database};
    std::set<std::string> names(wanted.begin(), wanted.end());
    if (names.empty()) {
      for (auto& name : reader.package_names()) names.insert(std::move(name));
    }
    for (const auto& name : names) packages.push_back(reader.package(name));
  });
  return packages;
}

Problem bad_name(std::string_view what, const std::string& name, const std::string& package) {
  Problem problem;
  problem.kind = ProblemKind::unsupported;
  problem.package = package;
  problem.text = fmt::format("{} '{}' cannot be exported: its name is not one that a file can have",
                             what, name);
  return problem;
}

void refuse_what_has_no_place(const std::vector<ExportedPackage>& packages) {
  std::vector<Problem> problems;
  for (const auto& package : packages) {
    if (!is_file_name(package.name))
      problems.push_back(bad_name("package", package.name, package.name));
    for (const auto& bundle : package.bundles) {
      if (!is_file_name(bundle.folder) || bundle.folder == "package.yaml") {
        problems.push_back(bad_name("bundle", bundle.name, package.name));
      }
      if (!bundle.pull_spec.empty()) continue;
      Problem problem;
      problem.kind = ProblemKind::unsupported;
      problem.bundle = bundle.name;
      problem.package = package.name;
      problem.text = fmt::format(
          "bundle {} of package {} cannot be exported: the index has no pull specification for it",
          bundle.name, package.name);
      problems.push_back(std::move(problem));
    }
  }
  if (!problems.empty()) throw Refused{std::move(problems)};
}

void refuse_used(const fs::path& output) {
  std::error_code error;
  const auto status = fs::symlink_status(output, error);
  if (!fs::exists(status)) return;
  if (fs::is_directory(status) && fs::is_empty(output, error) && !error) return;
  throw UserError{
      fmt::format("{} is there already and is no empty directory: name one that is absent or empty",
                  output.string())};
}

ExternalError failure(const fs::path& path, std::string_view action, const std::error_code& error) {
  return ExternalError{fmt::format("{} cannot be {}: {}", path.string(), action, error.message()),
                       ExternalError::Retry::no};
}

void make_directories(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error) throw failure(path, "made", error);
}

/// Brings what `fetch` gave to `folder`, without the folder `manifests` around it.
void place_manifests(const ExportedBundle& bundle, const fs::path& fetched,
                     const fs::path& folder) {
  const auto manifests = fetched / "manifests";
  std::error_code error;
  if (!fs::is_directory(fs::symlink_status(manifests, error))) {
    Problem problem;
    problem.kind = ProblemKind::invalid_bundle;
    problem.bundle = bundle.name;
    problem.pull_spec = bundle.pull_spec;
    problem.text = fmt::format("bundle {} ({}) cannot be exported: its image has no manifests/",
                               bundle.name, bundle.pull_spec);
    throw Refused{{std::move(problem)}};
  }
  fs::rename(manifests, folder, error);
  if (error) throw failure(folder, "made", error);
  fs::permissions(folder, static_cast<fs::perms>(0755), error);
}

void write_package(const ExportedPackage& package, const fs::path& root,
                   const FetchManifests& fetch, const Work& work) {
  const auto folder = root / package.name;
  make_directories(folder);
  for (const auto& bundle : package.bundles) {
    work.cancellation.check("exporting packages");
    const TempDir fetched{root.parent_path(), "bundle-"};
    fetch(bundle.pull_spec, fetched.path());
    place_manifests(bundle, fetched.path(), folder / bundle.folder);
  }
  write_file_atomically(folder / "package.yaml",
                        package_yaml(package.name, package.channels, package.default_channel),
                        0644);
}

}  // namespace

Exported export_packages(const Catalog& catalog, std::span<const std::string> packages,
                         const fs::path& output, const FetchManifests& fetch, const Work& work) {
  const auto exported = read_packages(sqlite_path(catalog), packages);
  refuse_what_has_no_place(exported);
  auto place = fs::absolute(output).lexically_normal();
  if (!place.has_filename()) place = place.parent_path();
  refuse_used(place);
  make_directories(place.parent_path());

  // Beside the place, for a rename does not leave a file system.
  const TempDir scratch{place.parent_path(), ".iibd-export-"};
  const auto root = scratch.path() / "packages";
  make_directories(root);
  Exported result;
  for (const auto& package : exported) {
    write_package(package, root, fetch, work);
    ++result.packages;
    result.bundles += package.bundles.size();
    if (package.missing) result.missing.push_back(package.name);
  }
  std::error_code error;
  fs::rename(root, place, error);  // takes the place of an empty directory, of nothing else
  if (error) throw failure(place, "written", error);
  return result;
}

}  // namespace iib::catalog
