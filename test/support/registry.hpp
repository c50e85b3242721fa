#pragma once

#include "iib/base/files.hpp"

#include <sys/types.h>

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace iib::test {

/// Whether the programs that a test needs are all on PATH; the test skips when they are not.
[[nodiscard]] bool have_programs(const std::vector<std::string>& names);

/// One entry of a layer.
struct TarEntry {
  enum class Type { file, directory, symbolic_link, hard_link };
  std::string path;
  /// A file's content, or where a link points.
  std::string content;
  Type type = Type::file;
  unsigned mode = 0644;  ///< Of a file.
};

/// An image as a test makes it: layers from the lowest to the topmost.
struct TestImage {
  std::vector<std::vector<TarEntry>> layers;
  std::map<std::string, std::string> labels;
  std::string architecture = "amd64";
};

/// The contents of a directory as entries of a layer, its `manifests/` and `metadata/` at the root.
[[nodiscard]] std::vector<TarEntry> tar_entries(const std::filesystem::path& directory);

/// The image of the bundle in `directory`: one layer, labels from metadata/annotations.yaml.
[[nodiscard]] TestImage bundle_image(const std::filesystem::path& directory);

/// User and password of a registry.
struct Login {
  std::string user;
  std::string password;
};

/// A real docker-registry on a free port of loopback, with storage of its own; ended with this
/// object. Pushing speaks the registry protocol itself: fast, and able to push what no tool would.
class Registry {
 public:
  /// Starts it, with basic authentication when `login` is given, and waits until it answers.
  explicit Registry(std::optional<Login> login = std::nullopt);
  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;
  ~Registry();

  /// `127.0.0.1:port`.
  [[nodiscard]] std::string address() const;
  [[nodiscard]] int port() const { return port_; }
  /// Pushes `image` as `repository:tag`; gives its digest (`sha256:...`).
  std::string push(const std::string& repository, const std::string& tag, const TestImage& image);
  /// Pushes a Docker manifest list of the images (architecture, digest) of `repository`.
  std::string push_list(const std::string& repository, const std::string& tag,
                        const std::vector<std::pair<std::string, std::string>>& images);
  /// Pushes one image per architecture and their list: the binary image of an index.
  std::string push_base(const std::string& repository, const std::string& tag,
                        const std::vector<std::string>& architectures);
  /// The raw manifest under a tag or digest; empty when there is none.
  [[nodiscard]] std::string manifest(const std::string& repository,
                                     const std::string& reference) const;
  /// A blob's bytes.
  [[nodiscard]] std::string blob(const std::string& repository, const std::string& digest) const;
  /// Puts any bytes as a manifest; gives the digest.
  std::string put_manifest(const std::string& repository, const std::string& reference,
                           const std::string& media_type, const std::string& body);
  /// Puts any bytes as a blob; gives the digest.
  std::string put_blob(const std::string& repository, const std::string& content);

 private:
  TempDir directory_;
  std::optional<Login> login_;
  int port_ = 0;
  pid_t pid_ = -1;
};

}  // namespace iib::test
