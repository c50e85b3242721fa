#include "changes.hpp"

#include "iib/io/json.hpp"

#include <cmath>
#include <type_traits>
#include <utility>

namespace iib::bundle {
namespace {

void write_text(io::JsonWriter& writer, std::string_view text) {
  writer.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
}

void write_scalar(io::JsonWriter& writer, const io::YamlNode& node) {
  std::visit(
      [&writer](const auto& value) {
        using Value = std::decay_t<decltype(value)>;
        if constexpr (std::is_same_v<Value, io::YamlNull>) {
          writer.Null();
        } else if constexpr (std::is_same_v<Value, bool>) {
          writer.Bool(value);
        } else if constexpr (std::is_same_v<Value, std::int64_t>) {
          writer.Int64(value);
        } else if constexpr (std::is_same_v<Value, std::uint64_t>) {
          writer.Uint64(value);
        } else if constexpr (std::is_same_v<Value, double>) {
          if (std::isfinite(value)) {
            writer.Double(value);
          } else {
            writer.Null();  // JSON has no such number
          }
        } else {
          write_text(writer, value);
        }
      },
      io::resolve(node, io::Typing::core_1_2));
}

void write(io::JsonWriter& writer, const io::YamlNode& written) {
  const io::YamlNode& node = written.resolved();
  if (node.kind == io::YamlKind::sequence) {
    writer.StartArray();
    for (const auto* item : node.items) write(writer, *item);
    writer.EndArray();
  } else if (node.kind == io::YamlKind::mapping) {
    writer.StartObject();
    for (const auto& pair : io::merged_pairs(node)) {
      write_text(writer, pair.key->resolved().value);
      write(writer, *pair.value);
    }
    writer.EndObject();
  } else {
    write_scalar(writer, node);
  }
}

/// Walks the old and the new document side by side.
class Comparison {
 public:
  Comparison(const Document& document, std::vector<Change>& changes)
      : document_{document}, changes_{changes} {}

  void compare(const io::YamlNode& old_written, const io::YamlNode& new_written) {
    const io::YamlNode& before = old_written.resolved();
    const io::YamlNode& now = new_written.resolved();
    if (before.kind == io::YamlKind::mapping && now.kind == io::YamlKind::mapping) {
      compare_pairs(before, now);
    } else if (before.kind == io::YamlKind::sequence && now.kind == io::YamlKind::sequence &&
               before.items.size() == now.items.size()) {
      for (std::size_t i = 0; i < now.items.size(); ++i) {
        path_.emplace_back(i);
        compare(*before.items[i], *now.items[i]);
        path_.pop_back();
      }
    } else if (!same_scalars(before, now)) {
      add(Change::Kind::replaced, to_json(before), now);
    }
  }

 private:
  static bool same_scalars(const io::YamlNode& before, const io::YamlNode& now) {
    if (before.kind != io::YamlKind::scalar || now.kind != io::YamlKind::scalar) return false;
    return before.value == now.value && before.implicit == now.implicit && before.tag == now.tag;
  }

  /// Keys stay in their order and none goes away, so both sides are in step up to what was added.
  void compare_pairs(const io::YamlNode& before, const io::YamlNode& now) {
    const auto old_pairs = io::merged_pairs(before);
    std::size_t next_old = 0;
    for (const auto& pair : io::merged_pairs(now)) {
      const auto key = pair.key->resolved().value;
      path_.emplace_back(std::string{key});
      if (next_old < old_pairs.size() && old_pairs[next_old].key->resolved().value == key) {
        compare(*old_pairs[next_old++].value, *pair.value);
      } else if (const auto* old = io::find_merged(before, key); old != nullptr) {
        compare(*old, *pair.value);
      } else {
        add(Change::Kind::added, std::nullopt, *pair.value);
      }
      path_.pop_back();
    }
  }

  void add(Change::Kind kind, std::optional<std::string> old, const io::YamlNode& now) {
    const auto reason = document_.reasons().find(path_);
    changes_.push_back({.file = document_.path(),
                        .place = io::json_pointer(path_),
                        .kind = kind,
                        .old = std::move(old),
                        .now = to_json(now),
                        .why = reason == document_.reasons().end() ? "" : reason->second});
  }

  const Document& document_;
  std::vector<Change>& changes_;
  io::YamlPath path_;
};

}  // namespace

std::string to_json(const io::YamlNode& node) {
  rapidjson::StringBuffer buffer;
  io::JsonWriter writer{buffer};
  write(writer, node);
  return {buffer.GetString(), buffer.GetSize()};
}

void append_changes(const Document& document, std::vector<Change>& changes) {
  Comparison{document, changes}.compare(document.before().document.root(),
                                        document.now().document.root());
}

}  // namespace iib::bundle
