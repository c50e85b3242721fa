#include "csv_scan.hpp"
#include "iib/bundle/refusal.hpp"
#include "iib/io/layer_path.hpp"
#include "place.hpp"

#include <fmt/format.h>

#include <utility>

namespace iib::bundle {
namespace {

constexpr std::string_view kCsvKind = "ClusterServiceVersion";

/// As the parser's bound, but after aliases: each could stand for collections as deep as that, and
/// whoever walks the document does so by calls within calls.
constexpr std::size_t kMaxDepth = 256;
/// The largest manifest known has some 300,000; a node takes about 150 bytes of memory.
constexpr std::size_t kMaxNodes = 1'000'000;
/// Of all keys and values after aliases, each of which may stand for a long text.
constexpr std::size_t kMaxExpandedBytes = 64UL << 20U;

/// Follows every alias of a document and counts what they stand for: whoever walks it afterwards
/// can do so without bounds of its own.
class Expansion {
 public:
  explicit Expansion(const std::string& path) : path_{path} {}

  /// Throws Refusal when there is too much.
  void check(const io::YamlNode& written, std::size_t depth = 0) {
    const io::YamlNode& node = written.resolved();
    bytes_ += node.value.size();
    if (bytes_ > kMaxExpandedBytes) {
      refuse(written, fmt::format("its texts are longer than {} MiB", kMaxExpandedBytes >> 20U));
    }
    if (depth > kMaxDepth) {
      refuse(written, fmt::format("nested more than {} levels deep", kMaxDepth));
    }
    for (const auto* item : node.items) check(*item, depth + 1);
    for (const auto& pair : node.pairs) {
      check(*pair.key, depth + 1);
      check(*pair.value, depth + 1);
    }
  }

 private:
  [[noreturn]] void refuse(const io::YamlNode& node, const std::string& bound) const {
    const auto name = manifest_name(path_);
    throw Refusal{RefusalCode::malformed_csv,
                  fmt::format("{}: {} when aliases are followed; use fewer of them",
                              io::yaml_position(io::shown_name(name), node), bound),
                  name};
  }

  const std::string& path_;
  std::size_t bytes_ = 0;
};

/// A text without a document, which is no mistake, has null for one.
io::YamlDocument no_document() {
  return io::parse_yaml({});
}

io::YamlDocument parse_only_document(const TextFile& file) {
  const io::YamlOptions options{.name = io::shown_name(manifest_name(file.path)),
                                .duplicates = io::DuplicateKeys::refuse,
                                .max_depth = kMaxDepth,
                                .max_nodes = kMaxNodes,
                                .max_documents = 2};
  auto documents = io::parse_yaml_stream(file.text, options);
  if (documents.empty()) return no_document();
  if (documents.size() == 1) return std::move(documents.front());
  throw UserError{fmt::format("{}: a second document begins; give each document a file of its own",
                              io::yaml_position(options.name, documents.back().root()))};
}

io::YamlDocument parse(const TextFile& file) {
  const auto refuse = [&](RefusalCode code, std::string_view problem, std::string_view remedy) {
    return Refusal{code, fmt::format("{}{}", problem, remedy), manifest_name(file.path)};
  };
  try {
    return parse_only_document(file);
  } catch (const io::YamlTooLarge& error) {
    throw refuse(RefusalCode::malformed_csv, error.what(), "; make the file smaller");
  } catch (const UserError& error) {
    throw refuse(RefusalCode::invalid_yaml, error.what(), "; correct it");
  }
}

bool is_csv(const io::YamlNode& root) {
  const auto* kind = as_string(member(root, "kind"));
  return kind != nullptr && kind->value == kCsvKind;
}

}  // namespace

Manifest parse_manifest(TextFile file) {
  auto document = parse(file);
  const bool csv = is_csv(document.root());
  if (csv) {
    Expansion{file.path}.check(document.root());
  } else {
    document = no_document();  // nobody looks at it, and a bundle may have many and large ones
  }
  return {std::move(file.path), std::move(file.text), std::move(document), csv};
}

const io::YamlNode* as_string(const io::YamlNode* node) {
  if (node == nullptr || !node->is_scalar()) return nullptr;
  const io::YamlNode& scalar = node->resolved();
  if (!scalar.tag.empty()) {  // `!` alone says that it is a string (YAML 1.2, 6.8.2)
    return scalar.tag == "!" || scalar.tag == "tag:yaml.org,2002:str" ? &scalar : nullptr;
  }
  if (!scalar.implicit) return &scalar;
  return std::holds_alternative<std::string>(io::resolve(scalar, io::Typing::core_1_2)) ? &scalar
                                                                                        : nullptr;
}

bool has_related_images(const Manifest& csv) {
  const auto* spec = member(csv.document.root(), "spec");
  const auto* images = spec == nullptr ? nullptr : member(*spec, "relatedImages");
  return images != nullptr && images->is_sequence() && !images->resolved().items.empty();
}

}  // namespace iib::bundle
