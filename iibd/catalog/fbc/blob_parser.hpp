#pragma once

#include "catalog/fbc/blob_reader.hpp"
#include "catalog/fbc/blobs.hpp"
#include "iib/base/error.hpp"
#include "iib/catalog/fbc.hpp"
#include "iib/io/json.hpp"
#include "iib/io/yaml.hpp"

#include <string>

namespace iib::catalog::fbc {

/// A blob that breaks a rule by itself.
class BlobError : public UserError {
 public:
  BlobError(Rule rule, const std::string& what) : UserError{what}, rule_{rule} {}
  /// Which one.
  [[nodiscard]] Rule rule() const noexcept { return rule_; }

 private:
  Rule rule_;
};

/// What is kept of values whose text matters.
enum class Values { leave_out, keep };

/// A blob's JSON.
struct ParsedBlob {
  io::JsonDocument root;
  /// The text that `root` was read from, valid UTF-8; of YAML its JSON. Empty unless kept.
  std::string text;
};

/// Parses `raw` (catalog-fbc 1.2). Bytes that are not UTF-8 and halves of surrogate pairs become
/// U+FFFD, as in the reference. `duplicates` is what becomes of a key that a mapping of YAML has
/// twice; unless they are refused the last one counts. Throws BlobError.
[[nodiscard]] ParsedBlob parse_blob(const RawBlob& raw, Values values,
                                    io::DuplicateKeys duplicates = io::DuplicateKeys::keep_all);

/// The `schema` of a parsed blob. Throws BlobError.
[[nodiscard]] std::string schema_of(const io::JsonValue& root);

/// The blob as plain values (1.3). Keys are found in any case. Throws BlobError for a field of a
/// wrong type, which for `olm.deprecations` only newer releases refuse.
[[nodiscard]] Blob read_blob(const ParsedBlob& parsed, Values values);

}  // namespace iib::catalog::fbc
