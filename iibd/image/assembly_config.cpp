#include "image/assembly_config.hpp"

#include "iib/base/error.hpp"
#include "iib/io/json.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <utility>

namespace iib::image {
namespace {

constexpr std::size_t kMostBytes = 16UL << 20U;

using Names = std::span<const std::string_view>;

/// What tells how a base was made, and would be wrong of ours.
constexpr std::array<std::string_view, 6> kMakingOfBase{
    "id", "parent", "container", "container_config", "docker_version", "comment"};
/// The same inside `config`: settings of the container that a base was committed from. Triggers are
/// for the next build, which is ours, and not inherited.
constexpr std::array<std::string_view, 13> kContainerOfBase{
    "Hostname", "Domainname", "AttachStdin", "AttachStdout", "AttachStderr",    "Tty",
    "OnBuild",  "Image",      "PortSpecs",   "OpenStdin",    "NetworkDisabled", "MacAddress",
    "StdinOnce"};
/// What is left away when it is empty.
constexpr std::array<std::string_view, 4> kOptional{"author", "variant", "os.version",
                                                    "os.features"};
constexpr std::array<std::string_view, 12> kOptionalSettings{
    "User",       "ExposedPorts", "Env",        "Entrypoint",  "Cmd",         "Volumes",
    "WorkingDir", "Labels",       "StopSignal", "ArgsEscaped", "Healthcheck", "Shell"};

/// The image, or nothing.
using Base = std::optional<model::ImageReference>;

UserError unusable(const Base& base, std::string_view cause) {
  return UserError{
      fmt::format("{} cannot be a base: {}; name an image as docker, podman or buildah make it",
                  base ? base->text() : "scratch", cause)};
}

io::JsonDocument parse(const Base& base, std::string_view raw) {
  if (!base) raw = R"({"rootfs":{"type":"layers"}})";  // what every config has
  try {
    auto config = io::parse_json(raw, {.name = "its config", .max_bytes = kMostBytes});
    if (config.IsObject()) return config;
  } catch (const UserError& error) {
    throw unusable(base, error.what());
  }
  throw unusable(base, "its config is not a JSON object");
}

/// `key` as RapidJSON looks it up; no longer alive than `key`.
io::JsonValue name(std::string_view key) {
  return io::JsonValue{
      rapidjson::StringRef(key.data(), static_cast<rapidjson::SizeType>(key.size()))};
}

bool is_empty(const io::JsonValue& value) {
  return value.IsNull() || value.IsFalse() || (value.IsString() && value.GetStringLength() == 0) ||
         (value.IsArray() && value.Empty()) || (value.IsObject() && value.ObjectEmpty());
}

/// To the second, as the tools write it; a moment before 1970 is none.
std::string date_text(Timestamp moment) {
  const auto text = to_iso8601(std::max(moment, Timestamp{}));
  return text.substr(0, text.find('.')) + "Z";
}

/// Changes the config of a base. A member that is null counts as absent.
class Editor {
 public:
  Editor(const Base& base, std::string_view raw) : base_{base}, document_{parse(base, raw)} {}

  io::JsonValue& root() { return document_; }

  void set(io::JsonValue& object, std::string_view key, io::JsonValue value) {
    remove(object, key);
    io::add_member(object, key, std::move(value), memory());
  }
  void set(io::JsonValue& object, std::string_view key, std::string_view text) {
    set(object, key, io::json_text(text, memory()));
  }
  void set(io::JsonValue& object, std::string_view key, const std::vector<std::string>& texts) {
    io::JsonValue array{rapidjson::kArrayType};
    for (const auto& text : texts) array.PushBack(io::json_text(text, memory()), memory());
    set(object, key, std::move(array));
  }

  static void remove(io::JsonValue& object, std::string_view key) {
    object.RemoveMember(name(key));
  }
  static void remove(io::JsonValue& object, Names keys) {
    for (const auto key : keys) remove(object, key);
  }
  static void remove_empty(io::JsonValue& object, Names keys) {
    for (const auto key : keys) {
      const auto* member = io::find_member(object, key);
      if (member != nullptr && is_empty(*member)) remove(object, key);
    }
  }

