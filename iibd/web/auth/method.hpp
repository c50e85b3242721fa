#pragma once

#include "web/auth/workers.hpp"
#include "web/http.hpp"

#include <exception>
#include <functional>
#include <optional>
#include <string>
#include <variant>

namespace iib::web {

/// The request holds nothing that concerns the method: the next one is asked.
struct NotMine {};

/// What the request holds is wrong, for this reason, which the client is told.
struct Rejected {
  std::string reason;
};

/// The method has more to do than it can.
struct Busy {};

/// The method itself does not work.
struct Broken {
  std::exception_ptr cause;
};

/// What a method makes of a request.
using Verdict = std::variant<NotMine, Identity, Rejected, Busy, Broken>;
/// Takes a verdict, once, from any thread.
using GiveVerdict = std::function<void(Verdict)>;
/// Begins the work of a verdict that takes time.
using BeginVerdict = std::function<void(GiveVerdict)>;
/// A verdict, or the beginning of one.
using Judgement = std::variant<Verdict, BeginVerdict>;

/// A judgement that `work` makes on one of `workers`, which outlive it.
[[nodiscard]] Judgement judge_later(Workers& workers, std::function<Verdict()> work);

/// A way to find out who calls. Safe to call from any thread.
class Method {
 public:
  Method() = default;
  Method(const Method&) = delete;
  Method& operator=(const Method&) = delete;
  virtual ~Method() = default;

  /// Who sent `head`, as far as this method can tell; what it needs later it copies.
  [[nodiscard]] virtual Judgement judge(const HttpRequest& head) = 0;
  /// For `WWW-Authenticate` when nobody was identified; empty: clients cannot use the method.
  [[nodiscard]] virtual std::string challenge() const { return {}; }
  /// Answers what is under way or waits, the latter with Busy; then takes no more.
  virtual void stop() {}
};

/// The one `Authorization` header: its scheme and what follows.
struct Credentials {
  std::string_view scheme;
  std::string_view value;
};

/// The credentials of `head` if they are of `scheme`; views into `head`.
[[nodiscard]] std::optional<Credentials> credentials_of(const HttpRequest& head,
                                                        std::string_view scheme);

}  // namespace iib::web
