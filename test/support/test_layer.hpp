#pragma once

#include "registry.hpp"

#include <map>
#include <string>
#include <vector>

namespace iib::test {

/// A layer in both forms: the image config names the plain one, the manifest the compressed one.
struct Layer {
  std::string tar;
  std::string compressed;
};

/// Makes a layer with exactly these entries, evil ones included.
[[nodiscard]] Layer make_layer(const std::vector<TarEntry>& entries);

/// The regular files of a gzipped layer, by path.
[[nodiscard]] std::map<std::string, std::string> read_layer(const std::string& compressed);

}  // namespace iib::test
