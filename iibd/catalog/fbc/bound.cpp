#include "catalog/fbc/blob_reader.hpp"
#include "catalog/fbc/files.hpp"
#include "iib/catalog/fbc_bound.hpp"

#include <fmt/format.h>

namespace iib::catalog::fbc {
namespace {

/// Counts the blobs of `file` on to `count`.
void count_blobs(const std::filesystem::path& root, const CatalogFile& file, std::size_t most,
                 std::size_t& count, const Cancellation& cancellation) {
  BlobReader reader{root / file.name};
  while (const auto blob = reader.next()) {
    cancellation.check("counting blobs");
    if (++count <= most) continue;
    throw UserError{
        fmt::format("{}, blob {} in line {}: the catalog has more than {} blobs, the most that is "
                    "taken at once; take its packages in several parts",
                    file.name, blob->number, blob->line, most)};
  }
}

}  // namespace

void require_at_most(std::size_t most, const std::filesystem::path& root,
                     const Cancellation& cancellation) {
  std::size_t count = 0;
  for (const auto& file : find_files(root).files) {
    try {
      count_blobs(root, file, most, count, cancellation);
    } catch (const SplitError&) {
      continue;  // validate() tells more of it
    }
  }
}

}  // namespace iib::catalog::fbc
