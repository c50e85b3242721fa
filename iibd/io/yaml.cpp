#include "iib/io/yaml.hpp"

#include <fmt/format.h>
#include <yaml.h>

#include <algorithm>
#include <cstring>
#include <new>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace iib::io {
namespace {

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
constexpr std::string_view kMergeKey = "<<";

std::string position(std::string_view name, std::size_t line, std::size_t column) {
  return fmt::format("{}{}line {}, column {}", name, name.empty() ? "" : ", ", line, column);
}

/// libyaml's parser over a text, with positions in bytes: libyaml counts characters.
class EventSource {
 public:
  EventSource(std::string_view text, const YamlOptions& options) : options_{options}, text_{text} {
    if (text.size() > options.max_bytes) {
      throw YamlTooLarge{fmt::format("{} is {} bytes long; the limit is {} bytes",
                                     options.name.empty() ? "YAML" : options.name, text.size(),
                                     options.max_bytes)};
    }
    // libyaml would count the mark as a character or not, depending on who finds it.
    skipped_ = text.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0;
    text_.remove_prefix(skipped_);
    ascii_ = std::all_of(text_.begin(), text_.end(),
                         [](char byte) { return static_cast<unsigned char>(byte) < 0x80; });
    if (text_.data() == nullptr) text_ = "";  // libyaml ends the process on a null pointer
    if (yaml_parser_initialize(&parser_) == 0) throw std::bad_alloc{};
    yaml_parser_set_encoding(&parser_, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(
        &parser_, reinterpret_cast<const unsigned char*>(text_.data()),  // NOLINT: libyaml's type
        text_.size());
  }
  EventSource(const EventSource&) = delete;
  EventSource& operator=(const EventSource&) = delete;
  ~EventSource() {
    yaml_event_delete(&event_);
    yaml_parser_delete(&parser_);
  }

  /// The next event, valid until the next call.
  const yaml_event_t& next() {
    yaml_event_delete(&event_);
    if (yaml_parser_parse(&parser_, &event_) == 0) fail();
    return event_;
  }

  /// The offset in bytes of a character. Marks come nearly in order, so walking from the last one
  /// is cheap.
  std::size_t byte_of(std::size_t character) {
    if (ascii_) return skipped_ + std::min(character, text_.size());
    while (character_ < character && byte_ < text_.size()) {
      ++byte_;
      while (byte_ < text_.size() && is_continuation(byte_)) ++byte_;
      ++character_;
    }
    while (character_ > character) {
      --byte_;
      while (is_continuation(byte_)) --byte_;
      --character_;
    }
    return skipped_ + byte_;
  }

 private:
  [[nodiscard]] bool is_continuation(std::size_t byte) const {
    return (static_cast<unsigned char>(text_[byte]) & 0xC0U) == 0x80U;
  }

  [[noreturn]] void fail() {
    if (parser_.error == YAML_MEMORY_ERROR) throw std::bad_alloc{};
    if (parser_.error == YAML_READER_ERROR) {  // it knows an offset only
      const auto upto = text_.substr(0, parser_.problem_offset);
      const auto line = static_cast<std::size_t>(std::count(upto.begin(), upto.end(), '\n')) + 1;
      const auto line_begin = upto.rfind('\n') + 1;  // npos + 1 = 0: the first line
      throw UserError{fmt::format("{}: not valid UTF-8 text: {}",
                                  position(options_.name, line, upto.size() - line_begin + 1),
                                  parser_.problem)};
    }
    std::string context;
    if (parser_.context != nullptr) {
      context = fmt::format(" ({}, line {})", parser_.context, parser_.context_mark.line + 1);
    }
    throw UserError{fmt::format(
        "{}: {}{}",
        position(options_.name, parser_.problem_mark.line + 1, parser_.problem_mark.column + 1),
        parser_.problem, context)};
  }

  const YamlOptions& options_;
  std::string_view text_;
  std::size_t skipped_ = 0;
  bool ascii_ = false;
  std::size_t character_ = 0;
  std::size_t byte_ = 0;
  yaml_parser_t parser_{};
  yaml_event_t event_{};
};

ScalarStyle style_of(yaml_scalar_style_t style) {
  switch (style) {
    case YAML_SINGLE_QUOTED_SCALAR_STYLE:
      return ScalarStyle::single_quoted;
    case YAML_DOUBLE_QUOTED_SCALAR_STYLE:
      return ScalarStyle::double_quoted;
    case YAML_LITERAL_SCALAR_STYLE:
      return ScalarStyle::literal;
    case YAML_FOLDED_SCALAR_STYLE:
      return ScalarStyle::folded;
    case YAML_ANY_SCALAR_STYLE:
    case YAML_PLAIN_SCALAR_STYLE:
      break;
  }
  return ScalarStyle::plain;
}

std::string_view text_of(const yaml_char_t* text) {
  if (text == nullptr) return {};
  return reinterpret_cast<const char*>(text);  // NOLINT: libyaml's type for UTF-8
}

/// Builds the nodes of one document in a pool that goes away as a whole.
class DocumentBuilder {
 public:
  DocumentBuilder(EventSource& source, const YamlOptions& options)
      : source_{source}, options_{options} {}

