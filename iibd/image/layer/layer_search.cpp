#include "image/layer/layer_search.hpp"

#include "iib/base/error.hpp"
#include "iib/base/log.hpp"
#include "iib/io/tar_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

namespace iib::image {
namespace {

using io::PathNames;
using io::TarEntry;

/// What the entries of one layer hide of the layers below it.
class LayerLook {
 public:
  explicit LayerLook(const std::vector<PathNames>& wanted) : wanted_{wanted} {}

  /// The path at and below which `entry` hides everything lower; nothing if it hides nothing.
  [[nodiscard]] std::optional<PathNames> hidden_by(const TarEntry& entry) {
    auto path = io::entry_path(entry.name);
    // LayerExtractor refuses such an entry once it applies the layer.
    if (!path || path->empty()) return std::nullopt;
    if (auto whiteout = io::as_whiteout(*path)) {
      if (whiteout->kind == io::Whiteout::Kind::nothing) return std::nullopt;
      return std::move(whiteout->path);
    }
    if (entry.kind == TarEntry::Kind::directory) return std::nullopt;
    if (!is_wanted(*path)) return path;
    if (entry.kind == TarEntry::Kind::hard_link && !is_brought(entry.target)) {
      needs_lower_ = true;
      return std::nullopt;
    }
    brought_.insert(*path);
    return path;
  }
  /// Whether an entry so far has its content from a lower layer, which no layer should do.
  [[nodiscard]] bool needs_lower() const noexcept { return needs_lower_; }

 private:
  [[nodiscard]] bool is_wanted(const PathNames& path) const {
    return std::any_of(wanted_.begin(), wanted_.end(),
                       [&path](const PathNames& place) { return io::is_at_or_below(path, place); });
  }
  /// Whether a hard link to `target` gets its content from this very layer.
  [[nodiscard]] bool is_brought(const std::string& target) const {
    const auto path = io::entry_path(target);
    return path && brought_.contains(*path);
  }

  const std::vector<PathNames>& wanted_;
  std::set<PathNames> brought_;
  bool needs_lower_ = false;
};

}  // namespace

LayerSearch::LayerSearch(std::string subject, std::span<const std::string> paths)
    : subject_{std::move(subject)} {
  for (const auto& path : paths) wanted_.push_back(io::path_in_image(path));
  open_ = wanted_;
}

bool LayerSearch::look(const io::ByteSource& layer, const Cancellation& cancellation) {
  if (open_.empty()) return true;
  if (every_layer_) return false;
  LayerLook look{wanted_};
  io::TarReader tar{subject_, layer, cancellation};
  while (const auto entry = tar.next()) {
    const auto hidden = look.hidden_by(*entry);
    if (look.needs_lower()) {
      open_ = wanted_;
      every_layer_ = true;
      return false;
    }
    if (!hidden) continue;
    std::erase_if(open_, [&](const PathNames& path) { return io::is_at_or_below(path, *hidden); });
    if (open_.empty()) return true;
  }
  return false;
}

}  // namespace iib::image
