#include "image/layer_cache.hpp"

#include "iib/base/error.hpp"
#include "iib/base/guarded.hpp"
#include "iib/base/sha256.hpp"
#include "iib/io/archive.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <map>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace iib::image {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kHexDigits = 64;
/// Layers are called by their digest, this, and a number that no other file of the directory ever
/// had, so that removing one cannot meet another that came in its place.
constexpr char kNumberMark = '.';
constexpr std::string_view kScratch = "scratch-";

[[noreturn]] void fail(const fs::path& path, std::string_view action, std::error_code code) {
  throw ExternalError{fmt::format("the layer cache's {} cannot be {}: {}; check the space and the "
                                  "permissions of the state directory",
                                  path.string(), action, code.message()),
                      ExternalError::Retry::no};
}

void remove_quietly(const fs::path& path) noexcept {
  ::unlink(path.c_str());  // nothing sensible to do when it fails; the next sweep tries again
}

/// The order of use outlasts a restart in the times of the files.
void note_use(const fs::path& path) noexcept {
  ::utimensat(AT_FDCWD, path.c_str(), nullptr, 0);
}

std::string sha256_of(const fs::path& path) {
  constexpr std::size_t kReadBytes = 256UL * 1024;
  const auto source = io::read_from_file(path);
  std::vector<char> buffer(kReadBytes);
  Sha256 sum;
  while (const auto got = source(buffer)) sum.update({buffer.data(), got});
  return sum.finish_hex();
}

/// A file of the directory that a daemon before this one left.
struct Found {
  fs::path path;
  fs::file_time_type used;
  std::uint64_t bytes = 0;
};

bool is_layer_name(std::string_view name) {
  const auto hex = name.substr(0, kHexDigits);
  return name.size() > kHexDigits && name[kHexDigits] == kNumberMark &&
         hex.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

std::vector<Found> layers_in(const fs::path& directory) {
  std::vector<Found> layers;
  for (const auto& entry : fs::directory_iterator{directory}) {
    if (!entry.is_regular_file() || !is_layer_name(entry.path().filename().string())) continue;
    layers.push_back({entry.path(), entry.last_write_time(), entry.file_size()});
  }
  std::sort(layers.begin(), layers.end(),
            [](const Found& left, const Found& right) { return left.used < right.used; });
  return layers;
}

}  // namespace

struct LayerCache::State {
  /// A file of the directory. What may change changes under the lock.
  struct Layer {
    std::string hex;
    fs::path path;
    std::uint64_t bytes = 0;
    std::uint64_t used = 0;
    std::size_t holders = 0;
    std::atomic<bool> proven{false};  ///< Whether its bytes are known to be right.
  };
  using LayerPointer = std::shared_ptr<Layer>;
  struct Layers {
    std::map<std::string, LayerPointer, std::less<>> by_hex;
    std::uint64_t bytes = 0;
    std::uint64_t uses = 0;

    void put(const LayerPointer& layer) {
      bytes += layer->bytes;
      layer->used = ++uses;
      by_hex[layer->hex] = layer;
    }
    void take_out(const LayerPointer& layer) {
      bytes -= layer->bytes;
      by_hex.erase(layer->hex);
    }
    [[nodiscard]] bool has(const LayerPointer& layer) const {
      const auto found = by_hex.find(layer->hex);
      return found != by_hex.end() && found->second == layer;
    }
  };

  State(fs::path where, std::uint64_t most, Log to)
      : directory{std::move(where)},
        most_bytes{most},
        log{std::move(to)},
        run{fmt::format("{}-{}-", ::getpid(),
                        std::chrono::system_clock::now().time_since_epoch().count())} {}

  static LayerPointer make_layer(std::string hex, fs::path path, std::uint64_t bytes) {
    auto layer = std::make_shared<Layer>();
    layer->hex = std::move(hex);
    layer->path = std::move(path);
    layer->bytes = bytes;
    return layer;
  }

  /// A number that no file of the directory has had.
  std::string next_number() { return run + std::to_string(++numbers_given); }

  /// Finds the layers; of two with one digest, which a death at an unlucky moment leaves, one.
  void load() {
    for (const auto& found : layers_in(directory)) {
      auto hex = found.path.filename().string().substr(0, kHexDigits);
      const auto layer = make_layer(std::move(hex), found.path, found.bytes);
      const auto kept = put_and_hold(layer);
      if (kept != layer) remove_quietly(layer->path);
      kept->holders = 0;  // no one else is here yet
    }
  }

  /// Puts `layer` into the list, unless there is one with its digest. Gives the one that is there,
  /// with a holder more.
  LayerPointer put_and_hold(const LayerPointer& layer) {
    return layers.with([&](Layers& all) {
      const auto found = all.by_hex.find(layer->hex);
      if (found == all.by_hex.end()) all.put(layer);
      const auto& kept = found == all.by_hex.end() ? layer : found->second;
      ++kept->holders;
      return kept;
    });
  }

  /// Holds the layer if it is here.
  LayerPointer hold(std::string_view hex) {
    return layers.with([&](Layers& all) -> LayerPointer {
      const auto found = all.by_hex.find(hex);
      if (found == all.by_hex.end()) return nullptr;
      ++found->second->holders;
      found->second->used = ++all.uses;
      return found->second;
    });
  }

