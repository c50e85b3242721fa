#include "iib/catalog/index_labels.hpp"

namespace iib::catalog {

bool is_file_based(const std::map<std::string, std::string>& labels) {
  const auto label = labels.find(kConfigsLabel);
  return label != labels.end() && !label->second.empty();
}

}  // namespace iib::catalog
