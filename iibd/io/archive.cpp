#include "iib/io/archive.hpp"

#include "iib/base/descriptor.hpp"
#include "iib/base/error.hpp"
#include "iib/io/layer_path.hpp"
#include "iib/io/tar_reader.hpp"
#include "io/beneath.hpp"

#include <climits>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
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

// What is taken has the permissions that it has in the image, and those that we need ourselves to
// read and change it.
constexpr unsigned kOurFile = 0600;
constexpr unsigned kOurDirectory = 0700;

[[noreturn]] void fail_disk() {
  throw ExternalError{fmt::format("a file of an image cannot be written: {}; check the free "
                                  "space of the state directory",
                                  std::generic_category().message(errno)),
                      ExternalError::Retry::no};
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
    for (const auto& path : paths) wanted.push_back(path_in_image(path));
    for (const auto& [path, bytes] : limits.file_bytes_below) {
      own_bounds.emplace_back(path_in_image(path), bytes);
    }
  }

  [[noreturn]] void refuse(const std::string& entry, std::string_view cause) const {
    refuse_entry(subject, entry, cause);
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

  void hide_contents(const TarEntry& entry, const PathNames& path) {
    if (!is_wanted(path)) {
      hide(path);
      return;
    }
    make_directory(entry, path);  // the marker lies in a folder of this layer
    for (const auto& name : root.list(path)) {
      auto child = path;
      child.push_back(name);
      root.remove(child, in_this_layer);
    }
  }

  /// Whether the entry was a whiteout, and done with.
  bool apply_whiteout(const TarEntry& entry, const PathNames& path) {
    const auto whiteout = as_whiteout(path);
    if (!whiteout) return false;
    switch (whiteout->kind) {
      case Whiteout::Kind::one:
        hide(whiteout->path);
        break;
      case Whiteout::Kind::contents:
        hide_contents(entry, whiteout->path);
        break;
      case Whiteout::Kind::nothing:
        break;
    }
    return true;
  }

  void apply_entry(TarReader& tar, const TarEntry& entry, const Cancellation& cancellation) {
    const auto path = entry_path(entry.name);
    if (!path) refuse(entry.name, "is absolute or holds '..'");
    if (path->empty() && entry.kind != TarEntry::Kind::directory) {
      refuse(entry.name, "takes the place of the image's root");
    }
    if (apply_whiteout(entry, *path)) return;
    if (!is_wanted(*path)) {
      // What stands in the way of a wanted place hides it: nothing can lie below a file or a link.
      if (entry.kind != TarEntry::Kind::directory) hide(*path);
      return;
    }
    if (path->size() > limits.depth) refuse(entry.name, "lies too deep");
    if (has_long_name(*path)) {
      refuse(entry.name, fmt::format("has a name of more than {} bytes", NAME_MAX));
    }
    if (++entries > limits.entries) refuse(entry.name, "is one too many");
    if (is_link_to_itself(entry, *path)) return;
    in_this_layer.insert(*path);
    take(tar, entry, *path, cancellation);
  }

  static bool has_long_name(const PathNames& path) {
    return std::any_of(path.begin(), path.end(),
                       [](const std::string& name) { return name.size() > NAME_MAX; });
  }

  static bool is_link_to_itself(const TarEntry& entry, const PathNames& path) {
    return entry.kind == TarEntry::Kind::hard_link && entry_path(entry.target) == path;
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
        remove_own(path);  // of no use to us, but it takes the place of what was there
        return;
    }
  }

  /// Removes what lies at or below `path`, of this layer too.
  void remove_own(const PathNames& path) {
    root.remove(path, {});
    auto brought = in_this_layer.lower_bound(path);
    while (brought != in_this_layer.end() && is_at_or_below(*brought, path)) {
      brought = in_this_layer.erase(brought);
    }
  }

  void make_room(const TarEntry& entry, const PathNames& path) {
    const PathNames parent{path.begin(), path.empty() ? path.end() : path.end() - 1};
    if (!root.make_directories(parent)) refuse(entry.name, "lies below a link or a file");
    root.remove(path, {});
  }

  void make_directory(const TarEntry& entry, const PathNames& path) {
    const auto present = root.look(path);
    if (present && !S_ISDIR(present->st_mode)) root.remove(path, {});
    if (!root.make_directories(path)) refuse(entry.name, "lies below a link or a file");
  }

  void take_directory(const TarEntry& entry, const PathNames& path) {
    make_directory(entry, path);
    root.permit(path, entry.mode | kOurDirectory);
  }

  void take_file(TarReader& tar, const TarEntry& entry, const PathNames& path,
                 const Cancellation& cancellation) {
    const auto bound = file_bound(path);
    check_size(entry, entry.size, bound, entry.size);  // before anything is written
    make_room(entry, path);
    const auto file = root.create_file(path);
    if (::fchmod(file.get(), entry.mode | kOurFile) != 0) {
      throw ExternalError{fmt::format("{} cannot be given its mode: {}", shown_name(entry.name),
                                      std::generic_category().message(errno)),
                          ExternalError::Retry::no};
    }
    std::uint64_t bytes = 0;
    for (;;) {
      cancellation.check("reading an image");
      const auto block = tar.read();
      if (block.empty()) return;
      bytes += block.size();
      check_size(entry, bytes, bound, block.size());
      total_bytes += block.size();
      if (!write_all(file.get(), {block.data(), block.size()})) fail_disk();
    }
  }

  /// Refuses a file of `bytes` bytes of which `more` are still to be written.
  void check_size(const TarEntry& entry, std::uint64_t bytes, std::uint64_t bound,
                  std::uint64_t more) const {
    if (bytes > bound) refuse(entry.name, fmt::format("is larger than {} bytes", bound));
    if (more > limits.total_bytes - total_bytes) {
      refuse(entry.name, fmt::format("brings the whole above {} bytes", limits.total_bytes));
    }
  }

  [[nodiscard]] std::uint64_t file_bound(const PathNames& path) const {
    for (const auto& [place, bytes] : own_bounds) {
      if (is_at_or_below(path, place)) return bytes;
    }
    return limits.file_bytes;
  }

  void take_link(const TarEntry& entry, const PathNames& path) {
    if (entry.target.size() >= PATH_MAX) refuse(entry.name, "is a link to too long a path");
    if (entry.target.empty() || entry.target.starts_with('/')) {
      refuse(entry.name, fmt::format("is a link to {}, outside of what is read from the image",
                                     shown_name(entry.target)));
    }
    make_room(entry, path);
    root.create_link(path, entry.target);
    links.insert(path);
  }

  void take_hard_link(const TarEntry& entry, const PathNames& path) {
    const auto target = entry_path(entry.target);
    if (!target || !is_wanted(*target)) {
      refuse(entry.name, fmt::format("is a hard link to {}, outside of what is read from the image",
                                     shown_name(entry.target)));
    }
    const auto present = root.look(*target);
    if (!present || !S_ISREG(present->st_mode)) {
      refuse(entry.name,
             fmt::format("is a hard link to {}, which is no file", shown_name(entry.target)));
    }
    if (is_at_or_below(*target, path)) refuse(entry.name, "takes the place of its own target");
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
  TarReader tar{impl_->subject,
                layer,
                cancellation,
                {.entries = impl_->limits.layer_entries, .bytes = impl_->limits.layer_bytes}};
  while (const auto entry = tar.next()) impl_->apply_entry(tar, *entry, cancellation);
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
