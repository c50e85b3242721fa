#include "catalog/csv.hpp"
#include "catalog/json_text.hpp"
#include "catalog/manifest_document.hpp"
#include "catalog/metadata.hpp"
#include "iib/base/error.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>

namespace {

/// Refusing is as good as reading; everything else is a fault.
void attempt(const std::function<void()>& read) {
  try {
    read();
  } catch (const iib::UserError&) {
    return;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  namespace catalog = iib::catalog;
  const std::string_view text{reinterpret_cast<const char*>(bytes), size};
  attempt([&] {
    const auto file = catalog::read_file_document(text, "input");
    (void)catalog::canonical_json(file.root);
    attempt([&] { (void)catalog::read_csv(file.root); });
    attempt([&] { (void)catalog::crd_apis(file.root); });
    attempt([&] { (void)catalog::read_annotations(file); });
    attempt([&] { (void)catalog::read_typed_list(file, "dependencies"); });
  });
  attempt([&] { (void)catalog::read_properties_annotation(text); });
  return 0;
}
