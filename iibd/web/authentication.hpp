#pragma once

#include "iib/base/log.hpp"
#include "iib/web/server.hpp"
#include "web/auth/method.hpp"

#include <functional>
#include <memory>
#include <string>
#include <variant>
#include <vector>

namespace iib::web {

class Users;

/// Who calls, or the answer to a caller that is refused.
using Identified = std::variant<Identity, HttpResponse>;
/// Words what was found; may throw. Runs on the connection's thread.
using FinishIdentified = std::function<Identified()>;
/// Begins to find out; takes who is told, once, from any thread.
using BeginIdentified = std::function<void(std::function<void(FinishIdentified)>)>;
/// What was found, or the beginning of it.
using Identification = std::variant<Identity, HttpResponse, BeginIdentified>;

/// Finds out who calls (rest-api 1.3): asks the methods that are on, one after another, until one
/// finds something that concerns it. Safe to use from any thread.
class Authentication {
 public:
  /// Throws UserError naming the option whose file is bad.
  Authentication(const Options& options, Log log);
  ~Authentication();

  /// Who a POST or PATCH comes from.
  [[nodiscard]] Identification identify(const HttpRequest& head) const;
  /// Reads the users file anew. A bad one is logged, and the old users stay.
  void reload() const;
  /// Answers whoever still waits; then nobody waits any more.
  void stop() const;

 private:
  [[nodiscard]] Identified decide(const Verdict& verdict, const Peer& peer) const;
  [[nodiscard]] HttpResponse refuse(const std::string& reason) const;

  Log log_;
  bool login_disabled_;
  std::shared_ptr<Users> users_;
  std::vector<std::unique_ptr<Method>> methods_;
};

}  // namespace iib::web
