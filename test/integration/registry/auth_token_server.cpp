#include "auth_token_server.hpp"

#include "iib/base/base64.hpp"
#include "iib/base/files.hpp"
#include "iib/base/guarded.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <httplib.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <algorithm>
#include <stdexcept>
#include <thread>
#include <utility>

namespace iib::test {
namespace {

constexpr auto kService = "registry of the test";
constexpr std::size_t kMostPem = 100'000;

/// The base64 inside a PEM file: the DER form, as x5c has it.
std::string inside_of(const std::filesystem::path& pem) {
  std::string text = read_file(pem, kMostPem);
  const auto begin = text.find('\n', text.find("-----BEGIN")) + 1;
  text = text.substr(begin, text.find("-----END") - begin);
  std::erase(text, '\n');
  return text;
}

/// RS256 (RFC 7518 3.3).
std::string sign(const std::filesystem::path& key_file, const std::string& text) {
  const std::string pem = read_file(key_file, kMostPem);
  const std::unique_ptr<BIO, decltype(&BIO_free)> input{
      BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), BIO_free};
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key{
      PEM_read_bio_PrivateKey(input.get(), nullptr, nullptr, nullptr), EVP_PKEY_free};
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context{EVP_MD_CTX_new(),
                                                                        EVP_MD_CTX_free};
  std::string signature(1024, '\0');
  std::size_t size = signature.size();
  const bool done =
      EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key.get()) == 1 &&
      EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                     reinterpret_cast<const unsigned char*>(text.data()), text.size()) == 1;
  if (!done) throw std::runtime_error{"no token can be signed"};
  signature.resize(size);
  return signature;
}

struct Scope {
  std::string repository;
  std::vector<std::string> actions;
};

/// `repository:NAME:ACTION,ACTION`.
Scope parse_scope(const std::string& text) {
  const auto first = text.find(':');
  const auto last = text.rfind(':');
  if (!text.starts_with("repository:") || first == last) throw std::runtime_error{"scope " + text};
  Scope scope{.repository = text.substr(first + 1, last - first - 1), .actions = {}};
  std::string rest = text.substr(last + 1);
  while (!rest.empty()) {
    const auto comma = std::min(rest.find(','), rest.size());
    scope.actions.push_back(rest.substr(0, comma));
    rest.erase(0, comma + 1);
  }
  return scope;
}

/// The rights of `account` (null: nobody) within `scope`, as the claim `access` lists them.
std::string granted(const Scope& scope, const Account* account) {
  std::string actions;
  for (const auto& action : scope.actions) {
    const bool own = account != nullptr && scope.repository.starts_with(account->folder + "/");
    const bool open = action == "pull" && scope.repository.starts_with("public/");
    if (own || open) actions += fmt::format(R"({}"{}")", actions.empty() ? "" : ",", action);
  }
  return fmt::format(R"({{"type":"repository","name":"{}","actions":[{}]}})", scope.repository,
                     actions);
}

}  // namespace

struct TokenServer::Impl {
  Impl(std::filesystem::path files, std::vector<Account> known)
      : folder{std::move(files)},
        accounts{std::move(known)},
        http{(folder / "server.pem").c_str(), (folder / "server.key").c_str()} {}

  void answer(const httplib::Request& request, httplib::Response& response, const char* method);
  [[nodiscard]] const Account* account_of(const httplib::Request& request, bool& welcome) const;
  [[nodiscard]] std::string token(const std::vector<std::string>& scopes,
                                  const Account* account) const;

  std::filesystem::path folder;
  std::vector<Account> accounts;
  std::atomic<std::int64_t> accepted_seconds = 3600;
  mutable Guarded<std::vector<TokenAsked>> asked;
  mutable Guarded<std::string> last_token;
  httplib::SSLServer http;
  int port = 0;
  std::jthread thread;
};

