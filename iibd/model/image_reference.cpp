#include "iib/model/image_reference.hpp"

#include "iib/base/error.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace iib::model {
namespace {

constexpr std::size_t kTagLimit = 128;  // distribution-spec, "tag"
constexpr std::size_t kShownLength = 300;

bool is_alphanumeric(char character) {
  return (character >= '0' && character <= '9') || (character >= 'a' && character <= 'z') ||
         (character >= 'A' && character <= 'Z');
}

bool is_registry(std::string_view text) {
  const auto plain = [](char character) {
    return is_alphanumeric(character) ||
           std::string_view{"-._:[]"}.find(character) != std::string_view::npos;
  };
  return !text.empty() && std::all_of(text.begin(), text.end(), plain);
}

/// Components of lower-case letters, digits and separators, joined by slashes; a component neither
/// begins nor ends with a separator.
bool is_repository(std::string_view text) {
  bool within = false;
  for (const char character : text) {
    const bool letter =
        (character >= '0' && character <= '9') || (character >= 'a' && character <= 'z');
    if (!letter &&
        (!within || std::string_view{"._-/"}.find(character) == std::string_view::npos)) {
      return false;
    }
    if (character == '/' || letter) within = letter;
  }
  return !text.empty() && is_alphanumeric(text.back()) &&
         text.find("-/") == std::string_view::npos && text.find("./") == std::string_view::npos &&
         text.find("_/") == std::string_view::npos;
}

bool is_tag(std::string_view text) {
  const auto allowed = [](char character) {
    return is_alphanumeric(character) || character == '.' || character == '_' || character == '-';
  };
  return !text.empty() && text.size() <= kTagLimit && text.front() != '.' && text.front() != '-' &&
         std::all_of(text.begin(), text.end(), allowed);
}

}  // namespace

ImageReference ImageReference::parse(std::string_view text) {
  const auto refuse = [&](std::string_view problem) {
    return UserError{
        fmt::format("image '{}' {}; expected registry/repository:tag or "
                    "registry/repository@sha256:digest",
                    text.substr(0, kShownLength), problem)};
  };
  ImageReference reference;
  reference.text_ = text;

  auto name = text.substr(0, text.find('@'));
  if (name.size() < text.size()) {
    try {
      reference.digest_ = Digest::parse(text.substr(name.size() + 1));
    } catch (const UserError&) {
      throw refuse("has a malformed digest after the '@'");
    }
  }
  const auto first_slash = name.find('/');
  if (first_slash == std::string_view::npos) throw refuse("names no registry");
  reference.registry_ = name.substr(0, first_slash);
  if (!is_registry(reference.registry_)) throw refuse("has a malformed registry name");

  auto repository = name.substr(first_slash + 1);
  const auto colon = repository.rfind(':');
  if (colon != std::string_view::npos && repository.find('/', colon) == std::string_view::npos) {
    reference.tag_ = repository.substr(colon + 1);
    if (!is_tag(*reference.tag_)) throw refuse("has a malformed tag");
    repository = repository.substr(0, colon);
  }
  if (!is_repository(repository)) throw refuse("has a malformed repository name");
  reference.repository_ = repository;
  return reference;
}

ImageReference ImageReference::at(const Digest& digest) const {
  ImageReference resolved = *this;
  resolved.tag_.reset();
  resolved.digest_ = digest;
  resolved.text_ = name() + "@" + digest.text();
  return resolved;
}

std::string ImageReference::ordering_key() const {
  if (digest_) return name() + "@" + digest_->text();
  return name() + ":" + tag_.value_or("latest");
}

bool is_pull_specification(std::string_view text) {
  return text == "scratch" || text.find_first_of("@:") != std::string_view::npos;
}

}  // namespace iib::model
