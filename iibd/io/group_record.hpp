#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>

namespace iib::io {

/// Name of the environment variable that carries a runner's mark into everything it starts, so that
/// a process whose group leader is gone can still be told from a stranger with a reused number.
inline constexpr auto kMarkVariable = "IIBD_RUNNER_MARK";

/// The record of a living process group: file name = group id, content = start time of its leader
/// and the mark. Removed on destruction.
class GroupRecord {
 public:
  /// Writes the record. Throws ExternalError, which users may read, and so names no path.
  GroupRecord(const std::filesystem::path& directory, pid_t group, const std::string& mark);
  GroupRecord(const GroupRecord&) = delete;
  GroupRecord& operator=(const GroupRecord&) = delete;
  ~GroupRecord();

 private:
  std::filesystem::path path_;
};

/// Kills the groups recorded in `directory` by a dead daemon that are still those recorded, waits
/// until they are gone, and removes the records.
void end_recorded_groups(const std::filesystem::path& directory);

}  // namespace iib::io
