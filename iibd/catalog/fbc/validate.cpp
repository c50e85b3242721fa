#include "catalog/fbc/read_catalog.hpp"
#include "iib/catalog/fbc.hpp"

namespace iib::catalog::fbc {

CheckedCatalog check_catalog(const std::filesystem::path& root, const ValidateOptions& options) {
  return check_catalog(read_catalog(root, {.cancellation = options.cancellation,
                                           .threads = options.threads,
                                           .identities = Identities::leave_out}));
}

Validation validate(const std::filesystem::path& root, const ValidateOptions& options) {
  return check_catalog(root, options).validation;
}

}  // namespace iib::catalog::fbc
