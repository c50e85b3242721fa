#include "fragments.hpp"

#include "iib/base/error.hpp"
#include "iib/catalog/fbc_bound.hpp"
#include "index_reading.hpp"
#include "subject.hpp"

#include <fmt/format.h>

namespace iib::task {
namespace {

namespace fs = std::filesystem;
namespace fbc = catalog::fbc;

/// Of one fragment, which brings some packages: the largest whole catalogs have fewer.
constexpr std::size_t kMostBlobs = 40'000;

std::map<std::string, std::string> labels_of(const Context& context,
                                             const ResolvedFragment& fragment) {
  return about("fragment", fragment.given, [&] {
    return context.images().config(fragment.image.speaker, context.access()).labels;
  });
}

[[noreturn]] void refuse_without_catalog(const Context& context, const ResolvedFragment& fragment) {
  const auto labels = labels_of(context, fragment);
  const auto place = context.settings().fragment_catalog.string();
  if (!is_file_based(labels) && labels.contains(kDatabaseLabel)) {
    throw UserError{fmt::format(
        "fragment {} is an index with an SQLite database, by its label {}: a fragment is an image "
        "with a file-based catalog at {}; `iibd catalog migrate` makes one of a database",
        fragment.given, kDatabaseLabel, place)};
  }
  throw UserError{
      fmt::format("fragment {} has no directory {}: build it with its catalog there, one "
                  "directory for each package",
                  fragment.given, place)};
}

fbc::Fragment read_fragment(const Context& context, const ResolvedFragment& fragment,
                            const std::string& directory) {
  const auto root = context.make_directory(directory);
  const auto place = context.settings().fragment_catalog.relative_path().lexically_normal();
  const std::vector<std::string> wanted{place.string()};
  about("fragment", fragment.given,
        [&] { context.images().extract(fragment.image.speaker, wanted, root, context.access()); });
  if (!fs::is_directory(fs::symlink_status(root / place))) {
    refuse_without_catalog(context, fragment);
  }
  about("fragment", fragment.given,
        [&] { fbc::require_at_most(kMostBlobs, root / place, context.cancellation()); });
  return {.name = fragment.given, .directory = root / place};
}

}  // namespace

std::vector<ResolvedFragment> resolve_fragments(const Context& context) {
  std::vector<ResolvedFragment> fragments;
  for (const auto& given : context.facts().fbc_fragments) {
    fragments.push_back({given, resolve_image(context, given, "fragment")});
  }
  return fragments;
}

std::vector<fbc::Fragment> read_fragments(const Context& context,
                                          const std::vector<ResolvedFragment>& fragments) {
  std::vector<fbc::Fragment> read;
  for (const auto& fragment : fragments) {
    read.push_back(read_fragment(context, fragment, fmt::format("fragment-{}", read.size() + 1)));
  }
  return read;
}

}  // namespace iib::task
