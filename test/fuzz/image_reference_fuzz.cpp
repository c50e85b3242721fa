#include "iib/base/error.hpp"
#include "iib/model/image_reference.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(bytes), size};
  try {
    const auto reference = iib::model::ImageReference::parse(text);
    // The key of a reference is itself a reference to the same thing.
    const auto again = iib::model::ImageReference::parse(reference.ordering_key());
    if (again.ordering_key() != reference.ordering_key()) std::abort();
  } catch (const iib::UserError&) {
    return 0;
  }
  return 0;
}