/// Who asks; `welcome` tells whether nobody is right, too.
const Account* TokenServer::Impl::account_of(const httplib::Request& request, bool& welcome) const {
  const auto authorization = request.get_header_value("Authorization");
  const auto identity_token = request.get_param_value("refresh_token");
  welcome = authorization.empty() && request.method == "GET";
  for (const auto& account : accounts) {
    const bool by_password =
        authorization == "Basic " + to_base64(account.user + ":" + account.password);
    const bool by_token = request.method == "POST" && !account.identity_token.empty() &&
                          request.get_param_value("grant_type") == "refresh_token" &&
                          identity_token == account.identity_token;
    if (!by_password && !by_token) continue;
    welcome = true;
    return &account;
  }
  return nullptr;
}

std::string TokenServer::Impl::token(const std::vector<std::string>& scopes,
                                     const Account* account) const {
  // docker-registry 2.8 accepts a token for 60 s beyond its end (registry/auth/token, Leeway).
  constexpr std::int64_t kLeeway = 60;
  const std::int64_t now = std::chrono::duration_cast<std::chrono::seconds>(
                               std::chrono::system_clock::now().time_since_epoch())
                               .count();
  std::string access;
  for (const auto& scope : scopes) {
    access += (access.empty() ? "" : ",") + granted(parse_scope(scope), account);
  }
  const auto header = fmt::format(R"({{"typ":"JWT","alg":"RS256","x5c":["{}"]}})",
                                  inside_of(folder / "signer.pem"));
  const auto claims = fmt::format(
      R"({{"iss":"test","sub":"{}","aud":"{}","exp":{},"nbf":{},"iat":{},"jti":"{}","access":[{}]}})",
      account == nullptr ? "" : account->user, kService, now + accepted_seconds - kLeeway,
      now - 2 * kLeeway, now - 2 * kLeeway, asked.with([](const auto& all) { return all.size(); }),
      access);
  const auto text = to_base64_url(header) + "." + to_base64_url(claims);
  auto token = text + "." + to_base64_url(sign(folder / "signer.key", text));
  last_token.with([&](auto& last) { last = token; });
  return token;
}

void TokenServer::Impl::answer(const httplib::Request& request, httplib::Response& response,
                               const char* method) {
  TokenAsked noted{.method = method, .user = {}, .scopes = {}, .status = 200};
  for (std::size_t i = 0; i < request.get_param_value_count("scope"); ++i) {
    std::string scopes = request.get_param_value("scope", i);  // a form has all in one
    while (!scopes.empty()) {
      const auto blank = std::min(scopes.find(' '), scopes.size());
      noted.scopes.push_back(scopes.substr(0, blank));
      scopes.erase(0, blank + 1);
    }
  }
  bool welcome = false;
  const auto* const account = account_of(request, welcome);
  if (account != nullptr) noted.user = account->user;
  if (!welcome || request.get_param_value("service") != kService) noted.status = 401;
  asked.with([&](auto& all) { all.push_back(noted); });
  response.status = noted.status;
  response.set_content(noted.status == 200 ? fmt::format(R"({{"token":"{}","expires_in":3600}})",
                                                         token(noted.scopes, account))
                                           : R"({"details":"incorrect username or password"})",
                       "application/json");
}

TokenServer::TokenServer(std::filesystem::path folder, std::vector<Account> accounts)
    : impl_{std::make_unique<Impl>(std::move(folder), std::move(accounts))} {
  auto& impl = *impl_;
  impl.http.Get("/token", [&](const auto& request, auto& response) {
    impl.answer(request, response, "GET");
  });
  impl.http.Post("/token", [&](const auto& request, auto& response) {
    impl.answer(request, response, "POST");
  });
  impl.port = impl.http.bind_to_any_port("127.0.0.1");
  if (impl.port <= 0) throw std::runtime_error{"the token server cannot listen"};
  impl.thread = std::jthread{[&impl] { impl.http.listen_after_bind(); }};
}

TokenServer::~TokenServer() {
  impl_->http.stop();
}

std::string TokenServer::address() const {
  return fmt::format("127.0.0.1:{}", impl_->port);
}

std::vector<TokenAsked> TokenServer::asked() const {
  return impl_->asked.with([](const auto& all) { return all; });
}

std::string TokenServer::last_token() const {
  return impl_->last_token.with([](const auto& last) { return last; });
}

void TokenServer::accept_for(std::chrono::seconds time) {
  impl_->accepted_seconds = time.count();
}

}  // namespace iib::test
