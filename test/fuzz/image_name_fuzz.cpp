#include "bundle/csv_scan.hpp"
#include "iib/bundle/image_name.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

// The input is any text: an image name, and free text in which image names may stand.

namespace {

using iib::bundle::ImageName;

/// `text` again, out of its parts: none of it may be lost.
std::string joined(std::string_view text, const ImageName& name) {
  const auto slashes = std::min<std::ptrdiff_t>(std::count(text.begin(), text.end(), '/'), 2);
  std::string whole;
  if (slashes == 2) whole.append(name.registry).append("/").append(name.name_space).append("/");
  if (slashes == 1) whole.append(name.registry).append(name.name_space).append("/");
  const auto rest = text.substr(whole.size());
  whole.append(name.repository);
  if (rest.find('@') != std::string_view::npos) return whole.append("@").append(name.tag);
  if (rest.find(':') != std::string_view::npos) return whole.append(":").append(name.tag);
  if (name.tag != "latest") std::abort();
  return whole;
}

void check_name(std::string_view text) {
  const auto name = ImageName::parse(text);
  if (joined(text, name) != text) std::abort();
  if (name.pinned() != (name.tag.find(':') != std::string::npos)) std::abort();
}

/// What was found lies in order and apart, is found alone too, and is an image name in full.
void check_found(std::string_view text) {
  std::size_t end = 0;
  for (const auto& found : iib::bundle::find_in_text(text)) {
    if (found.offset < end || text.substr(found.offset, found.text.size()) != found.text) {
      std::abort();
    }
    end = found.offset + found.text.size();
    const auto alone = iib::bundle::find_in_text(found.text);
    if (alone.size() != 1 || alone[0].text != found.text) std::abort();
    const auto name = ImageName::parse(found.text);
    if (name.text() != found.text || name.registry.find('.') == std::string::npos) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(bytes), size};
  check_name(text);
  check_found(text);
  return 0;
}
