#include "annotation_maps.hpp"

#include "place.hpp"

#include <string>

namespace iib::bundle {
namespace {

constexpr std::string_view kMetadata = "metadata";
constexpr std::string_view kAnnotations = "annotations";

class Walk {
 public:
  explicit Walk(const AnnotationMapVisitor& visit) : visit_{visit} {}

  void visit(const io::YamlNode& node) {
    if (node.is_sequence()) {
      const auto items = node.resolved().items;
      for (std::size_t i = 0; i < items.size(); ++i) descend(i, *items[i]);
    } else if (node.is_mapping()) {
      visit_mapping(node);
    }
  }

 private:
  void visit_mapping(const io::YamlNode& mapping) {
    const auto* metadata = member(mapping, kMetadata);
    const auto* annotations = metadata == nullptr ? nullptr : member(*metadata, kAnnotations);
    if (annotations != nullptr && annotations->is_mapping()) {
      path_.insert(path_.end(), {std::string{kMetadata}, std::string{kAnnotations}});
      visit_(path_, *annotations);
      path_.resize(path_.size() - 2);
    }
    for (const auto& pair : io::merged_pairs(mapping)) {
      const io::YamlNode& key = pair.key->resolved();
      if (key.kind != io::YamlKind::scalar || key.value == kMetadata) continue;
      descend(std::string{key.value}, *pair.value);
    }
  }

  void descend(io::YamlStep step, const io::YamlNode& node) {
    if (node.is_scalar()) return;
    path_.push_back(std::move(step));
    visit(node);
    path_.pop_back();
  }

  const AnnotationMapVisitor& visit_;
  io::YamlPath path_;
};

}  // namespace

void visit_annotation_maps(const io::YamlNode& root, const AnnotationMapVisitor& visit) {
  Walk{visit}.visit(root);
}

}  // namespace iib::bundle
