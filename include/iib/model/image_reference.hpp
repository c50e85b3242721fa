#pragma once

#include "iib/model/digest.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace iib::model {

/// A pull specification taken apart: registry, repository, tag or digest (pipeline 3.1). The text
/// it was read from is kept, because documents return it verbatim. Immutable.
class ImageReference {
 public:
  /// Reads `text`. A `:` counts as the tag's only after the last `/`. Throws UserError naming the
  /// text and what is wrong with it (no registry, bad repository, tag or digest).
  static ImageReference parse(std::string_view text);

  /// As given.
  [[nodiscard]] const std::string& text() const noexcept { return text_; }
  /// `host` or `host:port`.
  [[nodiscard]] const std::string& registry() const noexcept { return registry_; }
  /// The path without registry, tag and digest.
  [[nodiscard]] const std::string& repository() const noexcept { return repository_; }
  /// The tag, if one was given.
  [[nodiscard]] const std::optional<std::string>& tag() const noexcept { return tag_; }
  /// The digest, if one was given.
  [[nodiscard]] const std::optional<Digest>& digest() const noexcept { return digest_; }
  /// `registry/repository`.
  [[nodiscard]] std::string name() const { return registry_ + "/" + repository_; }
  /// `registry/repository@digest`: the resolved form.
  [[nodiscard]] ImageReference at(const Digest& digest) const;
  /// `registry/repository:tag` (no tag means `latest`), or `registry/repository@digest`: equal for
  /// two texts that name the same thing. The ordering key of jobs (pipeline 2.1).
  [[nodiscard]] std::string ordering_key() const;

 private:
  ImageReference() = default;
  std::string text_;
  std::string registry_;
  std::string repository_;
  std::optional<std::string> tag_;
  std::optional<Digest> digest_;
};

/// The rule for parameters of the REST API (rest-api 1.7): not empty and contains `@` or `:`, or is
/// the word `scratch`. Looser than ImageReference::parse on purpose.
[[nodiscard]] bool is_pull_specification(std::string_view text);

}  // namespace iib::model
