#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace iib::model {

/// A SHA-256 content digest, `sha256:` and 64 lower-case hex digits (OCI image-spec, "Digests").
/// Complete once built: no function taking a Digest checks it again. Immutable, safe to share
/// between threads.
class Digest {
 public:
  /// Reads `text`. Throws UserError naming the text and the expected form.
  static Digest parse(std::string_view text);
  /// The digest of `bytes`.
  static Digest of(std::string_view bytes);

  /// The 64 hex digits.
  [[nodiscard]] std::string_view hex() const noexcept { return hex_; }
  /// `sha256:` and the hex digits.
  [[nodiscard]] std::string text() const { return "sha256:" + hex_; }
  friend bool operator==(const Digest&, const Digest&) = default;

 private:
  explicit Digest(std::string hex) : hex_{std::move(hex)} {}
  std::string hex_;
};

}  // namespace iib::model
