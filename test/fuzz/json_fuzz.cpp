#include "iib/base/error.hpp"
#include "iib/io/json.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(bytes), size};
  try {
    const auto written = iib::io::to_json(iib::io::parse_json(text));
    // What we write reads back as itself.
    if (iib::io::to_json(iib::io::parse_json(written)) != written) std::abort();
  } catch (const iib::UserError&) {
    return 0;
  }
  return 0;
}
