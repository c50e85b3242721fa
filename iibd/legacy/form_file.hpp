#pragma once

#include "iib/io/http_client.hpp"

#include <filesystem>
#include <string_view>

namespace iib::legacy {

/// A POST of a form with one file in the field `field` (RFC 7578), which is read while it is sent,
/// for as long as the request is used. Throws ExternalError when the file cannot be read.
[[nodiscard]] io::HttpRequest form_with_file(std::string_view field,
                                             const std::filesystem::path& file);

}  // namespace iib::legacy
