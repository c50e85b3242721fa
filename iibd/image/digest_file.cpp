#include "image/digest_file.hpp"

#include "iib/base/error.hpp"
#include "iib/base/files.hpp"
#include "iib/base/log.hpp"

#include <fmt/format.h>

#include <string>

namespace iib::image {
namespace {

constexpr std::size_t kDigestFileBytes = 1000;

}  // namespace

std::optional<model::Digest> read_digest_file(const std::filesystem::path& file, const Step& step) {
  std::error_code ignored;  // then there is none
  if (!std::filesystem::exists(file, ignored)) return std::nullopt;
  const auto text = read_file(file, kDigestFileBytes);
  if (text.empty()) return std::nullopt;
  try {
    return model::Digest::parse(text);
  } catch (const UserError&) {
    throw ExternalError{
        fmt::format("{} cannot be {}: buildah ended well but told '{}' as its digest; check the "
                    "buildah on the PATH of iibd",
                    step.subject, step.action, one_line(text)),
        ExternalError::Retry::no};
  }
}

void throw_without_digest(const Step& step) {
  throw ExternalError{
      fmt::format("{} cannot be {}: buildah ended well but told no digest; check the buildah on "
                  "the PATH of iibd",
                  step.subject, step.action),
      ExternalError::Retry::no};
}

}  // namespace iib::image
