#pragma once

#include "iib/base/descriptor.hpp"
#include "iib/io/layer_path.hpp"

#include <sys/stat.h>

#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace iib::io {

/// A directory whose contents are reached name by name without following links, so that no
/// operation leaves it whatever it holds. Errors are ExternalError naming the path.
class Beneath {
 public:
  /// Opens `root`.
  explicit Beneath(const std::filesystem::path& root);

  /// What is at `path`, itself if it is a link; nothing if it or a folder on the way is absent or
  /// not a folder.
  [[nodiscard]] std::optional<struct ::stat> look(const PathNames& path) const;
  /// Makes `path` and the folders on the way. False if something on the way is not a folder.
  /// New ones get the mode 0755, whatever the umask.
  [[nodiscard]] bool make_directories(const PathNames& path) const;
  /// Gives the folder `path`, which is there, these permission bits.
  void permit(const PathNames& path, unsigned mode) const;
  /// Creates a file that is not there yet. Its folder must exist.
  [[nodiscard]] Descriptor create_file(const PathNames& path) const;
  /// Creates a symbolic link that is not there yet. Its folder must exist.
  void create_link(const PathNames& path, const std::string& target) const;
  /// The target of the symbolic link `path`.
  [[nodiscard]] std::string read_link(const PathNames& path) const;
  /// Gives the file `existing` the second name `path`.
  void link(const PathNames& existing, const PathNames& path) const;
  /// Removes `path` with its contents, leaving out whatever `kept` names and the folders on the way
  /// to it. Absent is fine.
  void remove(const PathNames& path, const std::set<PathNames>& kept) const;
  /// The names in the folder `path`; none if it is no folder.
  [[nodiscard]] std::vector<std::string> list(const PathNames& path) const;

 private:
  /// The folder `path`; closed if there is none.
  [[nodiscard]] Descriptor open_directory(const PathNames& path) const;
  [[nodiscard]] Descriptor open_parent(const PathNames& path) const;
  [[noreturn]] void fail(const PathNames& path, std::string_view action) const;

  std::filesystem::path name_;
  Descriptor root_;
};

}  // namespace iib::io