  /// Reads events up to the document's end; its start has been read.
  YamlDocument build() {
    const YamlNode* root = nullptr;
    for (;;) {
      const yaml_event_t& event = source_.next();
      if (event.type == YAML_DOCUMENT_END_EVENT) break;
      if (const YamlNode* done = take(event)) root = done;
    }
    return YamlDocument{std::move(memory_), *root};
  }

  static YamlDocument empty() {
    auto memory = std::make_unique<std::pmr::monotonic_buffer_resource>();
    const auto* root = new (memory->allocate(sizeof(YamlNode), alignof(YamlNode))) YamlNode{};
    return YamlDocument{std::move(memory), *root};
  }

 private:
  /// A collection whose end has not come yet.
  struct Open {
    YamlNode* node;
    std::size_t first_child;
    std::size_t alias_nodes_before;
    std::size_t nodes_before;
  };
  /// An anchored node and how many nodes it stands for: none while it is open.
  struct Anchor {
    const YamlNode* target = nullptr;
    std::size_t nodes = 0;
  };

  /// The root, once `event` has completed it.
  const YamlNode* take(const yaml_event_t& event) {
    switch (event.type) {
      case YAML_SCALAR_EVENT:
        return place(scalar(event));
      case YAML_ALIAS_EVENT:
        return place(alias(event));
      case YAML_SEQUENCE_START_EVENT: {
        const auto& start = event.data.sequence_start;
        open(event, YamlKind::sequence, start.tag, start.anchor,
             start.style == YAML_FLOW_SEQUENCE_STYLE);
        return nullptr;
      }
      case YAML_MAPPING_START_EVENT: {
        const auto& start = event.data.mapping_start;
        open(event, YamlKind::mapping, start.tag, start.anchor,
             start.style == YAML_FLOW_MAPPING_STYLE);
        return nullptr;
      }
      case YAML_SEQUENCE_END_EVENT:
      case YAML_MAPPING_END_EVENT:
        return place(close(event));
      default:
        return nullptr;  // the parser sends nothing else inside a document
    }
  }

  YamlNode* make(const yaml_event_t& event, YamlKind kind, const yaml_char_t* tag,
                 const yaml_char_t* anchor) {
    auto* node = new (memory_->allocate(sizeof(YamlNode), alignof(YamlNode))) YamlNode{};
    node->kind = kind;
    node->tag = keep(text_of(tag));
    node->anchor = keep(text_of(anchor));
    node->begin = source_.byte_of(event.start_mark.index);
    node->end = source_.byte_of(event.end_mark.index);
    node->line = event.start_mark.line + 1;
    node->column = event.start_mark.column + 1;
    if (++nodes_ > options_.max_nodes) {
      fail_bound(*node, fmt::format("more than {} nodes", options_.max_nodes));
    }
    return node;
  }

