#pragma once

#include "iib/base/clock.hpp"
#include "iib/base/log.hpp"

#include <filesystem>

namespace iib::store {

/// Writes a consistent copy of the database to `target`, also while a daemon works on it. Throws
/// UserError when `target` exists or there is no database; nothing is left behind on a failure.
void backup(const std::filesystem::path& database, const std::filesystem::path& target);

/// The versions of the schema before and after an upgrade; equal when there was nothing to do.
struct UpgradeResult {
  int from = 0;  ///< The version found.
  int to = 0;    ///< The version now.
};

/// Brings an existing database to this binary's version, after a backup copy beside it. No daemon
/// may be using it. Throws UserError when there is no database, it is newer, or not ours.
UpgradeResult upgrade(const std::filesystem::path& database, const Clock& clock, const Log& log);

}  // namespace iib::store
