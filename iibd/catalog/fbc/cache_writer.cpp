#include "catalog/fbc/cache_writer.hpp"

#include "catalog/fbc/blob_parser.hpp"
#include "catalog/fbc/blob_reader.hpp"
#include "catalog/fbc/cache_bundle.hpp"
#include "catalog/fbc/cache_names.hpp"
#include "iib/base/error.hpp"
#include "iib/base/parallel.hpp"
#include "iib/catalog/fbc_changes.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <system_error>
#include <unordered_map>
#include <utility>
#include <variant>

namespace iib::catalog::fbc {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(const fs::path& path) {
  throw ExternalError{fmt::format("{} cannot be written: {}", path.string(),
                                  std::generic_category().message(errno)),
                      ExternalError::Retry::no};
}

void make_cache_directory(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error || ::chmod(path.c_str(), kCacheDirectoryMode) != 0) {
    throw ExternalError{
        fmt::format("the directory {} cannot be made: {}", path.string(),
                    error ? error.message() : std::generic_category().message(errno)),
        ExternalError::Retry::no};
  }
}

/// A bundle's place in a channel.
struct Membership {
  const Channel* channel;
  const ChannelEntry* entry;
};

class EntryWriter {
 public:
  EntryWriter(const fs::path& root, const CheckedCatalog& catalog, const CachedPackageMap& packages,
              const fs::path& files, const CacheOptions& options)
      : root_{root}, catalog_{catalog}, packages_{packages}, files_{files}, options_{options} {
    for (const auto& facts : catalog.facts.channels) {
      const auto& channel = facts.channel;
      for (const auto& entry : channel.entries) {
        memberships_[channel.package][entry.name].push_back({&channel, &entry});
        ++entries_;
      }
    }
  }

  std::size_t run() {
    in_parallel(catalog_.files.size(), options_.threads,
                [&](std::size_t index) { read(catalog_.files[index]); });
    return entries_;
  }

 private:
  void read(const CatalogFile& file) {
    const ObjectPlace place{.root = root_,
                            .directory = fs::path{file.name}.parent_path().generic_string()};
    BlobReader reader{root_ / file.name};
    while (const auto raw = reader.next()) {
      options_.cancellation.check("making the cache");
      const auto blob = read_blob(parse_blob(*raw, Values::keep), Values::keep);
      if (const auto* bundle = std::get_if<BundleBlob>(&blob)) write(*bundle, place);
    }
  }

  void write(const BundleBlob& bundle, const ObjectPlace& place) {
    const CachedBundle cached{bundle, place, packages_.find(bundle.package)->second,
                              options_.flavor};
    for (const auto& [channel, entry] : memberships_.at(bundle.package).at(bundle.name)) {
      const CacheFile file{files_ / cache_file_name(bundle.package, channel->name, bundle.name)};
      file.write(cached.text(channel->name, *entry));
    }
  }

  using OfPackage = std::unordered_map<std::string_view, std::vector<Membership>>;

  const fs::path& root_;
  const CheckedCatalog& catalog_;
  const CachedPackageMap& packages_;
  const fs::path& files_;
  const CacheOptions& options_;
  std::unordered_map<std::string_view, OfPackage> memberships_;
  std::size_t entries_ = 0;
};

}  // namespace

CacheFile::CacheFile(fs::path path)
    : path_{std::move(path)},
      file_{::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, kCacheFileMode)} {
  if (!file_.is_open() || ::fchmod(file_.get(), kCacheFileMode) != 0) fail(path_);
}

void CacheFile::write(std::string_view bytes) const {
  if (!write_all(file_.get(), bytes)) fail(path_);
}

void prepare_cache(const fs::path& directory) {
  std::error_code error;
  const auto status = fs::status(directory, error);
  if (fs::exists(status) && !(fs::is_directory(status) && fs::is_empty(directory, error))) {
    throw UserError{
        fmt::format("{} is no empty directory: name a new one, or empty it", directory.string())};
  }
  make_cache_directory(directory);
  make_cache_directory(directory / "cache");
}

void require_servable(const CheckedCatalog& catalog) {
  if (!catalog.validation.problems.empty()) throw RefusedCatalog{catalog.validation.problems};
  if (auto problems = check_cache_names(catalog.model); !problems.empty()) {
    throw Refused{std::move(problems)};
  }
}

std::size_t write_entries(const fs::path& root, const CheckedCatalog& catalog,
                          const CachedPackageMap& packages, const fs::path& files,
                          const CacheOptions& options) {
  return EntryWriter{root, catalog, packages, files, options}.run();
}

}  // namespace iib::catalog::fbc
