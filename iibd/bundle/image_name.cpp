#include "iib/bundle/image_name.hpp"

#include <fmt/format.h>

namespace iib::bundle {
namespace {

/// Cuts `text` at `at` and tells what followed.
std::string cut(std::string_view& text, std::size_t at) {
  const auto rest = text.substr(at + 1);
  text = text.substr(0, at);
  return std::string{rest};
}

}  // namespace

ImageName ImageName::parse(std::string_view text) {
  ImageName name;
  const auto first = text.find('/');
  if (first != std::string_view::npos) {
    const auto second = text.find('/', first + 1);
    const auto head = text.substr(0, first);
    if (second != std::string_view::npos) {
      name.registry = head;
      name.name_space = text.substr(first + 1, second - first - 1);
      text.remove_prefix(second + 1);
    } else {
      (head.find_first_of(".:") == std::string_view::npos ? name.name_space : name.registry) = head;
      text.remove_prefix(first + 1);
    }
  }
  // The last `@` goes before any `:`, so of `repo:1.0@sha256:...` the repository is `repo:1.0`.
  auto end = text.rfind('@');
  if (end == std::string_view::npos) end = text.rfind(':');
  if (end != std::string_view::npos) name.tag = cut(text, end);
  name.repository = text;
  return name;
}

std::string ImageName::text() const {
  std::string printed;
  for (const auto& part : {registry, name_space}) {
    if (!part.empty()) printed.append(part).append("/");
  }
  printed.append(repository);
  if (!tag.empty()) printed.append(pinned() ? "@" : ":").append(tag);
  return printed;
}

}  // namespace iib::bundle
