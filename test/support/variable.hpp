#pragma once

#include <cstdlib>
#include <optional>
#include <string>

namespace iib::test {

/// A variable of the environment for a test's time. Nothing else may read or change the environment
/// at the moments when it begins and ends.
class Variable {
 public:
  /// Without a value it is unset.
  Variable(const char* name, const std::optional<std::string>& value) : name_{name} {
    if (const char* before = std::getenv(name)) before_ = before;
    set(value);
  }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;
  ~Variable() { set(before_); }

 private:
  void set(const std::optional<std::string>& value) const {
    if (value) {
      ::setenv(name_, value->c_str(), 1);
    } else {
      ::unsetenv(name_);
    }
  }

  const char* name_;
  std::optional<std::string> before_;
};

/// The proxies of the environment for a test's time: these alone, in upper case as most write them.
class Proxies {
 public:
  Proxies(const std::optional<std::string>& http, const std::optional<std::string>& https)
      : http_{"HTTP_PROXY", http}, https_{"HTTPS_PROXY", https} {}

 private:
  Variable lower_http_{"http_proxy", std::nullopt};
  Variable lower_https_{"https_proxy", std::nullopt};
  Variable lower_all_{"all_proxy", std::nullopt};
  Variable lower_no_{"no_proxy", std::nullopt};
  Variable all_{"ALL_PROXY", std::nullopt};
  Variable no_{"NO_PROXY", std::nullopt};
  Variable http_;
  Variable https_;
};

}  // namespace iib::test
