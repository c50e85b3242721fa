#include "small_disk.hpp"

#include <sys/mount.h>

#include <fstream>

namespace iib::test {

namespace fs = std::filesystem;

SmallDisk::SmallDisk(const std::string& size)
    : folder_{fs::temp_directory_path(), "small-disk-"},
      mounted_{::mount("tmpfs", folder_.path().c_str(), "tmpfs", 0, ("size=" + size).c_str()) ==
               0} {}

SmallDisk::~SmallDisk() {
  if (mounted_) ::umount2(folder_.path().c_str(), MNT_DETACH);
}

void SmallDisk::fill() const {
  std::ofstream file{filler(), std::ios::binary};
  const std::string block(4096, 'x');
  while (file.write(block.data(), static_cast<std::streamsize>(block.size())).flush()) {
  }
}

void SmallDisk::forbid_writing() const {
  ::mount(nullptr, path().c_str(), nullptr, MS_REMOUNT | MS_RDONLY, nullptr);
}

}  // namespace iib::test
