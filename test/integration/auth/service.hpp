#pragma once

#include "commands.hpp"
#include "daemon.hpp"
#include "iib/base/files.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace iib::test {

/// An answer that curl got, its headers in the text.
struct Fetched {
  /// Of the last answer; 0 when there was none.
  int status = 0;
  std::string text;
};

/// The real daemon with a folder for its files; its requests wait for ever.
class Service {
 public:
  explicit Service(const std::string& configuration, Variables variables = {});
  /// The folder that `configuration` may name as FOLDER.
  [[nodiscard]] std::filesystem::path folder() const { return directory_.path(); }
  /// `http://localhost:PORT`, or another scheme.
  [[nodiscard]] std::string url(const std::string& scheme = "http") const;
  /// `iibd user ...` with its configuration.
  [[nodiscard]] Ended user(const std::vector<std::string>& arguments,
                           const std::string& input = "") const;
  /// SIGHUP, and waits until the log tells `expected` once more.
  void reload(const std::string& expected) const;

 private:
  TempDir directory_{std::filesystem::temp_directory_path(), "iibd-auth-"};

 public:
  Daemon daemon;
};

/// Submits a good add to the service at `url` by curl with these options.
Fetched submit(const std::string& url, const std::vector<std::string>& options = {},
               const Variables& variables = {});

/// A key and a certificate for localhost, signed by itself: `NAME.key` and `NAME.pem`.
void make_certificate(const std::filesystem::path& folder, const std::string& name);

}  // namespace iib::test
