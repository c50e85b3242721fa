#pragma once

#include "iib/model/document.hpp"
#include "iib/web/server.hpp"
#include "web/authentication.hpp"
#include "web/followers.hpp"
#include "web/http.hpp"
#include "web/target.hpp"

#include <optional>
#include <stdexcept>
#include <string>

namespace iib::web {

/// Nothing there, or nothing that is shown: HTTP 404, whose text tells no more.
class NotFound : public std::exception {};

/// An answer other than success that a handler has worded itself.
class Refusal : public std::runtime_error {
 public:
  Refusal(int status, const std::string& text) : std::runtime_error{text}, status_{status} {}
  [[nodiscard]] int status() const noexcept { return status_; }

 private:
  int status_;
};

/// A request on its way through the API: what routing and authentication found out.
struct Call {
  const HttpRequest& request;
  Target target;
  /// The id in the path, if the route has one.
  RequestId id;
  /// Of a POST or PATCH.
  const User& user;
  /// Scheme and host for URLs in the answer.
  std::string base_url;
};

/// What the handlers work with. Users of it outlive it.
struct Services {
  const Options& options;
  store::Store& store;
  const io::Artifacts& artifacts;
  const Clock& clock;
  const Hooks& hooks;
  const Log& log;
  Followers& followers;
};

/// How documents are written in answers to `call`.
[[nodiscard]] model::DocumentOptions document_options(const Services& services,
                                                      const std::string& base_url);

/// Takes a place among those who follow, for the client of `call`; null when there is none.
[[nodiscard]] Followers::Place enter(const Services& services, const Call& call);

/// Routing, the order of checks (rest-api 1.4) and the form of errors, around the handlers. Safe to
/// call from any thread.
class Api {
 public:
  /// `authentication` outlives it.
  Api(Services services, const Authentication& authentication);

  /// The refusal that routing alone decides (404, 405, 414).
  [[nodiscard]] std::optional<HttpResponse> refuse_early(const HttpRequest& head) const;

  /// Who sent a request that is not refused early. A 401 comes before the body is received.
  [[nodiscard]] Identification identify(const HttpRequest& head) const;
  /// Runs `finish`; its exceptions become answers.
  [[nodiscard]] Identified identified(const FinishIdentified& finish) const;

  /// Answers a whole request. `request` must live until the answer is there.
  [[nodiscard]] Answer answer(const HttpRequest& request) const;

  /// Runs `finish`; its exceptions become answers.
  [[nodiscard]] HttpResponse guarded(const Finish& finish) const;

 private:
  Services services_;
  const Authentication& authentication_;
};

}  // namespace iib::web
