#pragma once

#include "daemon.hpp"
#include "iib/base/files.hpp"
#include "registry.hpp"
#include "skip.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

/// Ends the test case as skipped when a program that the daemon or its registry needs is missing.
#define IIBD_NEEDS_TOOLS()                                                                   \
  do {                                                                                       \
    if (!::iib::test::have_programs({"docker-registry", "htpasswd", "skopeo", "buildah"})) { \
      IIBD_SKIP("needs docker-registry, htpasswd, skopeo and buildah on PATH");              \
    }                                                                                        \
  } while (false)

/// The image engines: every type of request is tested with both.
#define IIBD_EACH_IMAGE_ENGINE() GENERATE(as<std::string>{}, "tools", "embedded")

namespace iib::test {

/// What an add or rm request says besides its bundles or operators.
struct IndexArguments {
  std::optional<std::string> from_index{};
  std::vector<std::string> add_arches{};
  /// Further members as JSON text, beginning with a comma; may be empty.
  std::string more{};
};

/// A registry with a binary image in it, and a place for state directories: what a daemon needs.
class Site {
 public:
  /// The binary image has an image for each of `architectures`.
  explicit Site(const std::vector<std::string>& architectures = {"amd64"},
                std::optional<Login> login = std::nullopt);

  [[nodiscard]] Registry& registry() { return registry_; }
  /// The pull specification `repository` has in the registry.
  [[nodiscard]] std::string pull_spec(const std::string& repository) const;
  /// The binary image.
  [[nodiscard]] std::string base() const { return pull_spec("base:v1"); }
  /// A state directory that does not exist yet.
  [[nodiscard]] std::filesystem::path state() const { return directory_.path() / "state"; }
  [[nodiscard]] const std::filesystem::path& directory() const { return directory_.path(); }
  /// `iib_image_engine` of the configurations that follow; the default's without it.
  void use_image_engine(const std::string& name);
  /// The lines that a daemon here needs, and `more`. Retries come at once.
  [[nodiscard]] std::string configuration(const std::string& more = {}) const;

  /// Pushes the bundle `package`/`version` of test/data; gives its pull specification.
  std::string push_bundle(const std::string& package, const std::string& version);
  /// Pushes any image as `repository`:latest; gives its pull specification.
  std::string push_image(const std::string& repository, const TestImage& image);

  /// The body of a request that adds `bundles`.
  [[nodiscard]] std::string add_body(const std::vector<std::string>& bundles,
                                     const IndexArguments& arguments) const;
  /// The body of a request that removes `operators`.
  [[nodiscard]] std::string rm_body(const std::vector<std::string>& operators,
                                    const IndexArguments& arguments) const;

 protected:
  /// The line that names the image engine; may be empty.
  [[nodiscard]] const std::string& engine_line() const { return engine_line_; }

 private:
  TempDir directory_;
  Registry registry_;
  std::string engine_line_;
};

/// The first example of a configuration on the page `page` of docs/.
[[nodiscard]] std::string configuration_on(const std::string& page);

/// The first example of a request on the page `page` of docs/, with the registry of `site`.
[[nodiscard]] std::string request_on(const std::string& page, const Site& site);

/// Where the bundle `package`/`version` of test/data lies.
[[nodiscard]] std::filesystem::path sample_bundle(const std::string& package,
                                                  const std::string& version);

/// Submits `body` to /builds/`type`; gives the request's id. Throws when it is not accepted.
std::int64_t submit(const Daemon& daemon, const std::string& type, const std::string& body);

/// Submits `body` and waits for its end; gives the final document.
[[nodiscard]] io::JsonDocument build(const Daemon& daemon, const std::string& type,
                                     const std::string& body);

/// The same, and throws unless it ends complete; gives the result's pull specification.
std::string build_index(const Daemon& daemon, const std::string& type, const std::string& body);

/// Puts the list `from` with all that it names under the tag `to`, as somebody else would; gives
/// whether it worked.
bool put_over(const Site& site, const std::string& from, const std::string& to);

/// Waits until a state of the request begins with `state`, be it gone by already; gives whether the
/// request goes on even so.
[[nodiscard]] bool reaches(const Daemon& daemon, std::int64_t request, const std::string& state);

/// The member `key`, a string.
[[nodiscard]] std::string text_of(const io::JsonValue& document, std::string_view key);

/// The elements of the member `key`, an array of strings.
[[nodiscard]] std::vector<std::string> texts_of(const io::JsonValue& document,
                                                std::string_view key);

/// The reasons of all states of a request, oldest first.
[[nodiscard]] std::vector<std::string> history_of(const io::JsonValue& document);

}  // namespace iib::test
