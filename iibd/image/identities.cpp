#include "image/identities.hpp"

#include "image/registry/credentials.hpp"

#include <cstddef>

namespace iib::image {
namespace {

/// Of some 300 bytes each. Every request has files of its own, gone with it.
constexpr std::size_t kMost = 1024;

}  // namespace

std::string Identities::of(const std::filesystem::path& auth_file,
                           const model::ImageReference& image) {
  // Before the file is read: what is written meanwhile makes it another version.
  const auto version = version_of(auth_file);
  const Key key{auth_file, image.name()};
  auto known = known_.with([&](const auto& all) -> std::optional<std::string> {
    const auto found = all.find(key);
    if (!version || found == all.end() || found->second.version != *version) return std::nullopt;
    return found->second.identity;
  });
  if (known) return *std::move(known);
  const auto login = find_login(auth_file, image);
  auto identity = identity_of(login ? &*login : nullptr);
  if (!version) return identity;
  known_.with([&](auto& all) {
    if (all.size() >= kMost) all.clear();
    all.insert_or_assign(key, Entry{*version, identity});
  });
  return identity;
}

std::optional<Identities::Version> Identities::version_of(const std::filesystem::path& file) {
  constexpr std::int64_t kNanosecondsInSecond = 1'000'000'000;
  struct stat status {};
  if (file.empty() || ::stat(file.c_str(), &status) != 0) return std::nullopt;
  return Version{.device = status.st_dev,
                 .inode = status.st_ino,
                 .bytes = status.st_size,
                 .modified = status.st_mtim.tv_sec * kNanosecondsInSecond + status.st_mtim.tv_nsec};
}

}  // namespace iib::image
