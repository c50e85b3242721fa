#include "web/auth/kerberos.hpp"

#include "iib/base/base64.hpp"
#include "iib/base/error.hpp"
#include "iib/base/log.hpp"

#include <fmt/format.h>
#include <gssapi/gssapi.h>
#include <gssapi/gssapi_ext.h>
#include <gssapi/gssapi_krb5.h>

#include <array>
#include <utility>

namespace iib::web {
namespace {

/// A ticket costs some file accesses (keytab, replay cache), not for the threads that serve.
constexpr unsigned kThreads = 2;
constexpr std::size_t kMostWaiting = 500;
/// Browsers and curl ask for tickets of this service.
constexpr std::string_view kService = "HTTP/";

/// A GSSAPI object that is released by `Release`.
template <class Handle, OM_uint32 (*Release)(OM_uint32*, Handle*)>
class Owned {
 public:
  Owned() = default;
  Owned(const Owned&) = delete;
  Owned& operator=(const Owned&) = delete;
  ~Owned() {
    OM_uint32 ignored = 0;
    Release(&ignored, &handle_);
  }
  [[nodiscard]] Handle get() const { return handle_; }
  [[nodiscard]] Handle* out() { return &handle_; }

 private:
  Handle handle_{};
};

OM_uint32 delete_context(OM_uint32* minor, gss_ctx_id_t* context) {
  return gss_delete_sec_context(minor, context, GSS_C_NO_BUFFER);
}

using Buffer = Owned<gss_buffer_desc, gss_release_buffer>;
using Credential = Owned<gss_cred_id_t, gss_release_cred>;
using Context = Owned<gss_ctx_id_t, delete_context>;
using Name = Owned<gss_name_t, gss_release_name>;

std::string_view text_of(const gss_buffer_desc& buffer) {
  return {static_cast<const char*>(buffer.value), buffer.length};
}

/// What GSSAPI says about a failure, the mechanism's own words last.
std::string explain(OM_uint32 major, OM_uint32 minor) {
  std::string text;
  const auto add = [&](OM_uint32 code, int type) {
    OM_uint32 more = 0;
    do {
      OM_uint32 ignored = 0;
      Buffer words;
      if (GSS_ERROR(gss_display_status(&ignored, code, type, GSS_C_NO_OID, &more, words.out())))
        return;
      text += fmt::format("{}{}", text.empty() ? "" : ": ", text_of(words.get()));
    } while (more != 0);
  };
  add(major, GSS_C_GSS_CODE);
  if (minor != 0) add(minor, GSS_C_MECH_CODE);
  return one_line(text);
}

/// Our side's credential: Kerberos with the keys of `keytab`. SPNEGO, which wraps the tickets of
/// HTTP clients, comes with it.
OM_uint32 acquire(OM_uint32& minor, const std::string& keytab, const std::string& replay_cache,
                  Credential& credential) {
  std::array<gss_OID_desc, 2> mechanisms{
      *gss_mech_krb5, gss_OID_desc{6, const_cast<char*>("\x2b\x06\x01\x05\x05\x02")}};
  gss_OID_set_desc wanted{mechanisms.size(), mechanisms.data()};
  std::array<gss_key_value_element_desc, 2> places{
      gss_key_value_element_desc{"keytab", keytab.c_str()},
      gss_key_value_element_desc{"rcache", replay_cache.c_str()}};
  const gss_key_value_set_desc store{places.size(), places.data()};
  return gss_acquire_cred_from(&minor, GSS_C_NO_NAME, GSS_C_INDEFINITE, &wanted, GSS_C_ACCEPT,
                               &store, credential.out(), nullptr, nullptr);
}

std::string display(gss_name_t name) {
  OM_uint32 minor = 0;
  Buffer text;
  if (GSS_ERROR(gss_display_name(&minor, name, text.out(), nullptr))) return {};
  return std::string{text_of(text.get())};
}

/// Which of our keys the client's ticket was for.
std::string service_of(gss_ctx_id_t context) {
  OM_uint32 minor = 0;
  Name target;
  if (GSS_ERROR(gss_inquire_context(&minor, context, nullptr, target.out(), nullptr, nullptr,
                                    nullptr, nullptr, nullptr))) {
    return {};
  }
  return display(target.get());
}

}  // namespace

Kerberos::Kerberos(std::filesystem::path keytab, const std::filesystem::path& replay_cache)
    : keytab_{fmt::format("FILE:{}", keytab.string())},
      replay_cache_{fmt::format("file2:{}", replay_cache.string())},
      workers_{kThreads, kMostWaiting} {
  OM_uint32 minor = 0;
  Credential credential;
  const auto major = acquire(minor, keytab_, replay_cache_, credential);
  if (GSS_ERROR(major)) {
    throw UserError{fmt::format(
        "iib_keytab {} cannot be used: {}; it must be a keytab that iibd can read, with "
        "a key of HTTP/HOST",
        keytab.string(), explain(major, minor))};
  }
}

Judgement Kerberos::judge(const HttpRequest& head) {
  const auto credentials = credentials_of(head, "Negotiate");
  if (!credentials) return NotMine{};
  auto ticket = from_base64(credentials->value);
  if (!ticket) return Rejected{"what follows Negotiate is not base64"};
  return judge_later(workers_, [this, ticket = *std::move(ticket)] { return accept(ticket); });
}

Verdict Kerberos::accept(std::string ticket) const {
  OM_uint32 minor = 0;
  Credential credential;
  auto major = acquire(minor, keytab_, replay_cache_, credential);
  if (GSS_ERROR(major)) {
    throw ExternalError{fmt::format("keytab {} cannot be used: {}", keytab_, explain(major, minor)),
                        ExternalError::Retry::no};
  }
  gss_buffer_desc given{ticket.size(), ticket.data()};
  Context context;
  Name client;
  Buffer answer;
  OM_uint32 flags = 0;
  major = gss_accept_sec_context(&minor, context.out(), credential.get(), &given,
                                 GSS_C_NO_CHANNEL_BINDINGS, client.out(), nullptr, answer.out(),
                                 &flags, nullptr, nullptr);
  if (GSS_ERROR(major)) {
    return Rejected{fmt::format("the Kerberos ticket is refused: {}", explain(major, minor))};
  }
  // Kerberos needs one step. More would tie the user to the connection, which proxies share.
  if ((major & GSS_S_CONTINUE_NEEDED) != 0) {
    return Rejected{"only Kerberos in one step is known, and the client began something else"};
  }
  if (!service_of(context.get()).starts_with(kService)) {
    return Rejected{"the ticket is for another service than HTTP"};
  }
  auto user = display(client.get());
  if (user.empty() || (flags & GSS_C_ANON_FLAG) != 0) return Rejected{"the ticket names nobody"};
  auto proof = answer.get().length == 0
                   ? std::string{}
                   : fmt::format("Negotiate {}", to_base64(text_of(answer.get())));
  return Identity{.user = std::move(user), .proof = std::move(proof)};
}

std::string Kerberos::challenge() const {
  return "Negotiate";
}

void Kerberos::stop() {
  workers_.stop();
}

std::unique_ptr<Method> make_kerberos(const std::filesystem::path& keytab,
                                      const std::filesystem::path& replay_cache) {
  return std::make_unique<Kerberos>(keytab, replay_cache);
}

}  // namespace iib::web
