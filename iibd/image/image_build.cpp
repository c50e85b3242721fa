#include "image/image_build.hpp"

#include "iib/base/error.hpp"
#include "iib/base/files.hpp"
#include "iib/io/json.hpp"
#include "image/digest_file.hpp"
#include "image/manifest.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace iib::image {
namespace {

namespace fs = std::filesystem;

/// Removing must succeed also when the request is being cancelled, but not hold it up for long.
constexpr std::chrono::seconds kCleanUpLimit{20};

/// Quotes `argument` for buildah's `--cmd`, which takes a command line apart like a shell.
std::string quoted(const std::string& argument) {
  std::string result = "'";
  for (const char character : argument) {
    result += character == '\'' ? std::string{R"('\'')"} : std::string(1, character);
  }
  return result + "'";
}

std::string command_line(const std::vector<std::string>& command) {
  std::string line;
  for (const auto& argument : command) line += (line.empty() ? "" : " ") + quoted(argument);
  return line;
}

std::string json_array(const std::vector<std::string>& texts) {
  io::JsonDocument array{rapidjson::kArrayType};
  for (const auto& text : texts) {
    array.PushBack(io::json_text(text, array.GetAllocator()), array.GetAllocator());
  }
  return io::to_json(array);
}

}  // namespace

ImageBuild::ImageBuild(const ToolRunner& tools, ContainerStorage& storage, const Target& target,
                       const Access& access)
    : tools_{tools},
      storage_{storage},
      target_{target},
      access_{access},
      name_{fmt::format("{}-{}", storage.unique_name(access), target.architecture)} {
  if (target.base) hold_.emplace(storage, *target.base);
}

ImageBuild::~ImageBuild() {
  discard_if_possible();
}

void ImageBuild::discard_if_possible() const noexcept {
  try {
    discard();
  } catch (const std::exception& error) {
    access_.log.warning("{}; the next start of iibd removes it", error.what());
  }
}

void ImageBuild::discard() const {
  if (container_ == Presence::absent && image_ == Presence::absent) return;
  const auto cancellation = Cancellation{}.within(kCleanUpLimit);
  const Access own{.auth_file = {},
                   .work_directory = access_.work_directory,
                   .log = access_.log,
                   .cancellation = cancellation};
  // One at a time: buildah cannot list containers while another process removes one.
  const Turns::Turn turn{storage_.naming(), cancellation, "cleaning up"};
  discard_container(own);
  discard_image(own);
}

void ImageBuild::discard_container(const Access& own) const {
  if (container_ == Presence::absent) return;
  auto wanted =
      container_ == Presence::present ? Arguments{name_} : storage_.containers_called(name_, own);
  if (wanted.empty()) return;
  tools_.buildah(join({{"rm"}, std::move(wanted)}), step("cleaned up"), own);
}

void ImageBuild::discard_image(const Access& own) const {
  if (image_ == Presence::absent) return;
  if (image_ == Presence::unknown && !storage_.has_image(local_name(), own)) {
    storage_.remove_unnamed(own);  // buildah names an image last
    return;
  }
  tools_.buildah({"rmi", local_name()}, step("cleaned up"), own);
}

Step ImageBuild::step(std::string action) const {
  const auto& destination = target_.destination;
  return making(fmt::format("the image {} for {}", destination.text(), target_.architecture),
                std::move(action), destination);
}

void ImageBuild::begin() {
  if (!target_.base) {
    make_container("scratch", {}, step("made"));
    return;
  }
  const auto& base = *target_.base;
  const auto turns = storage_.pulling(base);
  std::optional<Turns::Turn> turn;
  if (turns) turn.emplace(*turns, access_.cancellation, "pulling a base");
  const auto pulling = storage_.pull_under_way();
  make_container(docker_reference(base), tools_.registry_access(base.registry(), access_),
                 {.subject = fmt::format("the base {}", base.text()),
                  .action = "pulled",
                  .registry = base.registry(),
                  .named_by_user = true});
  storage_.note_pulled(base);
}

void ImageBuild::make_container(const std::string& from, Arguments access, const Step& making) {
  container_ = Presence::unknown;
  // A try that was ended in the middle may have made the container: the next would fail for its
  // name alone, and hide why.
  const auto clear = [this] { discard_if_possible(); };
  tools_.buildah(join({{"from", "--name", name_, "--arch", target_.architecture, "--os", "linux",
                        "--pull=false", "--retry", "0", "--quiet"},
                       tools_.policy(),
                       std::move(access),
                       {from}}),
                 making, access_, Tries::as_configured, clear);
  container_ = Presence::present;
}

std::optional<Timestamp> ImageBuild::base_created() const {
  const auto inspected = tools_.buildah(
      {"inspect", "--type", "container", "--format", "{{.Config}}", name_}, step("made"), access_);
  return parse_config(target_.base.value(), inspected).created;
}

void ImageBuild::fill(const ImageContent& content, const fs::path& layer, Timestamp created) {
  // Whiteouts too are files to buildah, which puts them as they are into the layer that it commits:
  // so nothing has to be mounted to be removed, which only root may.
  tools_.buildah({"add", "--quiet", name_, layer.string(), "/"}, step("made"), access_);
  configure(content);
  commit(created);
}

void ImageBuild::commit(Timestamp created) {
  const auto seconds =
      std::chrono::duration_cast<std::chrono::seconds>(created.time_since_epoch()).count();
  const auto date = std::to_string(std::max<std::int64_t>(seconds, 0));
  const Turns::Turn turn{storage_.naming(), access_.cancellation, "making an image"};
  container_ = image_ = Presence::unknown;
  // OCI, which push() turns into Docker's format: a config that buildah writes in Docker's format
  // holds the random id of the working container, so no two runs would give the same image.
  tools_.buildah(join({{"commit", "--format", "oci", "--timestamp", date, "--identity-label=false",
                        "--quiet", "--rm"},
                       tools_.policy(),
                       {name_, local_name()}}),
                 step("made"), access_);
  container_ = Presence::absent;
  image_ = Presence::present;
}

void ImageBuild::configure(const ImageContent& content) const {
  Arguments arguments{"config", "--arch", target_.architecture, "--os", "linux"};
  const auto add = [&arguments](const char* option, const std::string& value) {
    arguments.insert(arguments.end(), {option, value});
  };
  for (const auto& [name, value] : content.labels)
    add("--label", fmt::format("{}={}", name, value));
  for (const auto& port : content.exposed_ports) add("--port", port);
  if (!content.entrypoint.empty()) add("--entrypoint", json_array(content.entrypoint));
  if (!content.command.empty()) add("--cmd", command_line(content.command));
  arguments.push_back(name_);
  tools_.buildah(arguments, step("made"), access_);
}

model::Digest ImageBuild::push() const {
  const TempDir scratch{access_.work_directory, "push-"};
  const auto digest_file = scratch.path() / "digest";
  const Step pushing = step("pushed");
  tools_.buildah(join({{"push", "--format", "v2s2", "--quiet", "--retry", "0", "--digestfile",
                        digest_file.string()},
                       tools_.policy(),
                       tools_.registry_access(target_.destination.registry(), access_),
                       {local_name(), docker_reference(target_.destination)}}),
                 pushing, access_, Tries::as_configured);
  const auto digest = read_digest_file(digest_file, pushing);
  if (!digest) throw_without_digest(pushing);
  return *digest;
}

}  // namespace iib::image
