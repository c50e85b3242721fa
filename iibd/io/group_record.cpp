#include "io/group_record.hpp"

#include "iib/base/error.hpp"

#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <fstream>
#include <mutex>
#include <optional>
#include <sstream>
#include <system_error>
#include <thread>
#include <vector>

namespace iib::io {
namespace {

namespace fs = std::filesystem;

struct Process {
  char state = 'Z';
  pid_t group = 0;
  /// Clock ticks since boot.
  std::string start_time;
};

/// What a file of /proc holds; nothing more once its process has ended, which is an error of
/// reading that an iterator of the stream would throw.
std::string contents(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

/// Reads /proc/<pid>/stat (proc(5)). The name in parentheses may hold anything, so the fields are
/// counted from the last parenthesis.
std::optional<Process> read_process(const std::string& pid) {
  const auto text = contents("/proc/" + pid + "/stat");
  const auto name_end = text.rfind(')');
  if (name_end == std::string::npos) return std::nullopt;
  std::istringstream fields{text.substr(name_end + 1)};
  Process process;
  std::string ignored;
  constexpr int kFieldsBetweenGroupAndStart = 16;
  fields >> process.state >> ignored >> process.group;
  for (int i = 0; i < kFieldsBetweenGroupAndStart; ++i) fields >> ignored;
  fields >> process.start_time;
  if (!fields) return std::nullopt;
  return process;
}

bool carries_mark(const std::string& pid, const std::string& mark) {
  const auto environment = contents("/proc/" + pid + "/environ");
  return environment.find(fmt::format("{}={}", kMarkVariable, mark)) != std::string::npos;
}

struct Recorded {
  pid_t group = 0;
  std::string start_time;
  std::string mark;
};

std::optional<Recorded> read_record(const fs::path& path) {
  Recorded record;
  const std::string name = path.filename().string();
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), record.group);
  if (error != std::errc{} || end != name.data() + name.size() || record.group <= 1) {
    return std::nullopt;
  }
  std::ifstream file{path};
  if (!(file >> record.start_time >> record.mark)) return std::nullopt;
  return record;
}

/// Whether a member of the group lives that the recording daemon started.
bool is_alive(const Recorded& record) {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator{"/proc", ignored}) {
    const std::string pid = entry.path().filename().string();
    if (pid.find_first_not_of("0123456789") != std::string::npos) continue;
    const auto process = read_process(pid);
    if (!process || process->group != record.group || process->state == 'Z') continue;
    const bool leader = pid == std::to_string(record.group);
    if (leader && process->start_time == record.start_time) return true;
    if (carries_mark(pid, record.mark)) return true;
  }
  return false;
}

/// They are not our children, so there is nothing to wait on but /proc.
void end_group(const Recorded& record) {
  using namespace std::chrono_literals;
  const auto deadline = std::chrono::steady_clock::now() + 5s;
  while (is_alive(record) && std::chrono::steady_clock::now() < deadline) {
    ::kill(-record.group, SIGKILL);
    std::this_thread::sleep_for(5ms);
  }
}

}  // namespace

GroupRecord::GroupRecord(const fs::path& directory, pid_t group, const std::string& mark)
    : path_{directory / std::to_string(group)} {
  const auto process = read_process(std::to_string(group));
  // Not synced: a record matters only while the machine stays up.
  std::ofstream file{path_, std::ios::trunc};
  file << (process ? process->start_time : "0") << ' ' << mark << '\n';
  file.close();
  if (!file) {
    std::error_code ignored;  // on a full disk an empty file may have been made
    fs::remove(path_, ignored);
    throw ExternalError{
        "the record of a started program cannot be written: check the free space and the "
        "permissions of the directory of this service's state (iib_state_dir)",
        ExternalError::Retry::no};
  }
}

GroupRecord::~GroupRecord() {
  std::error_code ignored;  // a stale record names a start time that no process has
  fs::remove(path_, ignored);
}

void end_recorded_groups(const fs::path& directory) {
  std::vector<fs::path> records;
  for (const auto& entry : fs::directory_iterator{directory}) records.push_back(entry.path());
  for (const auto& path : records) {
    if (const auto record = read_record(path)) end_group(*record);
    std::error_code ignored;
    fs::remove(path, ignored);
  }
}

}  // namespace iib::io
