#pragma once

#include "iib/model/digest.hpp"

#include <cstdint>
#include <string>

namespace iib::image {

/// What a manifest tells of a config or a layer (OCI image-spec, "Content Descriptors").
struct Blob {
  std::string media_type;
  model::Digest digest;
  std::uint64_t size = 0;
};

}  // namespace iib::image
