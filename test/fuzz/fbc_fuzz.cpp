#include "catalog/fbc/blob_checks.hpp"
#include "catalog/fbc/blob_parser.hpp"
#include "catalog/fbc/blob_reader.hpp"
#include "catalog/fbc/ignore.hpp"
#include "catalog/fbc/writer.hpp"
#include "iib/base/error.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <sstream>
#include <string>
#include <string_view>

namespace {

namespace catalog = iib::catalog;
namespace fbc = iib::catalog::fbc;

constexpr std::size_t kMaxBlob = 1UL << 16U;

fbc::Blob read(const fbc::RawBlob& raw) {
  return fbc::read_blob(fbc::parse_blob(raw, fbc::Values::keep), fbc::Values::keep);
}

fbc::Blob read_again(const std::string& text, catalog::Notation notation) {
  return read({.number = 1, .offset = 0, .line = 1, .notation = notation, .text = text});
}

/// Refusing is as good as reading; but what is read must survive being written.
void take(const fbc::RawBlob& raw) {
  fbc::Blob blob;
  bool ambiguous = false;
  try {
    const auto parsed = fbc::parse_blob(raw, fbc::Values::keep);
    const auto report = [](fbc::Rule, const std::string&, fbc::Releases) {};
    // Which of several spellings counts depends on the order of the keys, which YAML sorts.
    fbc::check_keys(parsed.root,
                    [&](fbc::Rule, const std::string&, fbc::Releases) { ambiguous = true; });
    blob = fbc::read_blob(parsed, fbc::Values::keep);
    if (std::holds_alternative<fbc::BundleBlob>(blob)) {
      (void)fbc::check_properties(parsed.root, {.root = "/nowhere", .directory = {}}, report);
    }
  } catch (const iib::UserError&) {
    return;
  }
  if (ambiguous) return;
  const auto json = fbc::to_text(blob, fbc::Format::json);
  if (fbc::to_text(read_again(json, catalog::Notation::json), fbc::Format::json) != json) {
    std::abort();
  }
  const auto yaml = fbc::to_text(blob, fbc::Format::yaml);
  if (fbc::to_text(read_again(yaml, catalog::Notation::yaml), fbc::Format::yaml) != yaml) {
    std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string text{reinterpret_cast<const char*>(bytes), size};
  fbc::IgnoreRules rules;
  rules.add("p", text.substr(0, 200));
  (void)rules.ignores("p/catalog.json");
  try {
    fbc::BlobReader reader{std::make_unique<std::istringstream>(text), "input", kMaxBlob};
    while (const auto raw = reader.next()) take(*raw);
  } catch (const fbc::SplitError&) {
    return 0;
  }
  return 0;
}
