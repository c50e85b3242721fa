#include "replacing.hpp"

#include <algorithm>
#include <set>

namespace iib::bundle {
namespace {

/// Whether `text` may be any word: only where an image belongs is it one (bundle-regeneration 6).
bool is_bare_word(std::string_view text) {
  return text.find_first_of("/:@") == std::string_view::npos;
}

/// Whether an entry of this kind is a whole string outside annotations.
bool is_image_place(EntryKind kind) {
  switch (kind) {
    case EntryKind::related_image:
    case EntryKind::container:
    case EntryKind::init_container:
    case EntryKind::variable:
      return true;
    case EntryKind::known_annotation:
    case EntryKind::guessed_annotation:
      break;
  }
  return false;
}

/// The length of the longest text that can name an image of `table`: as printed, and what printing
/// leaves out (two slashes of empty parts, a final colon).
std::size_t longest_text(const Table& table) {
  constexpr std::size_t kNotPrinted = 3;
  std::size_t longest = 0;
  for (const auto& [image, replacement] : table) longest = std::max(longest, image.text().size());
  return longest + kNotPrinted;
}

/// Walks a document and replaces every string outside annotations that is an image of the table.
class Walk {
 public:
  Walk(const Document& csv, const Table& table, DocumentEdit& edit)
      : table_{table}, edit_{edit}, longest_{longest_text(table)} {
    for (const auto& entry : csv.entries()) {
      if (is_image_place(entry.kind) && is_bare_word(entry.text)) bare_words_.insert(entry.place);
    }
  }

  void visit(const io::YamlNode& written, bool under_metadata) {
    const io::YamlNode& node = written.resolved();
    if (node.kind == io::YamlKind::sequence) return visit_items(node);
    if (node.kind == io::YamlKind::mapping) return visit_pairs(node, under_metadata);
    if (node.value.size() <= longest_) consider(node);
  }

 private:
  void visit_items(const io::YamlNode& sequence) {
    for (std::size_t i = 0; i < sequence.items.size(); ++i) {
      path_.emplace_back(i);
      visit(*sequence.items[i], false);
      path_.pop_back();
    }
  }

  void visit_pairs(const io::YamlNode& mapping, bool under_metadata) {
    for (const auto& pair : io::merged_pairs(mapping)) {
      if (!pair.key->is_scalar()) continue;  // no place that a path could name
      const auto key = pair.key->resolved().value;
      if (under_metadata && key == "annotations") continue;
      path_.emplace_back(std::string{key});
      visit(*pair.value, key == "metadata");
      path_.pop_back();
    }
  }

  void consider(const io::YamlNode& node) {
    if (as_string(&node) == nullptr) return;
    const auto found = table_.find(ImageName::parse(node.value));
    if (found == table_.end()) return;
    if (is_bare_word(node.value) && !bare_words_.contains(path_)) return;
    edit_.replace(path_, 0, node.value.size(), found->second.now.text(), found->second.why);
  }

  const Table& table_;
  DocumentEdit& edit_;
  std::size_t longest_;
  std::set<io::YamlPath> bare_words_;  // places where one is an image
  io::YamlPath path_;
};

void replace_in_annotations(const Document& csv, const Table& table, DocumentEdit& edit) {
  for (const auto& entry : csv.entries()) {
    if (is_image_place(entry.kind)) continue;
    const auto found = table.find(entry.image);
    if (found == table.end()) continue;
    edit.replace(entry.place, entry.offset, entry.text.size(), found->second.now.text(),
                 found->second.why);
  }
}

/// `table` without what would stay as it is.
Table effective(const Table& table) {
  Table result;
  for (const auto& [image, replacement] : table) {
    if (replacement.now != image) result.emplace(image, replacement);
  }
  return result;
}

}  // namespace

void replace_images(Document& csv, const Table& table) {
  const auto changing = effective(table);
  if (changing.empty()) return;
  DocumentEdit edit{csv.now()};
  Walk{csv, changing, edit}.visit(csv.now().document.root(), false);
  replace_in_annotations(csv, changing, edit);
  csv.apply(edit);
}

}  // namespace iib::bundle
