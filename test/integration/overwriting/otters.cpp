#include "otters.hpp"

#include <string_view>

namespace iib::test {
namespace {

constexpr std::string_view kOriginal = "otter-operator";

std::string renamed(std::string text, const std::string& name) {
  for (auto at = text.find(kOriginal); at != std::string::npos;
       at = text.find(kOriginal, at + name.size())) {
    text.replace(at, kOriginal.size(), name);
  }
  return text;
}

}  // namespace

std::string push_otter(Site& site, const std::string& name) {
  auto image = bundle_image(sample_bundle(std::string{kOriginal}, "0.1.0"));
  for (auto& layer : image.layers) {
    for (auto& entry : layer) {
      entry.path = renamed(std::move(entry.path), name);
      entry.content = renamed(std::move(entry.content), name);
    }
  }
  for (auto& [label, value] : image.labels) value = renamed(std::move(value), name);
  return site.push_image(name, image);
}

std::string otter_name(const std::string& name) {
  return name + ".v0.1.0";
}

}  // namespace iib::test
