#include "iib/base/link_or_copy.hpp"

#include "iib/base/error.hpp"

#include <fmt/format.h>

#include <system_error>

namespace iib {

void link_or_copy(const std::filesystem::path& from, const std::filesystem::path& to) {
  std::error_code error;
  std::filesystem::create_hard_link(from, to, error);
  if (!error) return;
  // Another file system, too many links, or a file of somebody else: what a link was for can be
  // had by copying, at a price.
  std::filesystem::copy_file(from, to, error);
  if (!error) return;
  throw ExternalError{fmt::format("{} cannot be written: {}", to.string(), error.message()),
                      ExternalError::Retry::no};
}

}  // namespace iib