  const YamlNode* scalar(const yaml_event_t& event) {
    const auto& scalar = event.data.scalar;
    auto* node = make(event, YamlKind::scalar, scalar.tag, scalar.anchor);
    node->value = keep({reinterpret_cast<const char*>(scalar.value), scalar.length});  // NOLINT
    node->style = style_of(scalar.style);
    node->implicit = scalar.plain_implicit != 0;
    if (!node->anchor.empty()) anchors_[node->anchor] = {node, 1};
    return node;
  }

  const YamlNode* alias(const yaml_event_t& event) {
    auto* node = make(event, YamlKind::alias, nullptr, nullptr);
    node->value = keep(text_of(event.data.alias.anchor));
    const auto anchor = anchors_.find(node->value);
    if (anchor == anchors_.end()) fail(*node, fmt::format("unknown anchor '{}'", node->value));
    node->target = anchor->second.target;
    if (anchor->second.nodes == 0) {
      fail(*node, fmt::format("anchor '{}' contains itself", node->value));
    }
    alias_nodes_ += anchor->second.nodes;
    if (alias_nodes_ > options_.max_alias_nodes) {
      fail_bound(*node,
                 fmt::format("aliases stand for more than {} nodes", options_.max_alias_nodes));
    }
    return node;
  }

  void open(const yaml_event_t& event, YamlKind kind, const yaml_char_t* tag,
            const yaml_char_t* anchor, bool flow) {
    auto* node = make(event, kind, tag, anchor);
    node->flow = flow;
    if (open_.size() >= options_.max_depth) {
      fail_bound(*node, fmt::format("nested more than {} levels deep", options_.max_depth));
    }
    if (!node->anchor.empty()) anchors_[node->anchor] = {node, 0};
    open_.push_back({node, children_.size(), alias_nodes_, nodes_ - 1});
  }

  const YamlNode* close(const yaml_event_t& event) {
    const Open done = open_.back();
    open_.pop_back();
    YamlNode& node = *done.node;
    const auto children = std::span<const YamlNode* const>{children_}.subspan(done.first_child);
    if (node.flow) {
      node.end = source_.byte_of(event.end_mark.index);
    } else if (!children.empty()) {  // libyaml's own mark stands at the next token
      node.end = std::max(node.end, children.back()->end);
    }
    if (node.kind == YamlKind::sequence) {
      node.items = keep_array(children);
    } else {
      node.pairs = pairs_of(children);
    }
    children_.resize(done.first_child);
    if (node.anchor.empty()) return &node;
    if (auto& anchor = anchors_[node.anchor]; anchor.target == &node) {  // not given anew inside
      anchor.nodes = nodes_ - done.nodes_before + (alias_nodes_ - done.alias_nodes_before);
    }
    return &node;
  }

  /// Gives a complete node to its parent; one without parent is the root and is returned.
  const YamlNode* place(const YamlNode* node) {
    if (open_.empty()) return node;
    children_.push_back(node);
    return nullptr;
  }

  /// `children` holds keys and values in turn.
  std::span<const YamlPair> pairs_of(std::span<const YamlNode* const> children) {
    pairs_.clear();
    for (std::size_t i = 0; i + 1 < children.size(); i += 2) {
      pairs_.push_back({children[i], children[i + 1]});
    }
    if (options_.duplicates != DuplicateKeys::keep_all) handle_duplicates();
    return keep_array(std::span<const YamlPair>{pairs_});
  }

  static std::optional<std::string_view> key_text(const YamlPair& pair) {
    const YamlNode& key = pair.key->resolved();
    if (key.kind != YamlKind::scalar) return std::nullopt;
    if (key.implicit && key.value == kMergeKey) return std::nullopt;
    return key.value;
  }

