#pragma once

#include "iib/catalog/engine.hpp"
#include "iib/io/json.hpp"

#include <filesystem>
#include <map>
#include <string>

namespace iib::test {

/// The bundles of the corpus by key.
std::map<std::string, catalog::BundleSource> corpus_bundles(const std::filesystem::path& shared);

/// `text`, one JSON blob, with hashes in place of base64 as golden files have them, and the names
/// of equal related images sorted: among those the reference has no order of its own in long lists.
std::string comparable_blob(const std::string& text);

/// A blob of a golden file in the same form.
std::string comparable_blob(const io::JsonValue& golden);

}  // namespace iib::test