  void release(const LayerPointer& layer) noexcept {
    layers.with([&](Layers&) { --layer->holders; });
    evict();
  }

  void drop(const LayerPointer& layer, std::string_view cause) {
    log.warning("{} in the layer cache {}; it is removed and fetched again when it is needed",
                layer->path.string(), cause);
    layers.with([&](Layers& all) {
      if (all.has(layer)) all.take_out(layer);
    });
    remove_quietly(layer->path);
  }

  /// Whether the file is what its name says; if not, it is dropped.
  bool is_right(const LayerPointer& layer) {
    if (layer->proven) {
      if (::access(layer->path.c_str(), R_OK) == 0) return true;
      drop(layer, "has disappeared");
      return false;
    }
    try {
      layer->proven = sha256_of(layer->path) == layer->hex;
      if (layer->proven) return true;
      drop(layer, "is damaged");
    } catch (const ExternalError& error) {
      drop(layer, error.what());
    }
    return false;
  }

  /// Takes the least recently used layer that nobody holds out of the list while it is too long.
  LayerPointer take_out_oldest() {
    return layers.with([this](Layers& all) -> LayerPointer {
      LayerPointer oldest;
      if (all.bytes <= most_bytes) return oldest;
      for (const auto& [hex, layer] : all.by_hex) {
        if (layer->holders == 0 && (!oldest || layer->used < oldest->used)) oldest = layer;
      }
      if (oldest) all.take_out(oldest);
      return oldest;
    });
  }

  void evict() noexcept {
    for (auto oldest = take_out_oldest(); oldest; oldest = take_out_oldest()) {
      remove_quietly(oldest->path);
      log.debug("the layer {} left the cache, which holds at most {} bytes", oldest->hex,
                most_bytes);
    }
  }

  /// Whether `name` is that of a file that no one will use any more.
  bool is_leftover(const fs::path& name) {
    const auto text = name.string();
    if (text.find(run) != std::string::npos) return false;  // perhaps on its way in
    if (text.starts_with(kScratch)) return true;
    if (!is_layer_name(text)) return false;
    return layers.with([&](const Layers& all) {
      const auto found = all.by_hex.find(text.substr(0, kHexDigits));
      return found == all.by_hex.end() || found->second->path.filename() != name;
    });
  }

  const fs::path directory;
  const std::uint64_t most_bytes;
  const Log log;
  /// In the names of all files that this run makes.
  const std::string run;
  std::atomic<std::uint64_t> numbers_given{0};
  Guarded<Layers> layers;
};

/// Gives a layer free when nobody has it any more.
struct LayerCache::Hold {
  /// `held` has been counted as held.
  Hold(std::shared_ptr<State> of, State::LayerPointer held)
      : state{std::move(of)}, layer{std::move(held)} {}
  Hold(const Hold&) = delete;
  Hold& operator=(const Hold&) = delete;
  ~Hold() { state->release(layer); }

  std::shared_ptr<State> state;
  State::LayerPointer layer;
};

const fs::path& LayerCache::Held::path() const noexcept {
  return hold_->layer->path;
}

LayerCache::LayerCache(fs::path directory, std::uint64_t most_bytes, Log log)
    : state_{std::make_shared<State>(std::move(directory), most_bytes, std::move(log))} {
  try {
    if (fs::create_directories(state_->directory)) {
      fs::permissions(state_->directory, fs::perms::owner_all);
    }
    state_->load();
  } catch (const fs::filesystem_error& error) {
    fail(state_->directory, "opened", error.code());
  }
}

std::optional<LayerCache::Held> LayerCache::find(const model::Digest& digest) {
  auto layer = state_->hold(digest.hex());
  if (!layer) return std::nullopt;
  Held held{std::make_shared<const Hold>(state_, layer)};
  if (!state_->is_right(layer)) return std::nullopt;
  note_use(layer->path);
  return held;
}

LayerCache::Held LayerCache::add(const model::Digest& digest, const fs::path& file) {
  if (auto present = find(digest)) {
    remove_quietly(file);
    return *std::move(present);
  }
  auto path = state_->directory / fmt::format("{}.{}", digest.hex(), state_->next_number());
  std::error_code error;
  const auto bytes = fs::file_size(file, error);
  if (!error) fs::rename(file, path, error);
  if (error) {
    remove_quietly(file);
    fail(file, "kept", error);
  }
  const auto layer = State::make_layer(std::string{digest.hex()}, std::move(path), bytes);
  layer->proven = true;
  const auto kept = state_->put_and_hold(layer);
  Held held{std::make_shared<const Hold>(state_, kept)};
  if (kept != layer) remove_quietly(layer->path);  // another thread was faster
  state_->evict();
  return held;
}

fs::path LayerCache::scratch_file() {
  return state_->directory / fmt::format("{}{}", kScratch, state_->next_number());
}

void LayerCache::sweep() {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator{state_->directory, error}) {
    if (state_->is_leftover(entry.path().filename())) remove_quietly(entry.path());
  }
  if (error) fail(state_->directory, "read", error);
  state_->evict();
}

}  // namespace iib::image