  /// The member `key`, made when absent. Throws UserError when it is of another type.
  io::JsonValue& member(io::JsonValue& object, std::string_view key, rapidjson::Type type) {
    const auto* found = io::find_member(object, key);
    if (found == nullptr || found->IsNull()) set(object, key, io::JsonValue{type});
    auto& value = object[name(key)];
    if (value.GetType() != type) {
      throw unusable(base_, fmt::format("the {} of its config is of the wrong type, {}", key,
                                        io::json_type_name(value)));
    }
    return value;
  }
  io::JsonValue& object(io::JsonValue& in, std::string_view key) {
    return member(in, key, rapidjson::kObjectType);
  }
  io::JsonValue& array(io::JsonValue& in, std::string_view key) {
    return member(in, key, rapidjson::kArrayType);
  }

  void append(io::JsonValue& array, io::JsonValue value) {
    array.PushBack(std::move(value), memory());
  }
  void append(io::JsonValue& array, std::string_view text) {
    append(array, io::json_text(text, memory()));
  }

 private:
  io::JsonAllocator& memory() { return document_.GetAllocator(); }

  const Base& base_;
  io::JsonDocument document_;
};

/// What a container is started with.
void write_settings(Editor& editor, const ImageContent& content) {
  auto& settings = editor.object(editor.root(), "config");
  Editor::remove(settings, kContainerOfBase);
  if (!content.entrypoint.empty()) editor.set(settings, "Entrypoint", content.entrypoint);
  if (!content.command.empty()) editor.set(settings, "Cmd", content.command);
  auto& ports = editor.object(settings, "ExposedPorts");
  for (const auto& port : content.exposed_ports) {
    editor.set(ports, port, io::JsonValue{rapidjson::kObjectType});
  }
  auto& labels = editor.object(settings, "Labels");
  for (const auto& [label, value] : content.labels) editor.set(labels, label, value);
  Editor::remove_empty(settings, kOptionalSettings);
}

/// The shell of the base: what buildah says that a layer was made with.
std::string shell_of(const io::JsonValue& config) {
  const auto* settings = io::find_member(config, "config");
  const auto* shell = settings == nullptr ? nullptr : io::find_member(*settings, "Shell");
  std::vector<std::string> words;
  if (shell != nullptr && shell->IsArray()) {
    for (const auto& word : shell->GetArray()) words.emplace_back(io::as_text(word).value_or(""));
  }
  return words.empty() ? "/bin/sh" : fmt::format("{}", fmt::join(words, " "));
}

void write_history(Editor& editor, const Base& base, const std::string& date) {
  auto& config = editor.root();
  io::JsonValue entry{rapidjson::kObjectType};
  editor.set(entry, "created", date);
  editor.set(entry, "created_by", shell_of(config));
  const auto author = io::text_member(config, "author");
  if (author) editor.set(entry, "author", *author);
  if (base) editor.set(entry, "comment", "FROM " + base->ordering_key());
  editor.append(editor.array(config, "history"), std::move(entry));
}

void write_layer(Editor& editor, const Base& base, std::size_t base_layers,
                 const model::Digest& diff_id) {
  auto& layers = editor.array(editor.object(editor.root(), "rootfs"), "diff_ids");
  if (layers.Size() != base_layers) {
    throw unusable(base, fmt::format("its config names {} layers and its manifest {}",
                                     layers.Size(), base_layers));
  }
  editor.append(layers, diff_id.text());
}

}  // namespace

std::string assemble_config(const std::optional<model::ImageReference>& base,
                            std::string_view base_config, std::size_t base_layers,
                            const ImageContent& content, const model::Digest& diff_id,
                            const std::string& architecture, Timestamp created) {
  Editor editor{base, base_config};
  auto& config = editor.root();
  const auto date = date_text(created);
  Editor::remove(config, kMakingOfBase);
  Editor::remove_empty(config, kOptional);
  editor.set(config, "created", date);
  editor.set(config, "architecture", architecture);
  editor.set(config, "os", "linux");
  write_settings(editor, content);
  write_layer(editor, base, base_layers, diff_id);
  write_history(editor, base, date);
  return io::to_json(config);
}

Platform platform_of(const model::ImageReference& image, std::string_view config) {
  const auto document = parse(image, config);
  Platform platform{
      .variant = std::string{io::text_member(document, "variant").value_or("")},
      .os_version = std::string{io::text_member(document, "os.version").value_or("")}};
  const auto* features = io::find_member(document, "os.features");
  if (features == nullptr || !features->IsArray()) return platform;
  for (const auto& feature : features->GetArray()) {
    platform.os_features.emplace_back(io::as_text(feature).value_or(""));
  }
  return platform;
}

}  // namespace iib::image
