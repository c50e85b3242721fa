#include "iib/io/archive.hpp"

#include "iib/base/error.hpp"
#include "iib/base/log.hpp"
#include "io/beneath.hpp"
#include "io/tar_reader.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <deque>
#include <set>
#include <system_error>
#include <utility>

namespace iib::io {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kWhiteout = ".wh.";
constexpr std::string_view kOpaque = ".wh..wh..opq";

/// The names in `text`, `..` included.
PathNames names_of(std::string_view text) {
  PathNames names;
  while (!text.empty()) {
    const auto slash = text.find('/');
    const auto name = text.substr(0, slash);
    if (!name.empty() && name != ".") names.emplace_back(name);
    text = slash == std::string_view::npos ? "" : text.substr(slash + 1);
  }
  return names;
}

/// `text` as names; nothing if it is absolute or holds `..`.
std::optional<PathNames> split(std::string_view text) {
  auto names = names_of(text);
  const bool leads_up = std::find(names.begin(), names.end(), "..") != names.end();
  if (text.starts_with('/') || leads_up) return std::nullopt;
  return names;
}

PathNames wanted_path(std::string_view text) {
  while (text.starts_with('/')) text.remove_prefix(1);
  auto names = split(text);
  if (!names) throw UserError{fmt::format("the path {} leads out of the image", text)};
  return *std::move(names);
}

void write_all(int file, std::span<const char> bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      throw ExternalError{fmt::format("a file of an image cannot be written: {}; check the free "
                                      "space of the state directory",
                                      std::generic_category().message(errno)),
                          ExternalError::Retry::no};
    }
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
}

}  // namespace

