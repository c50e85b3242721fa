#include "iib/base/error.hpp"
#include "iib/io/yaml.hpp"

#include <cstddef>
#include <cstdint>

namespace {

using iib::io::Typing;
using iib::io::YamlKind;
using iib::io::YamlNode;

/// Types every scalar that was written; what an alias stands for is met where it was written.
void visit(const YamlNode& node) {
  switch (node.kind) {
    case YamlKind::scalar:
      for (const auto typing : {Typing::go_yaml_1_1, Typing::core_1_2}) {
        try {
          (void)iib::io::resolve(node, typing);
        } catch (const iib::UserError&) {
          continue;
        }
      }
      return;
    case YamlKind::sequence:
      for (const auto* item : node.items) visit(*item);
      return;
    case YamlKind::mapping:
      for (const auto& pair : node.pairs) {
        visit(*pair.key);
        visit(*pair.value);
      }
      return;
    case YamlKind::alias:
      return;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(bytes), size};
  try {
    for (const auto& document : iib::io::parse_yaml_stream(text)) visit(document.root());
  } catch (const iib::UserError&) {
    return 0;
  }
  return 0;
}
