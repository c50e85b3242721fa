#pragma once

#include "iib/bundle/image_lookup.hpp"

#include <fmt/format.h>

#include <map>
#include <set>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace iib::test {

/// Answers out of tables: an image without digest does not exist, one without labels has none.
/// Asking twice for the same is a mistake.
class TableLookup : public bundle::ImageLookup {
 public:
  std::map<std::string, std::string> known_digests;
  std::map<std::string, bundle::Labels> known_labels;
  int calls = 0;

  std::vector<std::string> digests(std::span<const std::string> pull_specs) override {
    ++calls;
    std::vector<std::string> result;
    for (const auto& pull_spec : pull_specs) {
      once("digest", pull_spec);
      const auto found = known_digests.find(pull_spec);
      if (found == known_digests.end()) {
        throw bundle::Unresolvable{pull_spec, fmt::format("{} does not exist", pull_spec)};
      }
      result.push_back(found->second);
    }
    return result;
  }

  std::vector<bundle::Labels> labels(std::span<const std::string> pull_specs) override {
    ++calls;
    std::vector<bundle::Labels> result;
    for (const auto& pull_spec : pull_specs) {
      once("labels", pull_spec);
      const auto found = known_labels.find(pull_spec);
      result.push_back(found == known_labels.end() ? bundle::Labels{} : found->second);
    }
    return result;
  }

 private:
  void once(const char* what, const std::string& pull_spec) {
    if (!asked_.insert(fmt::format("{} {}", what, pull_spec)).second) {
      throw std::logic_error{fmt::format("asked twice for the {} of {}", what, pull_spec)};
    }
  }

  std::set<std::string> asked_;
};

}  // namespace iib::test
