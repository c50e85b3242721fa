#pragma once

#include <filesystem>
#include <string>

namespace iib::app {

/// The daemon's own directory, locked for this process while the object lives.
class StateDirectory {
 public:
  /// Makes `path` (mode 0750) and its folders, and locks it. Throws UserError naming the holder's
  /// pid when another iibd uses it, ExternalError naming the folder that cannot be made.
  explicit StateDirectory(const std::filesystem::path& path);
  StateDirectory(const StateDirectory&) = delete;
  StateDirectory& operator=(const StateDirectory&) = delete;
  ~StateDirectory();

  /// Removes what requests of an earlier life left in work(). Only once no process of it is alive.
  void sweep() const;

  /// Absolute.
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  /// A directory per running request.
  [[nodiscard]] std::filesystem::path work() const { return path_ / "work"; }
  /// Records of process groups that are alive.
  [[nodiscard]] std::filesystem::path programs() const { return path_ / "programs"; }
  /// Container storage of the tools engine.
  [[nodiscard]] std::filesystem::path containers() const { return path_ / "containers"; }
  /// Layers that the embedded image engine keeps.
  [[nodiscard]] std::filesystem::path layers() const { return path_ / "layers"; }
  /// Folders of artifacts that the configuration does not place elsewhere.
  [[nodiscard]] std::filesystem::path artifacts() const { return path_ / "artifacts"; }
  /// Who claims jobs: the same over all lives of this directory, another on another host.
  [[nodiscard]] std::string owner() const;

 private:
  void lock();
  std::filesystem::path path_;
  int lock_file_ = -1;
};

}  // namespace iib::app
