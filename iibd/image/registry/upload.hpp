#pragma once

#include "iib/io/http_client.hpp"
#include "image/blob.hpp"
#include "image/registry/calls.hpp"
#include "image/registry/client.hpp"

#include <filesystem>

namespace iib::image {

/// Whether the errand's repository has the blob.
[[nodiscard]] bool find_blob(RegistryCalls& calls, const Errand& errand,
                             const model::Digest& digest);

/// A mount of the blob from Wanted::mount_from; false when it must be uploaded instead.
[[nodiscard]] bool mount_blob(RegistryCalls& calls, const Errand& errand,
                              const model::Digest& digest);

/// Uploads what `content` gives, unless the repository has it, for which it looks first if that is
/// to be expected. Gives whether it had to.
bool upload_blob(RegistryCalls& calls, const Errand& errand, const Blob& blob,
                 const io::BodySource& content, Expected expected);

/// The bytes of a file from any offset. Throws ExternalError naming it when it cannot be read or is
/// not `size` bytes long.
[[nodiscard]] io::BodySource read_from(const std::filesystem::path& file, std::uint64_t size);

}  // namespace iib::image
