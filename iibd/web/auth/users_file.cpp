#include "iib/web/users_file.hpp"

#include "iib/base/error.hpp"
#include "iib/base/files.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <optional>
#include <system_error>
#include <thread>

namespace iib::web {
namespace {

constexpr std::size_t kNameBytes = 255;
constexpr std::size_t kFileBytes = 8UL << 20U;
constexpr std::size_t kLineBytes = 1024;
constexpr unsigned kFileMode = 0600;
/// An administrator's script may change many users one after another.
constexpr std::chrono::seconds kLockTime{10};
constexpr std::chrono::milliseconds kLockPause{20};
constexpr std::size_t kSha256Digits = 64;
constexpr std::string_view kHexDigits = "0123456789abcdef";

constexpr std::string_view kHeading =
    "# Users of iibd, written by `iibd user add`. One line each:\n"
    "# NAME:password:DAY:scrypt:LOG2_N:R:P:SALT:HASH  or  NAME:token:DAY:SHA256\n";

std::string to_hex(std::string_view bytes) {
  std::string text;
  for (const char byte : bytes) {
    text += kHexDigits[static_cast<unsigned char>(byte) >> 4U];
    text += kHexDigits[static_cast<unsigned char>(byte) & 15U];
  }
  return text;
}

std::optional<std::string> from_hex(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  std::string bytes;
  for (std::size_t at = 0; at < text.size(); at += 2) {
    const auto high = kHexDigits.find(text[at]);
    const auto low = kHexDigits.find(text[at + 1]);
    if (high == std::string_view::npos || low == std::string_view::npos) return std::nullopt;
    bytes += static_cast<char>(high * 16 + low);
  }
  return bytes;
}

/// Reads one line field by field; every complaint names the file and the line.
class Line {
 public:
  Line(std::string_view rest, const std::filesystem::path& path, std::size_t number)
      : rest_{rest}, path_{path}, number_{number} {}

  [[noreturn]] void fail(std::string_view problem) const {
    throw UserError{
        fmt::format("{}:{}: {}; remove the line and add the user anew with `iibd user "
                    "add`",
                    path_.string(), number_, problem)};
  }

  std::string_view field(std::string_view what) {
    if (done_) fail(fmt::format("the {} is missing", what));
    const auto colon = rest_.find(':');
    const auto result = rest_.substr(0, colon);
    done_ = colon == std::string_view::npos;
    if (!done_) rest_.remove_prefix(colon + 1);
    return result;
  }

  unsigned number(std::string_view what, unsigned least, unsigned most) {
    const auto text = field(what);
    unsigned value = 0;
    const auto* const end = text.data() + text.size();
    const auto [stop, problem] = std::from_chars(text.data(), end, value);
    if (problem != std::errc{} || stop != end || value < least || value > most) {
      fail(fmt::format("the {} must be a number from {} to {}", what, least, most));
    }
    return value;
  }

  std::string bytes(std::string_view what, std::size_t least, std::size_t most) {
    auto value = from_hex(field(what));
    if (!value || value->size() < least || value->size() > most) {
      fail(
          fmt::format("the {} must be {} to {} bytes in lower-case hex digits", what, least, most));
    }
    return *std::move(value);
  }

  void end() const {
    if (!done_) fail("there is more than the fields of an entry");
  }

 private:
  std::string_view rest_;
  const std::filesystem::path& path_;
  std::size_t number_;
  bool done_ = false;
};

PasswordHash read_password(Line& line) {
  if (line.field("name of the hash") != "scrypt") line.fail("the hash must be scrypt");
  PasswordHash result;
  // Bounds on what a comparison may cost: at most 256 MiB and some seconds.
  result.log_cost = line.number("cost", 10, 18);
  result.block_size = line.number("block size", 1, 8);
  result.lanes = line.number("number of lanes", 1, 16);
  result.salt = line.bytes("salt", 8, 64);
  result.hash = line.bytes("hash", 32, 32);
  return result;
}

TokenHash read_token(Line& line) {
  const auto digest = line.field("digest");
  if (digest.size() != kSha256Digits ||
      digest.find_first_not_of(kHexDigits) != std::string_view::npos) {
    line.fail("the digest must be 64 lower-case hex digits");
  }
  return {.sha256 = std::string{digest}};
}

UserEntry read_entry(Line line) {
  UserEntry entry;
  entry.name = line.field("name");
  try {
    check_user_name(entry.name);
  } catch (const UserError& error) {
    line.fail(error.what());
  }
  const auto kind = line.field("kind");
  entry.added = line.field("day");
  if (kind == "password") {
    entry.credential = read_password(line);
  } else if (kind == "token") {
    entry.credential = read_token(line);
  } else {
    line.fail("the kind must be `password` or `token`");
  }
  line.end();
  return entry;
}

ExternalError cannot(std::string_view what, const std::filesystem::path& path) {
  return ExternalError{fmt::format("{} cannot be {}: {}", path.string(), what,
                                   std::generic_category().message(errno)),
                       ExternalError::Retry::no};
}

/// Holds the folder of a users file against other writers. The file itself will not do: it is
/// replaced.
class FolderLock {
 public:
  explicit FolderLock(const std::filesystem::path& folder)
      : folder_{::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)} {
    if (folder_ < 0) throw cannot("opened", folder);
    const auto deadline = std::chrono::steady_clock::now() + kLockTime;
    while (::flock(folder_, LOCK_EX | LOCK_NB) != 0) {
      if (std::chrono::steady_clock::now() >= deadline) {
        ::close(folder_);
        throw ExternalError{
            fmt::format("another program holds the lock of folder {}; try again", folder.string()),
            ExternalError::Retry::yes};
      }
      std::this_thread::sleep_for(kLockPause);  // flock() knows no deadline
    }
  }
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;
  ~FolderLock() { ::close(folder_); }

