#include "image/manifest_list.hpp"

#include "iib/base/error.hpp"
#include "iib/base/files.hpp"
#include "image/digest_file.hpp"
#include "image/listable.hpp"

#include <fmt/format.h>

#include <chrono>
#include <optional>
#include <utility>

namespace iib::image {
namespace {

/// Pushes whose failure buildah kept to itself, before we give up.
constexpr int kSilentFailures = 3;
constexpr std::chrono::seconds kCleanUpLimit{20};

/// A list in the local storage, removed with this object unless its push has done so.
class LocalList {
 public:
  LocalList(const ToolRunner& tools, const Access& access, const Step& step, std::string name)
      : tools_{tools}, access_{access}, step_{step}, name_{std::move(name)} {}
  LocalList(const LocalList&) = delete;
  LocalList& operator=(const LocalList&) = delete;
  ~LocalList() {
    if (!exists_) return;
    try {
      const Access own{.auth_file = {},
                       .work_directory = access_.work_directory,
                       .log = access_.log,
                       .cancellation = Cancellation{}.within(kCleanUpLimit)};
      tools_.buildah({"manifest", "rm", name_}, step_, own);
    } catch (const std::exception& error) {
      access_.log.warning("{}; the next start of iibd removes it", error.what());
    }
  }

  void create() {
    tools_.buildah({"manifest", "create", name_}, step_, access_);
    exists_ = true;
  }

  /// One by one: `manifest create` takes images too, but no credentials for them.
  void add(const PushedImage& image) const {
    tools_.buildah(join({{"manifest", "add", "--os", "linux", "--arch", image.architecture},
                         tools_.registry_access(image.reference.registry(), access_),
                         {name_, docker_reference(image.reference)}}),
                   step_, access_, Tries::as_configured);
  }

  /// buildah 1.28 that is to write a digest ends well even if the push failed; the digest is empty
  /// then. Asked without one it tells the cause.
  model::Digest push(const model::ImageReference& destination) {
    for (int failures = 0; failures < kSilentFailures; ++failures) {
      if (const auto digest = push_once(destination)) {
        exists_ = false;
        return *digest;
      }
      access_.log.info("{} was not pushed, and buildah does not say why: asking again",
                       step_.subject);
      run_push(destination, {});
    }
    throw_without_digest(step_);
  }

 private:
  [[nodiscard]] std::optional<model::Digest> push_once(
      const model::ImageReference& destination) const {
    const TempDir scratch{access_.work_directory, "push-"};
    const auto digest_file = scratch.path() / "digest";
    run_push(destination, {"--rm", "--digestfile", digest_file.string()});
    return read_digest_file(digest_file, step_);
  }

  void run_push(const model::ImageReference& destination, const Arguments& more) const {
    tools_.buildah(join({{"manifest", "push", "--all", "--format", "v2s2", "--quiet"},
                         more,
                         tools_.policy(),
                         tools_.registry_access(destination.registry(), access_),
                         {name_, docker_reference(destination)}}),
                   step_, access_, Tries::as_configured);
  }

  const ToolRunner& tools_;
  const Access& access_;
  const Step& step_;
  std::string name_;
  bool exists_ = false;
};

}  // namespace

model::Digest push_manifest_list(const ToolRunner& tools, ContainerStorage& storage,
                                 const model::ImageReference& destination,
                                 std::span<const PushedImage> images, const Access& access) {
  const auto step =
      making(fmt::format("the manifest list {}", destination.text()), "pushed", destination);
  const auto sorted = listable(destination, images);
  LocalList list{tools, access, step, "localhost/" + storage.unique_name(access)};
  list.create();
  for (const auto& image : sorted) list.add(image);
  return list.push(destination);
}

}  // namespace iib::image
