#include "iib/store/maintenance.hpp"

#include "iib/base/error.hpp"
#include "store/schema.hpp"

#include <fmt/format.h>

#include <system_error>

namespace iib::store {
namespace {

void require_file(const std::filesystem::path& database) {
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(database, ignored)) {
    throw UserError{
        fmt::format("there is no database {}; look at iib_database", database.string())};
  }
}

}  // namespace

void backup(const std::filesystem::path& database, const std::filesystem::path& target) {
  require_file(database);
  copy_database(database, target);
}

UpgradeResult upgrade(const std::filesystem::path& database, const Clock& clock, const Log& log) {
  require_file(database);
  const auto done = prepare_database(database, {}, clock, log);
  return {.from = done.from, .to = done.to};
}

}  // namespace iib::store
