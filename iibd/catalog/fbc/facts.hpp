#pragma once

#include "catalog/fbc/blob_checks.hpp"
#include "catalog/fbc/blobs.hpp"
#include "catalog/fbc/files.hpp"
#include "catalog/fbc/findings.hpp"
#include "iib/base/cancellation.hpp"

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

namespace iib::catalog::fbc {

/// A blob's place without the name of its file.
struct Where {
  std::size_t file = 0;
  std::size_t number = 0;
  std::size_t line = 0;
};

struct PackageFacts {
  std::string name;
  std::string default_channel;
  bool has_description = false;
  Where where;
};

struct ChannelFacts {
  Channel channel;
  Where where;
};

struct BundleFacts {
  std::string name;
  std::string package;
  PropertyFacts properties;
  std::string image;
  /// Its bundle_identity(); empty when not asked for.
  std::string identity;
  Where where;
};

struct DeprecationsFacts {
  Deprecations deprecations;
  Where where;
};

/// What validation needs of the blobs of one file or of a whole catalog, in load order: names and
/// edges, not contents.
struct Facts {
  std::vector<PackageFacts> packages;
  std::vector<ChannelFacts> channels;
  std::vector<BundleFacts> bundles;
  std::vector<DeprecationsFacts> deprecations;
  /// Blobs of other schemas.
  std::size_t others = 0;
  std::size_t blobs = 0;
};

/// Facts of a file and what is wrong with its blobs one by one.
struct FileFacts {
  Facts facts;
  Findings findings;
};

/// Whether the identities of bundles are wanted.
enum class Identities { leave_out, tell };

/// Reads the `index`th file of the catalog in `root`, blob by blob.
[[nodiscard]] FileFacts read_facts(const std::filesystem::path& root, const CatalogFile& file,
                                   std::size_t index, Identities identities,
                                   const Cancellation& cancellation);

}  // namespace iib::catalog::fbc
