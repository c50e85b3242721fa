#include "cli/served_cache.hpp"

#include "iib/base/error.hpp"
#include "iib/catalog/fbc_cache.hpp"
#include "iib/catalog/index_labels.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

namespace iib::cli {
namespace {

namespace fs = std::filesystem;
namespace fbc = catalog::fbc;
using catalog::kCachePath;

constexpr auto kRemedy =
    "make the cache anew from the catalog as it lies in the image (iibd catalog cache), or let a "
    "request build the index again";

fbc::Finding problem(const fs::path& below, std::string text) {
  fbc::Finding finding;
  finding.rule = fbc::Rule::serve_cache;
  finding.place.file = kCachePath;
  if (!below.empty()) finding.place.file += "/" + below.string();
  finding.text = std::move(text);
  return finding;
}

unsigned mode_of(const fs::directory_entry& entry) {
  return static_cast<unsigned>(entry.symlink_status().permissions() & fs::perms::mask);
}

/// The digest in a cache is that of entries with the modes that opm gives them.
std::optional<fbc::Finding> odd_mode(const fs::path& cache) {
  std::error_code error;
  const auto look = [&](const fs::directory_entry& entry) -> std::optional<fbc::Finding> {
    const auto usual = entry.is_directory() ? fbc::kCacheDirectoryMode : fbc::kCacheFileMode;
    if (mode_of(entry) == usual) return std::nullopt;
    return problem(entry.path().lexically_relative(cache),
                   fmt::format("has the mode {:04o}, but its digest is one of {:04o}, so opm serve "
                               "ends at once: {}",
                               mode_of(entry), usual, kRemedy));
  };
  if (auto found = look(fs::directory_entry{cache / "cache"})) return found;
  fs::recursive_directory_iterator entry{cache / "cache", error};
  for (; !error && entry != fs::recursive_directory_iterator{}; entry.increment(error)) {
    if (auto found = look(*entry)) return found;
  }
  if (!error) return std::nullopt;
  throw ExternalError{fmt::format("{} cannot be read: {}", cache.string(), error.message()),
                      ExternalError::Retry::no};
}

fbc::Finding stale(const fbc::CacheCheck& check) {
  return problem(
      "digest",
      fmt::format("is {}, but the catalog and its cache have {}, so opm serve ends at "
                  "once: {}",
                  check.recorded.empty() ? "empty" : check.recorded, check.expected, kRemedy));
}

std::string absent() {
  return fmt::format(
      "the image has no cache at {0}: opm serve makes one at each start, but ends with status 1 "
      "when it is told --cache-dir={0}",
      kCachePath);
}

}  // namespace

CacheFindings look_at_cache(const ServedCatalog& image, const Cancellation& cancellation) {
  CacheFindings found;
  const auto& root = image.catalog.path;
  const auto check =
      fbc::check_cache(root, image.cache, fbc::RootModes::of_host(root), cancellation);
  if (check.has_pogreb) {
    found.notes.push_back(
        fmt::format("{}/pogreb.v1, which opm from 1.41 on takes, is not checked", kCachePath));
  }
  switch (check.state) {
    case fbc::CacheState::absent:
      found.notes.push_back(absent());
      break;
    case fbc::CacheState::up_to_date:
      if (auto odd = odd_mode(image.cache)) found.problems.push_back(*std::move(odd));
      break;
    case fbc::CacheState::stale:
      found.problems.push_back(stale(check));
      break;
    case fbc::CacheState::foreign:
      if (check.has_pogreb) break;
      found.problems.push_back(problem(
          {}, fmt::format("holds something else than a cache, so opm serve ends at once: {}",
                          kRemedy)));
      break;
  }
  return found;
}

}  // namespace iib::cli