ByteSource read_from_file(const fs::path& path) {
  auto file = std::make_shared<Descriptor>(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  const auto fail = [path] {
    throw ExternalError{
        fmt::format("{} cannot be read: {}", path.string(), std::generic_category().message(errno)),
        ExternalError::Retry::no};
  };
  if (!file->is_open()) fail();
  return [file, fail](std::span<char> buffer) {
    for (;;) {
      const ssize_t got = ::read(file->get(), buffer.data(), buffer.size());
      if (got >= 0) return static_cast<std::size_t>(got);
      if (errno != EINTR) fail();
    }
  };
}

struct LayerExtractor::Impl {
  Impl(std::string name, std::span<const std::string> paths, const fs::path& directory,
       ExtractLimits bounds)
      : subject{std::move(name)}, root{directory}, limits{std::move(bounds)} {
    for (const auto& path : paths) wanted.push_back(wanted_path(path));
    for (const auto& [path, bytes] : limits.file_bytes_below) {
      own_bounds.emplace_back(wanted_path(path), bytes);
    }
  }

  [[noreturn]] void refuse(const std::string& entry, std::string_view cause) const {
    throw UserError{fmt::format("{}: its archive entry {} {}", subject, one_line(entry), cause)};
  }

  [[nodiscard]] bool is_wanted(const PathNames& path) const {
    return std::any_of(wanted.begin(), wanted.end(),
                       [&](const PathNames& place) { return is_at_or_below(path, place); });
  }

  /// Hides what lower layers have at or below `path`, or at wanted places below it.
  void hide(const PathNames& path) {
    if (is_wanted(path)) {
      root.remove(path, in_this_layer);
      return;
    }
    for (const auto& place : wanted) {
      if (is_at_or_below(place, path)) root.remove(place, in_this_layer);
    }
  }

  void hide_contents(const PathNames& path) {
    if (!is_wanted(path)) {
      hide(path);
      return;
    }
    for (const auto& name : root.list(path)) {
      auto child = path;
      child.push_back(name);
      root.remove(child, in_this_layer);
    }
  }

  /// Whether the entry was a whiteout, and done with.
  bool apply_whiteout(const PathNames& path) {
    if (path.empty() || !path.back().starts_with(kWhiteout)) return false;
    auto hidden = path;
    if (path.back() == kOpaque) {
      hidden.pop_back();
      hide_contents(hidden);
    } else {
      hidden.back().erase(0, kWhiteout.size());
      // `.wh.` and `.wh...` would name the folder itself or its parent.
      if (!hidden.back().empty() && hidden.back() != "." && hidden.back() != "..") hide(hidden);
    }
    return true;
  }

  void apply_entry(TarReader& tar, const TarEntry& entry, const Cancellation& cancellation) {
    const auto path = split(entry.name);
    if (!path) refuse(entry.name, "is absolute or holds '..'");
    if (apply_whiteout(*path)) return;
    if (!is_wanted(*path)) {
      // What stands in the way of a wanted place hides it: nothing can lie below a file or a link.
      if (entry.kind != TarEntry::Kind::directory) hide(*path);
      return;
    }
    if (path->size() > limits.depth) refuse(entry.name, "lies too deep");
    if (++entries > limits.entries) refuse(entry.name, "is one too many");
    take(tar, entry, *path, cancellation);
    in_this_layer.insert(*path);
  }

  void take(TarReader& tar, const TarEntry& entry, const PathNames& path,
            const Cancellation& cancellation) {
    switch (entry.kind) {
      case TarEntry::Kind::directory:
        take_directory(entry, path);
        return;
      case TarEntry::Kind::file:
        take_file(tar, entry, path, cancellation);
        return;
      case TarEntry::Kind::symbolic_link:
        take_link(entry, path);
        return;
      case TarEntry::Kind::hard_link:
        take_hard_link(entry, path);
        return;
      case TarEntry::Kind::special:
        return;  // devices and pipes are of no use to us
    }
  }

  void make_room(const TarEntry& entry, const PathNames& path) {
    const PathNames parent{path.begin(), path.empty() ? path.end() : path.end() - 1};
    if (!root.make_directories(parent)) refuse(entry.name, "lies below a link or a file");
    root.remove(path, {});
  }

  void take_directory(const TarEntry& entry, const PathNames& path) {
    const auto present = root.look(path);
    if (present && !S_ISDIR(present->st_mode)) root.remove(path, {});
    if (!root.make_directories(path)) refuse(entry.name, "lies below a link or a file");
  }

  void take_file(TarReader& tar, const TarEntry& entry, const PathNames& path,
                 const Cancellation& cancellation) {
    if (path.empty()) refuse(entry.name, "is a file in place of the image's root");
    make_room(entry, path);
    const auto file = root.create_file(path);
    const auto bound = file_bound(path);
    std::uint64_t bytes = 0;
    for (;;) {
      cancellation.check("reading an image");
      const auto block = tar.read();
      if (block.empty()) return;
      bytes += block.size();
      total_bytes += block.size();
      if (bytes > bound) refuse(entry.name, fmt::format("is larger than {} bytes", bound));
      if (total_bytes > limits.total_bytes) {
        refuse(entry.name, fmt::format("brings the whole above {} bytes", limits.total_bytes));
      }
      write_all(file.get(), block);
    }
  }

  [[nodiscard]] std::uint64_t file_bound(const PathNames& path) const {
    for (const auto& [place, bytes] : own_bounds) {
      if (is_at_or_below(path, place)) return bytes;
    }
    return limits.file_bytes;
  }

  void take_link(const TarEntry& entry, const PathNames& path) {
    if (path.empty() || entry.target.empty() || entry.target.starts_with('/')) {
      refuse(entry.name, fmt::format("is a link to {}, outside of what is read from the image",
                                     one_line(entry.target)));
    }
    make_room(entry, path);
    root.create_link(path, entry.target);
    links.insert(path);
  }

  void take_hard_link(const TarEntry& entry, const PathNames& path) {
    const auto target = split(entry.target);
    if (path.empty() || !target || !is_wanted(*target)) {
      refuse(entry.name, fmt::format("is a hard link to {}, outside of what is read from the image",
                                     one_line(entry.target)));
    }
    if (*target == path) return;
    const auto present = root.look(*target);
    if (!present || !S_ISREG(present->st_mode)) {
      refuse(entry.name,
             fmt::format("is a hard link to {}, which is no file", one_line(entry.target)));
    }
    make_room(entry, path);
    root.link(*target, path);
  }

  /// Follows the link at `path` as the kernel would, name by name, but never out of the
  /// destination. Names that are not there are taken as they stand.
  [[nodiscard]] bool leads_inside(const PathNames& path) const {
    constexpr int kMostLinks = 40;  // the kernel's own bound
    PathNames at{path.begin(), path.end() - 1};
    std::deque<std::string> ahead{path.back()};
    for (int links_left = kMostLinks; !ahead.empty();) {
      const auto name = std::move(ahead.front());
      ahead.pop_front();
      if (name == "..") {
        if (at.empty()) return false;
        at.pop_back();
        continue;
      }
      at.push_back(name);
      const auto present = root.look(at);
      if (!present || !S_ISLNK(present->st_mode)) continue;
      const auto target = root.read_link(at);
      if (target.starts_with('/') || --links_left < 0) return false;
      at.pop_back();
      const auto names = names_of(target);
      ahead.insert(ahead.begin(), names.begin(), names.end());
    }
    return is_wanted(at);
  }

  std::string subject;
  Beneath root;
  ExtractLimits limits;
  std::vector<PathNames> wanted;
  std::vector<std::pair<PathNames, std::uint64_t>> own_bounds;
  /// What the layer being applied has brought itself: its whiteouts do not hide that.
  std::set<PathNames> in_this_layer;
  std::set<PathNames> links;
  std::size_t entries = 0;
  std::uint64_t total_bytes = 0;
};

LayerExtractor::LayerExtractor(std::string subject, std::span<const std::string> paths,
                               const fs::path& destination, ExtractLimits limits)
    : impl_{std::make_unique<Impl>(std::move(subject), paths, destination, std::move(limits))} {}

LayerExtractor::~LayerExtractor() = default;

void LayerExtractor::apply(const ByteSource& layer, const Cancellation& cancellation) {
  impl_->in_this_layer.clear();
  TarReader tar{impl_->subject, layer, cancellation};
  std::size_t seen = 0;
  while (const auto entry = tar.next()) {
    if (++seen > impl_->limits.layer_entries) {
      impl_->refuse(entry->name, "is one too many for a layer");
    }
    impl_->apply_entry(tar, *entry, cancellation);
  }
}

void LayerExtractor::finish() {
  for (const auto& path : impl_->links) {
    const auto present = impl_->root.look(path);
    if (!present || !S_ISLNK(present->st_mode)) continue;  // a later layer took its place
    if (!impl_->leads_inside(path)) {
      impl_->refuse(join(path), "is a link that leads outside of what is read from the image");
    }
  }
}

}  // namespace iib::io
