#include "image/container_storage.hpp"

#include "iib/base/error.hpp"
#include "iib/base/files.hpp"
#include "iib/io/json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>
#include <fstream>
#include <random>
#include <span>
#include <sstream>
#include <system_error>
#include <utility>

namespace iib::image {
namespace {

namespace fs = std::filesystem;

Step storage_step(std::string action) {
  return {.subject = "the container storage below iib_state_dir",
          .action = std::move(action),
          .registry = {},
          .named_by_user = false};
}

/// `4.86 KB`, as buildah shows sizes, in bytes.
std::uint64_t parse_size(std::string_view text) {
  std::istringstream stream{std::string{text}};
  double number = 0;
  std::string unit;
  if (!(stream >> number >> unit)) return 0;
  constexpr std::array<std::string_view, 5> kUnits{"B", "KB", "MB", "GB", "TB"};
  for (const auto known : kUnits) {
    if (unit == known) break;
    number *= 1000;
  }
  return static_cast<std::uint64_t>(number);
}

/// Names must differ from those of a run before, should its leftovers resist the sweep.
std::string random_mark() {
  std::random_device random;
  return fmt::format("{:08x}", random());
}

std::string boot_id() {
  std::ifstream file{"/proc/sys/kernel/random/boot_id"};
  std::string id;
  std::getline(file, id);
  return id;
}

/// The elements of an array; of `null`, which buildah writes for an empty one, none.
std::span<const io::JsonValue> elements(const io::JsonValue& value) {
  if (!value.IsArray() || value.Empty()) return {};
  return {value.Begin(), value.Size()};
}

constexpr auto kScratch = "sweep-";

/// Removes what a daemon that was killed while it swept left behind.
void remove_scratch_directories(const fs::path& storage) {
  for (const auto& entry : fs::directory_iterator{storage}) {
    if (!entry.path().filename().string().starts_with(kScratch)) continue;
    std::error_code ignored;  // the next sweep tries again
    fs::remove_all(entry.path(), ignored);
  }
}

/// The file that notes when the base `name@sha256:hex` was last used.
fs::path use_file(const fs::path& uses, std::string_view name) {
  const auto colon = name.rfind(':');
  return uses / name.substr(colon == std::string_view::npos ? 0 : colon + 1);
}

}  // namespace

/// An image of the storage that is, or may be, a base.
struct ContainerStorage::Base {
  std::string id;
  /// `name@digest`; empty if it is something else.
  std::string name;
  std::uint64_t bytes = 0;
  fs::file_time_type used{};
};

ContainerStorage::ContainerStorage(ToolRunner& tools, const ToolsEngineOptions& options, Log log)
    : tools_{tools},
      options_{options},
      log_{std::move(log)},
      uses_{options.storage_directory / "bases"},
      run_mark_{random_mark()} {
  fs::create_directories(uses_);
}

ContainerStorage::Hold::Hold(ContainerStorage& storage, const model::ImageReference& base)
    : storage_{storage}, name_{base.ordering_key()} {
  storage_.held_.with([this](auto& held) { held.insert(name_); });
  storage_.note_use(name_);
}

ContainerStorage::Hold::~Hold() {
  storage_.held_.with([this](auto& held) { held.erase(held.find(name_)); });
}

std::shared_ptr<Turns> ContainerStorage::pulling(const model::ImageReference& base) {
  return pulls_.with([key = base.ordering_key()](Pulls& pulls) -> std::shared_ptr<Turns> {
    if (pulls.done.contains(key)) return nullptr;
    auto& turns = pulls.turns[key];
    if (!turns) turns = std::make_shared<Turns>();
    return turns;
  });
}

void ContainerStorage::note_pulled(const model::ImageReference& base) {
  pulls_.with([key = base.ordering_key()](Pulls& pulls) {
    pulls.done.insert(key);
    pulls.turns.erase(key);
  });
}

void ContainerStorage::note_use(const std::string& name) {
  const auto file = use_file(uses_, name);
  if (!fs::exists(file)) grown_ = true;
  std::ofstream{file, std::ios::trunc} << name << '\n';
}

std::string ContainerStorage::unique_name(const Access& access) {
  std::string name = access.work_directory.filename().string();
  std::transform(name.begin(), name.end(), name.begin(), [](unsigned char character) {
    return std::isalnum(character) != 0 ? static_cast<char>(std::tolower(character)) : '0';
  });
  return fmt::format("iibd-{}-{}-{}", name, run_mark_, ++names_given_);
}

void ContainerStorage::prepare(const Cancellation& cancellation) {
  std::call_once(prepared_, [&] {
    remove_scratch_directories(options_.storage_directory);
    const TempDir scratch{options_.storage_directory, kScratch};
    const Access access{.auth_file = {},
                        .work_directory = scratch.path(),
                        .log = log_,
                        .cancellation = cancellation};
    choose_driver(access);
    remove_leftovers(access);
    trim(access);
  });
}

void ContainerStorage::choose_driver(const Access& access) {
  if (!options_.storage_driver.empty()) {
    tools_.use_driver(options_.storage_driver);
    forget_earlier_boot();
    return;
  }
  tools_.use_driver("overlay");
  forget_earlier_boot();
  try {
    tools_.buildah({"info"}, storage_step("opened"), access);
  } catch (const Error& error) {
    if (dynamic_cast<const Cancelled*>(&error) != nullptr) throw;
    log_.warning("container storage uses vfs, which is slower: overlay does not work here: {}",
                 error.what());
    tools_.use_driver("vfs");
    forget_earlier_boot();
  }
}

/// The run directory counts mounts, which end with a boot. Elsewhere it lies on a file system that
/// does, too; ours is below the state directory.
void ContainerStorage::forget_earlier_boot() const {
  const auto run = tools_.run_directory();
  const auto mark = run / "boot-id";
  std::ifstream file{mark};
  std::string noted;
  std::getline(file, noted);
  if (noted == boot_id()) return;
  fs::remove_all(run);
  fs::create_directories(run);
  std::ofstream{mark} << boot_id() << '\n';
}

void ContainerStorage::remove_leftovers(const Access& access) {
  // All of them: `buildah rm --all` leaves out one whose making was cut short.
  const auto containers = list_json({"containers", "--all", "--json"}, access);
  Arguments left;
  for (const auto& container : elements(containers)) {
    left.emplace_back(io::text_member(container, "id").value_or(""));
  }
  if (!left.empty()) {
    log_.info("removing {} containers that an earlier run left behind", left.size());
    tools_.buildah(join({{"rm"}, left}), storage_step("swept"), access);
  }
  Arguments surplus;
  for (const auto& image : list_bases(access)) {
    if (image.name.empty()) surplus.push_back(image.id);
  }
  if (surplus.empty()) return;
  log_.info("removing {} images that an earlier run left in the container storage", surplus.size());
  tools_.buildah(join({{"rmi", "--force"}, surplus}), storage_step("swept"), access);
}

io::JsonDocument ContainerStorage::list_json(const Arguments& arguments,
                                             const Access& access) const {
  return io::parse_json(tools_.buildah(arguments, storage_step("listed"), access),
                        {.name = "the list by buildah " + arguments.front()});
}

std::vector<std::string> ContainerStorage::containers_called(std::string_view name,
                                                             const Access& access) const {
  const auto containers = list_json({"containers", "--all", "--json"}, access);
  std::vector<std::string> ids;
  for (const auto& container : elements(containers)) {
    if (io::text_member(container, "containername") != name) continue;
    ids.emplace_back(io::text_member(container, "id").value_or(""));
  }
  return ids;
}

bool ContainerStorage::has_image(std::string_view name, const Access& access) const {
  const auto images = list_json({"images", "--all", "--json"}, access);
  for (const auto& image : elements(images)) {
    const auto* names = io::find_member(image, "names");
    if (names == nullptr) continue;
    for (const auto& each : elements(*names)) {
      const auto text = io::as_text(each).value_or("");
      if (text == name || text == fmt::format("{}:latest", name)) return true;
    }
  }
  return false;
}

std::vector<ContainerStorage::Base> ContainerStorage::list_bases(const Access& access) const {
  const auto images = list_json({"images", "--all", "--json"}, access);
  std::vector<Base> bases;
  for (const auto& image : elements(images)) {
    Base base{.id = std::string{io::text_member(image, "id").value_or("")},
              .name = {},
              .bytes = parse_size(io::text_member(image, "size").value_or(""))};
    const auto* names = io::find_member(image, "names");
    if (names != nullptr) note_name(base, *names);
    bases.push_back(std::move(base));
  }
  return bases;
}

void ContainerStorage::note_name(Base& base, const io::JsonValue& names) const {
  for (const auto& name : elements(names)) {
    const std::string text{io::as_text(name).value_or("")};
    std::error_code unused;
    const auto used = fs::last_write_time(use_file(uses_, text), unused);
    if (text.find("@sha256:") == std::string::npos || unused) continue;
    base.name = text;
    base.used = used;
  }
}

void ContainerStorage::trim(const Access& access) const {
  try {
    remove_surplus_bases(access);
  } catch (const ExternalError& error) {
    log_.warning("{}", error.what());
  }
}

void ContainerStorage::tidy(const Access& access) {
  if (grown_.exchange(false)) trim(access);
  if (!unnamed_left_.exchange(false)) return;
  try {
    const Turns::Turn turn{naming_, access.cancellation, "cleaning up"};
    remove_unnamed(access);
  } catch (const ExternalError& error) {
    log_.warning("{}", error.what());
  }
}

void ContainerStorage::remove_unnamed(const Access& access) {
  const std::unique_lock nothing_is_pulled{unnamed_, std::try_to_lock};
  if (!nothing_is_pulled) {
    unnamed_left_ = true;
    return;
  }
  Arguments unnamed;
  const auto images = list_json({"images", "--all", "--json"}, access);
  for (const auto& image : elements(images)) {
    const auto* names = io::find_member(image, "names");
    if (names != nullptr && !elements(*names).empty()) continue;
    unnamed.emplace_back(io::text_member(image, "id").value_or(""));
  }
  if (unnamed.empty()) return;
  tools_.buildah(join({{"rmi", "--force"}, std::move(unnamed)}), storage_step("cleaned up"),
                 access);
}

void ContainerStorage::remove_surplus_bases(const Access& access) const {
  auto bases = list_bases(access);
  std::erase_if(bases, [](const Base& base) { return base.name.empty(); });
  std::sort(bases.begin(), bases.end(),
            [](const Base& left, const Base& right) { return left.used > right.used; });
  std::uint64_t bytes = 0;
  std::size_t count = 0;
  for (const auto& base : bases) {
    bytes += base.bytes;
    const bool fits = ++count <= options_.kept_bases && bytes <= options_.kept_base_bytes;
    const bool held =
        held_.with([&](const auto& names) { return names.find(base.name) != names.end(); });
    if (fits || held) continue;
    pulls_.with([&](Pulls& pulls) { pulls.done.erase(base.name); });
    log_.info("removing the base {}: more are kept than the bounds allow", base.name);
    // Whoever takes it up in this moment pulls it again: that step is retried.
    tools_.buildah({"rmi", base.name}, storage_step("trimmed"), access);
    std::error_code ignored;
    fs::remove(use_file(uses_, base.name), ignored);
  }
}

}  // namespace iib::image
