#pragma once

#include "iib/io/yaml.hpp"
#include "iib/io/yaml_edit.hpp"

#include <functional>

namespace iib::bundle {

/// Is shown an annotations map and the way to it, which is valid during the call only.
using AnnotationMapVisitor = std::function<void(const io::YamlPath&, const io::YamlNode&)>;

/// Shows every annotations map of a document to `visit`, in order (bundle-regeneration 4.1).
void visit_annotation_maps(const io::YamlNode& root, const AnnotationMapVisitor& visit);

}  // namespace iib::bundle