 private:
  int folder_;
};

std::filesystem::path folder_of(const std::filesystem::path& path) {
  return path.has_parent_path() ? path.parent_path() : std::filesystem::path{"."};
}

/// An administrator may be root, but the daemon is not.
void give_to_owner_of(const std::filesystem::path& path, const struct stat& model) {
  if (::geteuid() != 0) return;
  if (::chown(path.c_str(), model.st_uid, model.st_gid) != 0) {
    throw cannot("given to its owner", path);
  }
}

}  // namespace

void check_user_name(std::string_view name) {
  const bool plain = std::all_of(name.begin(), name.end(), [](char letter) {
    return letter > ' ' && letter < '\x7f' && letter != ':';
  });
  if (plain && !name.empty() && name.size() <= kNameBytes && name.front() != '#') return;
  throw UserError{fmt::format(
      "a user's name must have 1 to {} printable ASCII characters, no blank and no colon, and must "
      "not begin with #",
      kNameBytes)};
}

std::vector<UserEntry> parse_users(std::string_view content, const std::filesystem::path& path) {
  std::vector<UserEntry> entries;
  for (std::size_t number = 1; !content.empty(); ++number) {
    const auto end = std::min(content.find('\n'), content.size());
    const auto text = content.substr(0, end);
    content.remove_prefix(std::min(end + 1, content.size()));
    if (text.empty() || text.front() == '#') continue;
    const Line line{text, path, number};
    if (text.size() > kLineBytes) line.fail("the line is too long");
    auto entry = read_entry(line);
    const bool second_password =
        std::holds_alternative<PasswordHash>(entry.credential) &&
        std::any_of(entries.begin(), entries.end(), [&](const UserEntry& other) {
          return other.name == entry.name && std::holds_alternative<PasswordHash>(other.credential);
        });
    if (second_password) line.fail(fmt::format("{} has a password already", entry.name));
    entries.push_back(std::move(entry));
    if (entries.size() > kMostUserEntries) {
      throw UserError{fmt::format("{} has more than {} entries; remove users who are gone",
                                  path.string(), kMostUserEntries)};
    }
  }
  return entries;
}

std::string to_text(const std::vector<UserEntry>& entries) {
  std::string text{kHeading};
  for (const auto& entry : entries) {
    if (const auto* password = std::get_if<PasswordHash>(&entry.credential)) {
      text += fmt::format("{}:password:{}:scrypt:{}:{}:{}:{}:{}\n", entry.name, entry.added,
                          password->log_cost, password->block_size, password->lanes,
                          to_hex(password->salt), to_hex(password->hash));
    } else {
      text += fmt::format("{}:token:{}:{}\n", entry.name, entry.added,
                          std::get<TokenHash>(entry.credential).sha256);
    }
  }
  return text;
}

std::vector<UserEntry> read_users(const std::filesystem::path& path) {
  struct stat found {};
  if (::stat(path.c_str(), &found) != 0 && errno == ENOENT) {
    throw UserError{
        fmt::format("iib_users_file {} does not exist; make it with `iibd user add NAME`, or unset "
                    "the option",
                    path.string())};
  }
  constexpr unsigned kOthers = S_IRWXO | S_IWGRP;
  if ((found.st_mode & kOthers) != 0) {
    throw UserError{fmt::format("iib_users_file {} is open to others; run `chmod 600 {}`",
                                path.string(), path.string())};
  }
  return parse_users(read_file(path, kFileBytes), path);
}

void change_users(const std::filesystem::path& path,
                  const std::function<void(std::vector<UserEntry>&)>& change) {
  const auto folder = folder_of(path);
  const FolderLock lock{folder};
  struct stat model {};
  std::vector<UserEntry> entries;
  if (::stat(path.c_str(), &model) == 0) {
    entries = parse_users(read_file(path, kFileBytes), path);
  } else if (errno != ENOENT || ::stat(folder.c_str(), &model) != 0) {
    throw cannot("read", path);
  }
  change(entries);
  const auto text = to_text(entries);
  static_cast<void>(parse_users(text, path));  // what the daemon would refuse is not written
  write_file_atomically(path, text, kFileMode);
  give_to_owner_of(path, model);
}

}  // namespace iib::web
