#pragma once

#include "iib/base/guarded.hpp"
#include "iib/io/gzip_writer.hpp"
#include "iib/model/digest.hpp"
#include "image/layer_cache.hpp"

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace iib::image {

/// Of what members the layers are made that this process packed and that lie in the cache: an index
/// differs from the last one in few places, and what is the same is copied instead of packed. Equal
/// plain bytes give equal members, so a layer's bytes do not depend on what is remembered. Layers
/// that others made do not count: they were packed otherwise. Safe to use from any thread.
class PackedMembers {
 public:
  /// `cache` must outlive it.
  explicit PackedMembers(LayerCache& cache) : cache_{cache} {}

  /// For one layer in the making; keeps the layers that it reads from while it is kept.
  [[nodiscard]] io::FindMember finder();
  /// Remembers what the layer `layer`, which is in the cache, is made of.
  void add(const model::Digest& layer, std::vector<io::GzipMember> members);

 private:
  class Finder;
  using LayerPointer = std::shared_ptr<const model::Digest>;
  struct Place {
    LayerPointer layer;
    io::GzipMember member;
  };
  struct Known {
    std::map<std::string, Place, std::less<>> by_plain;
    /// The oldest first, with the plain digests of its members.
    std::deque<std::pair<LayerPointer, std::vector<std::string>>> layers;
    std::size_t listed = 0;  ///< Members of all layers, those counted too that newer ones have.
  };
  static void forget_oldest(Known& known);

  LayerCache& cache_;
  Guarded<Known> known_;
};

}  // namespace iib::image