  /// Removes pairs that a later one replaces, or refuses the first of them.
  void handle_duplicates() {
    constexpr std::size_t kFewPairs = 12;  // comparing each with each is faster than a map
    if (pairs_.size() <= kFewPairs) {
      for (std::size_t later = 1; later < pairs_.size(); ++later) {
        const auto text = key_text(pairs_[later]);
        for (std::size_t i = 0; text && i < later; ++i) {
          if (key_text(pairs_[i]) == text) replace(i, later);
        }
      }
    } else {
      std::unordered_map<std::string_view, std::size_t> seen;
      seen.reserve(pairs_.size());
      for (std::size_t later = 0; later < pairs_.size(); ++later) {
        const auto text = key_text(pairs_[later]);
        if (!text) continue;
        const auto [entry, is_new] = seen.try_emplace(*text, later);
        if (!is_new) replace(std::exchange(entry->second, later), later);
      }
    }
    std::erase_if(pairs_, [this](const YamlPair& pair) { return replaced_.contains(pair.key); });
    replaced_.clear();
  }

  void replace(std::size_t earlier, std::size_t later) {
    const YamlNode& key = *pairs_[later].key;
    if (options_.duplicates == DuplicateKeys::refuse) {
      fail(key, fmt::format("key '{}' is given a second time, first on line {}",
                            key.resolved().value, pairs_[earlier].key->line));
    }
    replaced_.insert(pairs_[earlier].key);
  }

  std::string_view keep(std::string_view text) {
    if (text.empty()) return {};
    auto* copy = static_cast<char*>(memory_->allocate(text.size(), 1));
    std::memcpy(copy, text.data(), text.size());
    return {copy, text.size()};
  }

  template <class T>
  std::span<const T> keep_array(std::span<const T> elements) {
    if (elements.empty()) return {};
    auto* copy = static_cast<T*>(memory_->allocate(elements.size_bytes(), alignof(T)));
    std::uninitialized_copy(elements.begin(), elements.end(), copy);
    return {copy, elements.size()};
  }

  [[noreturn]] void fail(const YamlNode& node, const std::string& problem) const {
    throw UserError{fmt::format("{}: {}", yaml_position(options_.name, node), problem)};
  }

  [[noreturn]] void fail_bound(const YamlNode& node, const std::string& bound) const {
    throw YamlTooLarge{fmt::format("{}: {}", yaml_position(options_.name, node), bound)};
  }

  EventSource& source_;
  const YamlOptions& options_;
  std::unique_ptr<std::pmr::monotonic_buffer_resource> memory_ =
      std::make_unique<std::pmr::monotonic_buffer_resource>();
  std::vector<Open> open_;
  std::vector<const YamlNode*> children_;  // of all open collections, innermost last
  std::vector<YamlPair> pairs_;            // of the mapping being closed
  std::unordered_set<const YamlNode*> replaced_;
  std::unordered_map<std::string_view, Anchor> anchors_;
  std::size_t nodes_ = 0;
  std::size_t alias_nodes_ = 0;
};

/// At most `limit` documents of `text`.
std::vector<YamlDocument> parse_documents(std::string_view text, const YamlOptions& options,
                                          std::size_t limit) {
  EventSource source{text, options};
  std::vector<YamlDocument> documents;
  while (documents.size() < limit) {
    const auto type = source.next().type;
    if (type == YAML_STREAM_END_EVENT) break;
    if (type != YAML_DOCUMENT_START_EVENT) continue;
    documents.push_back(DocumentBuilder{source, options}.build());
  }
  return documents;
}

}  // namespace

const YamlNode* YamlNode::find(std::string_view key) const noexcept {
  const auto& mapping = resolved().pairs;
  const auto found = std::find_if(mapping.rbegin(), mapping.rend(), [&](const YamlPair& pair) {
    const YamlNode& name = pair.key->resolved();
    return name.kind == YamlKind::scalar && name.value == key;
  });
  return found == mapping.rend() ? nullptr : found->value;
}

YamlDocument parse_yaml(std::string_view text, const YamlOptions& options) {
  auto documents = parse_documents(text, options, 1);
  return documents.empty() ? DocumentBuilder::empty() : std::move(documents.front());
}

std::vector<YamlDocument> parse_yaml_stream(std::string_view text, const YamlOptions& options) {
  return parse_documents(text, options, options.max_documents);
}

std::string yaml_position(std::string_view name, const YamlNode& node) {
  return position(name, node.line, node.column);
}

}  // namespace iib::io
