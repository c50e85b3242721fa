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
#include <utility>

namespace iib::catalog {
namespace {

constexpr std::string_view kMergeTag = "tag:yaml.org,2002:merge";

/// YAML 1.2 lets JSON's `\/` stand in a quoted text; a reader of YAML 1.1 does not know it.
bool escapes_slash(std::string_view quoted) {
  for (auto at = quoted.find('"'); at < quoted.size(); ++at) {
    if (quoted[at] != '\\') continue;
    ++at;
    if (quoted.substr(at, 1) == "/") return true;
  }
  return false;
}

/// Refuses documents in which aliases stand for too much: by the measure of the reference, which
/// counts each node that it comes to, and by the memory that copies of their texts would take.
class AliasBudget {
 public:
  /// A node is read, inside an alias or not.
  void count(bool aliased) {
    ++nodes_;
    if (aliased) ++aliased_nodes_;
  }
  /// A text is copied because an alias stands for it.
  void count_text(std::size_t bytes) { aliased_bytes_ += bytes; }

  [[nodiscard]] bool exceeded() const {
    if (aliased_bytes_ > kMostAliasedBytes) return true;
    return aliased_nodes_ > 100 && nodes_ > 1000 &&
           static_cast<double>(aliased_nodes_) > share() * static_cast<double>(nodes_);
  }

 private:
  static constexpr std::size_t kMostAliasedBytes = 8UL << 20U;

  /// How much of the nodes may come from aliases: nearly all of a small document, a tenth of a
  /// large one.
  [[nodiscard]] double share() const {
    constexpr double kSmall = 400'000;
    constexpr double kLarge = 4'000'000;
    const auto nodes = static_cast<double>(nodes_);
    if (nodes <= kSmall) return 0.99;
    if (nodes >= kLarge) return 0.10;
    return 0.99 - 0.89 * (nodes - kSmall) / (kLarge - kSmall);
  }

  std::size_t nodes_ = 1;  // the document itself
  std::size_t aliased_nodes_ = 0;
  std::size_t aliased_bytes_ = 0;
};

class Converter {
 public:
  Converter(std::string_view text, const std::string& name, io::JsonAllocator& allocator)
      : text_{text},
        has_escaped_slash_{text.find("\\/") != std::string_view::npos},
        name_{name},
        allocator_{allocator} {}

  io::JsonValue convert(const io::YamlNode& written) {
    return visit(written, [this](const io::YamlNode& node) -> io::JsonValue {
      if (node.kind == io::YamlKind::scalar) return convert_scalar(node);
      const bool flow_outside = std::exchange(in_flow_, in_flow_ || node.flow);
      auto value =
          node.kind == io::YamlKind::mapping ? convert_mapping(node) : convert_sequence(node);
      in_flow_ = flow_outside;
      return value;
    });
  }

 private:
  /// Bytewise by key, which is how JSON text is written later.
  using Members = std::map<std::string, io::JsonValue, std::less<>>;

  [[noreturn]] void fail(const io::YamlNode& node, std::string_view problem) const {
    throw UserError{fmt::format("{}: {}", io::yaml_position(name_, node), problem)};
  }

  /// Counts `written`, and what it stands for as an alias, and gives that to `use`.
  template <class Use>
  std::invoke_result_t<Use, const io::YamlNode&> visit(const io::YamlNode& written, Use use) {
    count(written);
    if (written.kind != io::YamlKind::alias) return use(written);
    ++alias_depth_;
    count(*written.target);
    auto result = use(*written.target);
    --alias_depth_;
    return result;
  }

  void count(const io::YamlNode& node) {
    budget_.count(alias_depth_ > 0);
    if (alias_depth_ > 0) budget_.count_text(node.value.size());
    if (budget_.exceeded()) fail(node, "its aliases stand for too much");
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
    visit(value, [&](const io::YamlNode& mapping) {
      collect(mapping, members);
      return true;
    });
  }

  std::string key_text(const io::YamlNode& key) {
    if (!key.is_scalar()) fail(key, "a mapping or a list cannot be a key");
    return visit(key, [this](const io::YamlNode& node) { return text_of_key(node); });
  }

  std::string text_of_key(const io::YamlNode& key) {
    return std::visit(
        [&](const auto& value) -> std::string {
          using Value = std::decay_t<decltype(value)>;
          if constexpr (std::is_same_v<Value, io::YamlNull>) {
            fail(key, "null cannot be a key");
          } else if constexpr (std::is_same_v<Value, std::string>) {
            return value;
          } else if constexpr (std::is_same_v<Value, double>) {
            if (std::isnan(value)) return ".nan";
            if (std::isinf(static_cast<float>(value))) return value < 0 ? "-.inf" : ".inf";
            return float_as_text(value);
          } else if constexpr (std::is_same_v<Value, std::uint64_t>) {
            fail(key, fmt::format("{} is too large a number for a key: put it into quotes", value));
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
          } else if constexpr (std::is_same_v<Value, double>) {
            if (!std::isfinite(value)) fail(node, "infinity and NaN have no JSON form");
            return io::JsonValue{value};
          } else {  // what does not fit int64 is written as a float (3.6); as text it keeps its
                    // digits
            return io::JsonValue{value};
          }
        },
        resolve(node));
  }

  io::YamlScalar resolve(const io::YamlNode& node) const {
    // libyaml reads by YAML 1.2 here; in YAML 1.1 a question mark between brackets begins a key.
    if (in_flow_ && node.style == io::ScalarStyle::plain &&
        node.value.find('?') != std::string_view::npos) {
      fail(node, "a text with ? between brackets must be quoted");
    }
    if (in_flow_ && !node.tag.empty() && text_.substr(node.end, 1) == "," && node.value.empty()) {
      fail(node, "a comma would belong to the tag before it: put a blank between them");
    }
    if (has_escaped_slash_ && node.style == io::ScalarStyle::double_quoted &&
        escapes_slash(text_.substr(node.begin, node.end - node.begin))) {
      fail(node, "\\/ is no escape of YAML 1.1: write / alone");
    }
    return io::resolve(node, io::Typing::go_yaml_1_1);
  }

  AliasBudget budget_;
  std::size_t alias_depth_ = 0;
  std::string_view text_;
  /// Rarely true, and then each quoted text is looked at as it was written.
  bool has_escaped_slash_;
  /// Whether a collection around the current node is written with brackets.
  bool in_flow_ = false;
  const std::string& name_;
  io::JsonAllocator& allocator_;
};

}  // namespace

io::JsonDocument yaml_to_json(const io::YamlNode& node, std::string_view text,
                              const std::string& name) {
  io::JsonDocument document;
  auto value = Converter{text, name, document.GetAllocator()}.convert(node);
  static_cast<io::JsonValue&>(document).Swap(value);
  return document;
}

}  // namespace iib::catalog
