#pragma once

#include <string>
#include <string_view>

namespace iib {

/// A text that must not be seen: token, password, key. Move-only, with no formatter and no
/// `operator<<`, so a secret in a log does not compile; its memory is wiped on destruction.
class Secret {
 public:
  Secret() = default;
  /// Takes `text`; the caller's own copies are the caller's to wipe.
  explicit Secret(std::string text) noexcept;
  Secret(Secret&& other) noexcept;
  Secret& operator=(Secret&& other) noexcept;
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  ~Secret();

  /// The text itself, valid while this object lives. Every call is a place to review.
  [[nodiscard]] std::string_view reveal() const noexcept { return text_; }
  /// Whether there is no text.
  [[nodiscard]] bool empty() const noexcept { return text_.empty(); }
  /// A second owner of the same text, for the rare place that needs one.
  [[nodiscard]] Secret clone() const { return Secret{std::string{text_}}; }

 private:
  void wipe() noexcept;
  std::string text_;
};

/// Overwrites the bytes of `text` so that the compiler cannot leave it out, and empties it.
void wipe(std::string& text) noexcept;

}  // namespace iib
