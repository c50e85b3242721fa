#pragma once

namespace iib::image {

/// How often a call is worth making.
enum class Tries { one, as_configured };

}  // namespace iib::image
