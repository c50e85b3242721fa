#pragma once

#include "daemon.hpp"
#include "iib/base/files.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <string>

namespace iib::test {

/// A request that ends at once, before any registry is asked.
inline constexpr auto kQuickRequest =
    R"({"bundles": ["registry.invalid/ns/bundle:1"], "binary_image": "registry.invalid/ns/base:1",)"
    R"( "from_index": "registry.invalid/ns/index:1", "build_tags": ["7"]})";

/// A place for a daemon that sends messages.
struct PostOffice {
  TempDir directory{std::filesystem::temp_directory_path(), "messages-"};

  [[nodiscard]] std::filesystem::path state() const { return directory.path() / "state"; }
  [[nodiscard]] std::filesystem::path database() const { return state() / "iibd.db"; }
  /// `more`: further lines. What a broker does not settle in time is sent to it again, so that
  /// the time is longer than a broker takes on a busy machine: tests count messages.
  [[nodiscard]] static std::string configuration(const std::string& url,
                                                 const std::string& build_destination,
                                                 const std::string& batch_destination,
                                                 const std::string& more = {}) {
    return fmt::format(
        "iib_registry: registry.invalid\nlogin_disabled: true\n"
        "iib_messaging_urls: ['{}']\niib_messaging_build_state_destination: {}\n"
        "iib_messaging_batch_state_destination: {}\niib_messaging_timeout: 60\n{}",
        url, build_destination, batch_destination, more);
  }
};

}  // namespace iib::test
