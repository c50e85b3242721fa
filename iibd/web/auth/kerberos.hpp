#pragma once

#include "web/auth/method.hpp"
#include "web/auth/workers.hpp"

#include <filesystem>
#include <memory>

namespace iib::web {

/// `Authorization: Negotiate` with a Kerberos ticket for `HTTP/host`, without a front-end (RFC
/// 4559). The keytab is opened for each ticket, so that a new one needs no word.
class Kerberos final : public Method {
 public:
  /// Throws UserError naming `iib_keytab` when `keytab` holds no usable key. Tickets that were seen
  /// are noted in `replay_cache`.
  Kerberos(std::filesystem::path keytab, const std::filesystem::path& replay_cache);
  [[nodiscard]] Judgement judge(const HttpRequest& head) override;
  [[nodiscard]] std::string challenge() const override;
  void stop() override;

 private:
  [[nodiscard]] Verdict accept(std::string ticket) const;

  std::string keytab_;
  std::string replay_cache_;
  Workers workers_;  // last: ends first
};

/// The method of this build. Throws UserError when it was built without Kerberos.
[[nodiscard]] std::unique_ptr<Method> make_kerberos(const std::filesystem::path& keytab,
                                                    const std::filesystem::path& replay_cache);

}  // namespace iib::web
