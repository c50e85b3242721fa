#pragma once

#include "commands.hpp"

#include <map>
#include <string>

namespace iib::test {

/// A bundle to work on, `bundle` in the directory of the commands, and what `iibd bundle` does.
class BundleSite {
 public:
  /// A bundle of one CSV file with the images `quay.io/acme/widget:1`, `quay.io/acme/db:2`
  /// (variable) and `quay.io/acme/helper:3` (annotation), and digests.json with their digests.
  BundleSite();

  /// Writes a file below the directory.
  void write(const std::string& path, const std::string& text) const;
  /// The text of a file below the directory.
  [[nodiscard]] std::string text_of(const std::string& path) const;
  /// Every file below the directory with its text.
  [[nodiscard]] std::map<std::string, std::string> files() const;
  /// Runs `iibd bundle` with `arguments`.
  [[nodiscard]] Ended run(const Arguments& arguments) { return commands_.run(arguments); }
  /// Runs `iibd bundle regenerate bundle --digests digests.json` with `more`.
  [[nodiscard]] Ended regenerate(const Arguments& more = {});
  [[nodiscard]] const std::filesystem::path& directory() const { return commands_.directory(); }
  [[nodiscard]] Commands& commands() { return commands_; }

 private:
  Commands commands_{"bundle"};
};

/// Where the CSV file of a BundleSite is.
inline constexpr auto kCsv = "bundle/manifests/widget.clusterserviceversion.yaml";
/// Its annotations.
inline constexpr auto kAnnotations = "bundle/metadata/annotations.yaml";

/// The digest that digests.json has for an image whose tag is `tag`.
[[nodiscard]] std::string digest_of(char tag);

/// A text with the first `old` in it replaced; throws when there is none.
[[nodiscard]] std::string with(std::string text, const std::string& old, const std::string& now);

}  // namespace iib::test
