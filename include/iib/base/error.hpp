#pragma once

#include <stdexcept>
#include <string>

namespace iib {

/// Root of every failure we report. what() is a full sentence for its reader: subject, problem,
/// remedy. It never holds a secret.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The caller's mistake: HTTP 400, or state `failed` when found during the build. Never retried.
class UserError : public Error {
 public:
  using Error::Error;
};

/// Something outside (registry, broker, tool, disk) failed. `worth_retrying` is decided where the
/// cause is known.
class ExternalError : public Error {
 public:
  /// Whether the same attempt may succeed later.
  enum class Retry { no, yes };
  ExternalError(const std::string& what, Retry retry) : Error{what}, retry_{retry} {}
  /// Whether the same call may succeed a little later.
  [[nodiscard]] bool worth_retrying() const noexcept { return retry_ == Retry::yes; }

 private:
  Retry retry_;
};

/// A wait was ended by its stop token: not a failure of the work, so it is neither retried nor
/// turned into a reason. Whoever asked for the stop knows why.
class Cancelled : public Error {
 public:
  using Error::Error;
};

}  // namespace iib
