#pragma once

#include "iib/base/files.hpp"
#include "iib/image/auth_file.hpp"
#include "iib/image/embedded_engine.hpp"
#include "iib/image/engine.hpp"
#include "iib/image/tools_engine.hpp"
#include "iib/io/json.hpp"
#include "iib/io/process.hpp"
#include "layer.hpp"
#include "registry.hpp"

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

namespace iib::test {

/// The implementations of ImageEngine.
enum class EngineKind { tools, embedded };

/// What stands for an engine in the name of a test case.
struct OfTools {
  static constexpr auto kind = EngineKind::tools;
};
struct OfEmbedded {
  static constexpr auto kind = EngineKind::embedded;
};
/// For TEMPLATE_LIST_TEST_CASE: what every engine does.
using EveryEngine = std::tuple<OfTools, OfEmbedded>;

/// Why an engine cannot run here; empty when it can.
[[nodiscard]] std::string cannot_run(EngineKind kind);

/// An entry of a layer as it lies in a registry.
struct PushedEntry {
  std::string path;  ///< As written, folders with a slash at the end.
  unsigned mode = 0;
  std::int64_t owner = 0;
  std::int64_t group = 0;
  /// The names of owner and group, which no layer needs.
  std::string names{};
  std::int64_t modified = 0;  ///< Seconds since 1970.
  std::string content{};      ///< Of a file.
  friend bool operator==(const PushedEntry&, const PushedEntry&) = default;
};

/// A layer of a base as a test makes it.
struct BaseLayer {
  std::vector<LayerEntry> entries;
  Compression compression = Compression::gzip;
};

/// A base of any kind, however odd.
struct OddBase {
  enum class Kind { docker, oci };
  Kind kind = Kind::docker;
  /// One with a file, when there are none.
  std::vector<BaseLayer> layers{};
  /// Members of the config besides `rootfs`; platform and date, when empty.
  std::string config{};
};

/// A base of these layers, the lowest first.
[[nodiscard]] OddBase base_of(const std::vector<std::vector<LayerEntry>>& layers);

/// An image with its list, pushed by build_index().
struct Index {
  std::vector<image::PushedImage> images;
  model::Digest list;
};

/// A real registry, and a state directory for engines of any kind.
class ImageSite {
 public:
  explicit ImageSite(std::optional<Login> login = std::nullopt);

  /// An engine whose state lies in a directory of its own below that of the site.
  [[nodiscard]] std::unique_ptr<image::ImageEngine> make_engine(EngineKind kind,
                                                                const std::string& name = "engine");
  /// One that knows these registries as insecure instead of that of the site.
  [[nodiscard]] std::unique_ptr<image::ImageEngine> make_engine(
      EngineKind kind, const std::string& name, std::vector<std::string> insecure_registries);
  [[nodiscard]] image::ToolsEngineOptions tools_options(const std::string& name = "engine") const;
  [[nodiscard]] image::EmbeddedEngineOptions embedded_options(
      const std::string& name = "engine") const;

  /// The access of a request with a directory of its own and these credentials.
  [[nodiscard]] image::Access access(const image::AuthOverlay& overlay = {}) const;
  /// `name` in the registry of the site.
  [[nodiscard]] model::ImageReference reference(const std::string& name) const;
  /// Pushes `base` as `repository:1`; gives it pinned.
  model::ImageReference push(const std::string& repository, OddBase base);

  /// Pushes `base` and has `path` read out of it; gives what database/index.db holds then.
  std::string read_database(image::ImageEngine& engine, const OddBase& base,
                            const std::string& path = "/database/index.db");

  /// The raw manifest of a pinned image, parsed.
  [[nodiscard]] io::JsonDocument manifest_of(const model::ImageReference& image) const;
  [[nodiscard]] io::JsonDocument config_of(const model::ImageReference& image) const;
  /// The entries of the topmost layer, in their order.
  [[nodiscard]] std::vector<PushedEntry> new_layer_of(const model::ImageReference& image) const;

  /// Makes an index on the list `base:1` with a database that holds `database`, and its list.
  Index build_index(image::ImageEngine& engine, const std::string& output,
                    const std::string& database);
  /// Makes one image of `content` on `base`, as `out:1-amd64`.
  image::PushedImage build_one(image::ImageEngine& engine, const image::ImageContent& content,
                               const model::ImageReference& base);
  /// One target for each architecture of `base`.
  [[nodiscard]] std::vector<image::Target> targets_of(const image::Manifest& base,
                                                      const std::string& base_name,
                                                      const std::string& output) const;

  Registry registry;
  TempDir state{std::filesystem::temp_directory_path(), "image-"};
  io::ProgramRunner runner;

 private:
  mutable int requests_ = 0;
};

/// The content of an index, with a database that holds `database`.
[[nodiscard]] image::ImageContent index_content(const std::filesystem::path& directory,
                                                const std::string& database);

/// A layer without its compression by gzip.
[[nodiscard]] std::string plain_of(const std::string& layer);

/// What a program prints. The test case fails when it ends badly.
std::string output_of(io::ProgramRunner& runner, const std::string& name,
                      std::vector<std::string> arguments);

}  // namespace iib::test
