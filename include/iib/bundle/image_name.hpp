#pragma once

#include <string>
#include <string_view>

namespace iib::bundle {

/// A pull specification as regeneration takes it apart (bundle-regeneration 3). Other than
/// model::ImageReference it reads any text: what stands in a bundle need not name an image.
struct ImageName {
  std::string registry;        ///< With its port; empty when none is named.
  std::string name_space;      ///< The namespace; empty when there is none.
  std::string repository;      ///< What is left, slashes included.
  std::string tag = "latest";  ///< A tag, or a digest, which has a colon; may be empty.

  /// Takes `text` apart; never fails.
  [[nodiscard]] static ImageName parse(std::string_view text);
  /// Printed in full: `a/b` as `a/b:latest`.
  [[nodiscard]] std::string text() const;
  /// Whether the tag is a digest.
  [[nodiscard]] bool pinned() const noexcept { return tag.find(':') != std::string::npos; }

  /// Part by part.
  friend auto operator<=>(const ImageName&, const ImageName&) = default;
};

}  // namespace iib::bundle
