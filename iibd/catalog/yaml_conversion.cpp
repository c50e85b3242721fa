#include "catalog/yaml_conversion.hpp"

#include "catalog/json_text.hpp"
#include "iib/base/error.hpp"

#include <fmt/format.h>

#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <string>
#include <type_traits>

namespace iib::catalog {
namespace {

constexpr std::string_view kMergeTag = "tag:yaml.org,2002:merge";

class Converter {
 public:
  Converter(const std::string& name, io::JsonAllocator& allocator)
      : name_{name}, allocator_{allocator} {}

  io::JsonValue convert(const io::YamlNode& written) {
    const auto& node = written.resolved();
    if (node.kind == io::YamlKind::mapping) return convert_mapping(node);
    if (node.kind == io::YamlKind::sequence) return convert_sequence(node);
    return convert_scalar(node);
  }

 private:
  /// Bytewise by key, which is how JSON text is written later.
  using Members = std::map<std::string, io::JsonValue, std::less<>>;

  [[noreturn]] void fail(const io::YamlNode& node, std::string_view problem) const {
    throw UserError{fmt::format("{}: {}", io::yaml_position(name_, node), problem)};
  }

  io::JsonValue convert_sequence(const io::YamlNode& node) {
    io::JsonValue array{rapidjson::kArrayType};
    array.Reserve(static_cast<rapidjson::SizeType>(node.items.size()), allocator_);
    for (const auto* item : node.items) array.PushBack(convert(*item), allocator_);
    return array;
  }

  io::JsonValue convert_mapping(const io::YamlNode& node) {
    Members members;
    collect(node, members);
    io::JsonValue object{rapidjson::kObjectType};
    for (auto& [key, value] : members) {
      object.AddMember(io::json_text(key, allocator_), value, allocator_);
    }
    return object;
  }

  /// Position decides (3.5): what comes later overwrites, merged or not.
  void collect(const io::YamlNode& mapping, Members& members) {
    for (const auto& pair : mapping.pairs) {
      if (is_merge(*pair.key)) {
        merge(*pair.value, members);
      } else {
        members.insert_or_assign(key_text(*pair.key), convert(*pair.value));
      }
    }
  }

  static bool is_merge(const io::YamlNode& key) {
    if (key.kind != io::YamlKind::scalar || key.value != "<<") return false;
    return key.implicit || key.tag == kMergeTag;
  }

  void merge(const io::YamlNode& value, Members& members) {
    // An alias of a sequence is refused where the sequence itself would do.
    if (value.kind == io::YamlKind::sequence) {
      // From the last to the first, so that earlier ones win.
      for (std::size_t left = value.items.size(); left > 0; --left) {
        merge_mapping(*value.items[left - 1], members);
      }
    } else {
      merge_mapping(value, members);
    }
  }

  void merge_mapping(const io::YamlNode& value, Members& members) {
    if (!value.is_mapping()) fail(value, "only mappings can be merged by <<");
    collect(value.resolved(), members);
  }

  std::string key_text(const io::YamlNode& key) {
    if (!key.is_scalar()) fail(key, "a mapping or a list cannot be a key");
    return std::visit(
        [&](const auto& value) -> std::string {
          using Value = std::decay_t<decltype(value)>;
          if constexpr (std::is_same_v<Value, io::YamlNull>) {
            fail(key, "null cannot be a key");
          } else if constexpr (std::is_same_v<Value, std::string>) {
            return value;
          } else if constexpr (std::is_same_v<Value, double>) {
            return float_as_text(value);
          } else {
            return fmt::format("{}", value);
          }
        },
        resolve(key));
  }

  io::JsonValue convert_scalar(const io::YamlNode& node) {
    return std::visit(
        [&](const auto& value) -> io::JsonValue {
          using Value = std::decay_t<decltype(value)>;
          if constexpr (std::is_same_v<Value, io::YamlNull>) {
            return io::JsonValue{};
          } else if constexpr (std::is_same_v<Value, std::string>) {
            // Only !!binary can bring bytes that are no text.
            if (!node.tag.empty()) return io::json_text(replace_invalid_utf8(value), allocator_);
            return io::json_text(value, allocator_);
          } else if constexpr (std::is_same_v<Value, std::uint64_t>) {
            // What does not fit int64 becomes a float (3.6).
            return io::JsonValue{static_cast<double>(value)};
          } else if constexpr (std::is_same_v<Value, double>) {
            if (!std::isfinite(value)) fail(node, "infinity and NaN have no JSON form");
            return io::JsonValue{value};
          } else {
            return io::JsonValue{value};
          }
        },
        resolve(node));
  }

  io::YamlScalar resolve(const io::YamlNode& node) const {
    return io::resolve(node, io::Typing::go_yaml_1_1);
  }

  const std::string& name_;
  io::JsonAllocator& allocator_;
};

}  // namespace

io::JsonDocument yaml_to_json(const io::YamlNode& node, const std::string& name) {
  io::JsonDocument document;
  auto value = Converter{name, document.GetAllocator()}.convert(node);
  static_cast<io::JsonValue&>(document).Swap(value);
  return document;
}

}  // namespace iib::catalog
