#pragma once

#include "iib/base/log.hpp"
#include "iib/model/digest.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <utility>

namespace iib::image {

/// Layers, and files out of them (UnpackedFiles), by their digests in a directory of the daemon's
/// own, bounded in bytes: what was not used for longest goes first. A death at any moment leaves
/// whole layers and files that sweep() removes. What lies there from before the start is read once
/// before it is given out, so that a file that the host lost a part of is fetched again. Safe to
/// use from any thread; one cache at a time may use a directory.
class LayerCache {
  struct State;
  struct Hold;

 public:
  /// Keeps a file of the cache from being removed while it lives. May be copied, and may outlive
  /// the cache.
  class Held {
   public:
    /// The whole layer. Only to be read.
    [[nodiscard]] const std::filesystem::path& path() const noexcept;

   private:
    friend class LayerCache;
    explicit Held(std::shared_ptr<const Hold> hold) noexcept : hold_{std::move(hold)} {}
    std::shared_ptr<const Hold> hold_;
  };

  /// Makes `directory` if it is absent, and finds what it holds. Throws ExternalError naming it
  /// when that is not possible. At most `most_bytes` are kept, besides what is held.
  LayerCache(std::filesystem::path directory, std::uint64_t most_bytes, Log log);

  /// The layer, if it is here.
  [[nodiscard]] std::optional<Held> find(const model::Digest& digest);
  /// Takes `file`, a scratch file that holds the layer, verified by the caller. If the layer is
  /// here already, that one stays and `file` is removed.
  [[nodiscard]] Held add(const model::Digest& digest, const std::filesystem::path& file);
  /// A name for a file to be written by the caller and then added, or removed.
  [[nodiscard]] std::filesystem::path scratch_file();
  /// Removes what a dead daemon left half written, and what is above the bound.
  void sweep();

 private:
  std::shared_ptr<State> state_;
};

}  // namespace iib::image
