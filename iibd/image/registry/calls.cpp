#include "image/registry/calls.hpp"

#include "iib/base/error.hpp"
#include "image/registry/failure.hpp"
#include "image/registry/tls_settings.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace iib::image {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr int kMostRedirects = 5;
constexpr int kAuthorizationRounds = 2;
constexpr std::uint64_t kSlowestBytesPerSecond = 32UL << 10U;
constexpr std::string_view kDockerHub = "docker.io";
constexpr std::size_t kMostInsecureRegistries = 1024;  // a user may name any

/// docker.io is a name of images only; its registry has another.
std::string host_of(const model::ImageReference& image) {
  const auto& registry = image.registry();
  return registry == kDockerHub || registry == "index.docker.io" ? "registry-1.docker.io"
                                                                 : registry;
}

/// docker.io keeps what has one name only below `library`.
model::ImageReference canonical(const model::ImageReference& image) {
  const bool short_name =
      image.registry() == kDockerHub && image.repository().find('/') == std::string::npos;
  if (!short_name) return image;
  const auto name = fmt::format("{}/library/{}", image.registry(), image.repository());
  if (image.digest()) return model::ImageReference::parse(name).at(*image.digest());
  return model::ImageReference::parse(fmt::format("{}:{}", name, image.tag().value_or("latest")));
}

Errand errand_for(const model::ImageReference& image, const Access& access, Wanted::Action action) {
  const bool pull = action == Wanted::Action::pull;
  Step step{.subject = image.text(),
            .action = pull ? "read" : "pushed",
            .registry = image.registry(),
            .named_by_user = pull};
  auto purpose = fmt::format("{} cannot be {}", step.subject, step.action);
  return {.wanted = {.image = canonical(image),
                     .action = action,
                     .auth_file = access.auth_file,
                     .purpose = std::move(purpose)},
          .step = std::move(step),
          .access = access};
}

milliseconds at_most(seconds limit, seconds usual) {
  return std::min(limit, usual);
}

bool is_redirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

/// Whether plain HTTP is worth a try where TLS ended so. Its proxy may be another, which knows the
/// name, or the same one, which opens no tunnel to that port.
bool may_be_plain(io::HttpFailure::Cause cause) {
  using Cause = io::HttpFailure::Cause;
  return cause == Cause::tls || cause == Cause::refused || cause == Cause::cut ||
         cause == Cause::protocol || cause == Cause::proxy || cause == Cause::unresolved;
}

}  // namespace

Errand reading(const model::ImageReference& image, const Access& access) {
  return errand_for(image, access, Wanted::Action::pull);
}

Errand pushing(const model::ImageReference& image, const Access& access) {
  return errand_for(image, access, Wanted::Action::push);
}

std::string repository_path(const Errand& errand) {
  return fmt::format("/v2/{}/", errand.wanted.image.repository());
}

std::string Reply::what(std::string_view method) const {
  const auto path = std::string_view{url.target}.substr(0, url.target.find('?'));
  return fmt::format("{} {}{}", method, url.origin.text(), path);
}

void expect(const Reply& reply, std::string_view method, std::initializer_list<int> expected,
            const Step& step) {
  const int status = reply.answer.status;
  if (std::find(expected.begin(), expected.end(), status) != expected.end()) return;
  throw_status(reply.answer, reply.what(method), step);
}

RegistryCalls::RegistryCalls(RegistryOptions options, Log log)
    : options_{std::move(options)},
      log_{std::move(log)},
      connections_{options_.transfers,
                   {.connect_timeout = at_most(options_.call_limit, seconds{15}),
                    .idle_timeout = at_most(options_.call_limit, seconds{60})}},
      authorizer_{[this](const TokenRequest& wanted, const Cancellation& cancellation) {
                    return ask_for_token(wanted, cancellation);
                  },
                  options_.insecure_registries} {}

io::HttpRequest RegistryCalls::request(const Errand& errand, std::string_view method,
                                       std::string_view path) const {
  io::HttpRequest request;
  request.method = method;
  request.target = fmt::format("{}{}", repository_path(errand), path);
  request.limit = limit_for(0);
  return request;
}

milliseconds RegistryCalls::limit_for(std::uint64_t bytes) const {
  return options_.call_limit + seconds{bytes / kSlowestBytesPerSecond};
}

std::string RegistryCalls::name_of(const Errand& errand) {
  return fmt::format("{} to be {}", errand.step.subject, errand.step.action);
}

void RegistryCalls::wait(const Errand& errand, int attempt, const ExternalError& cause) const {
  auto policy = options_.retries;
  if (const auto* postponed = dynamic_cast<const Postponed*>(&cause)) {
    policy.delay = std::max<milliseconds>(policy.delay, postponed->wait());
  }
  wait_before_retry(policy, attempt, errand.access.cancellation, errand.access.log, name_of(errand),
                    cause);
}

Reply RegistryCalls::send(const Errand& errand, io::HttpRequest request, Redirects redirects) {
  try {
    auto reply = authorized(errand, request);
    for (int hop = 0; redirects == Redirects::followed && is_redirect(reply.answer.status); ++hop) {
      if (hop == kMostRedirects) {
        throw ExternalError{
            fmt::format("{} cannot be {}: {} redirects more than {} times; look for "
                        "a loop in the configuration of {}",
                        errand.step.subject, errand.step.action, reply.what(request.method),
                        kMostRedirects, errand.step.registry),
            ExternalError::Retry::no};
      }
      const auto url = location(errand, reply);
      request.target = url.target;
      reply = is_registry(errand, url.origin) ? authorized(errand, request)
                                              : elsewhere(errand, url, request);
    }
    return reply;
  } catch (const io::HttpFailure& failure) {
    throw_connection_failure(failure, errand.step);
  }
}

Reply RegistryCalls::send_to(const Errand& errand, const io::HttpUrl& url,
                             io::HttpRequest request) {
  request.target = url.target;
  try {
    return is_registry(errand, url.origin) ? authorized(errand, request)
                                           : elsewhere(errand, url, request);
  } catch (const io::HttpFailure& failure) {
    throw_connection_failure(failure, errand.step);
  }
}

io::HttpUrl RegistryCalls::location(const Errand& errand, const Reply& reply) const {
  const auto text = reply.answer.header("Location");
  try {
    if (text.empty()) throw UserError{"there is none"};
    auto url = io::resolve(reply.url, text);
    const auto own = io::origin_of(io::HttpScheme::https, host_of(errand.wanted.image)).authority();
    if (url.origin.authority() == own && is_registry(errand, reply.url.origin)) {
      url.origin = reply.url.origin;
    }
    return url;
  } catch (const UserError& error) {
    throw ExternalError{
        fmt::format("{} cannot be {}: the Location that the registry answered with is of no use: "
                    "{}; check that {} is a registry",
                    errand.step.subject, errand.step.action, error.what(), errand.step.registry),
        ExternalError::Retry::no};
  }
}

/// By either scheme: whether it may be spoken to by plain HTTP was decided when it was.
bool RegistryCalls::is_registry(const Errand& errand, const io::HttpOrigin& server) const {
  return server == io::origin_of(server.scheme, host_of(errand.wanted.image)) &&
         (server.scheme == io::HttpScheme::https ||
          is_insecure(options_.insecure_registries, errand.wanted.image.registry()));
}

Reply RegistryCalls::authorized(const Errand& errand, io::HttpRequest& request) {
  const auto& cancellation = errand.access.cancellation;
  request.authorization = authorizer_.authorization(errand.wanted, cancellation);
  auto reply = to_registry(errand, request);
  // A token may end at any moment, also in the middle of an upload.
  for (int round = 0; reply.answer.status == 401 && round < kAuthorizationRounds; ++round) {
    const auto challenges =
        fmt::format("{}", fmt::join(reply.answer.all("WWW-Authenticate"), ", "));
    request.authorization =
        authorizer_.after_refusal(errand.wanted, challenges, request.authorization, cancellation);
    reply = to_registry(errand, request);
  }
  if (reply.answer.status == 401) {
    throw_status(reply.answer, reply.what(request.method), errand.step);
  }
  return reply;
}

Reply RegistryCalls::to_registry(const Errand& errand, const io::HttpRequest& request) {
  using Scheme = io::HttpScheme;
  const auto& registry = errand.wanted.image.registry();
  const auto host = host_of(errand.wanted.image);
  const auto send_by = [&](Scheme scheme) {
    const auto server = io::origin_of(scheme, host);
    return Reply{to_origin(errand, server, request), {server, request.target}};
  };
  if (!is_insecure(options_.insecure_registries, registry)) return send_by(Scheme::https);
  const auto remember = [&](Scheme scheme) {
    schemes_.with([&](auto& schemes) {
      if (schemes.size() >= kMostInsecureRegistries) schemes.clear();
      schemes[registry] = scheme;
    });
  };
  const auto known = schemes_.with([&](const auto& schemes) {
    const auto found = schemes.find(registry);
    return found == schemes.end() ? std::optional<Scheme>{} : found->second;
  });
  if (known) return send_by(*known);
  try {
    auto reply = send_by(Scheme::https);
    remember(Scheme::https);
    return reply;
  } catch (const io::HttpFailure& failure) {
    if (!may_be_plain(failure.cause())) throw;
  }
  auto reply = send_by(Scheme::http);
  remember(Scheme::http);
  return reply;
}

io::HttpAnswer RegistryCalls::to_origin(const Errand& errand, const io::HttpOrigin& server,
                                        const io::HttpRequest& request) {
  // As pull specifications write it: so the folders of certs.d are called, Docker Hub's too.
  const auto& registry = errand.wanted.image.registry();
  const auto tls = [&] {
    return tls_settings(options_.certs_directory, options_.insecure_registries, registry);
  };
  // HttpClient sends again what a kept connection did not answer at all.
  const auto use = errand.tries == Tries::one ? Connections::Use::new_one : Connections::Use::any;
  return connections_.send(server, "registry " + registry, tls, request, errand.access.cancellation,
                           use);
}

Reply RegistryCalls::elsewhere(const Errand& errand, const io::HttpUrl& url,
                               io::HttpRequest& request) {
  request.authorization = Secret{};
  const auto host = url.origin.authority();
  const auto tls = [&] {
    return tls_settings(options_.certs_directory, options_.insecure_registries, host);
  };
  try {
    return {connections_.send(url.origin, "storage", tls, request, errand.access.cancellation),
            url};
  } catch (const io::HttpFailure& failure) {
    auto step = errand.step;
    step.registry = host;  // it is this one that cannot be reached
    throw_connection_failure(failure, step);
  }
}

TokenAnswer RegistryCalls::ask_for_token(const TokenRequest& wanted,
                                         const Cancellation& cancellation) {
  io::HttpRequest request;
  request.target = wanted.url.target;
  request.limit = limit_for(0);
  request.body_limit = kMostTokenAnswer;
  request.headers = {{"Accept", "application/json"}};
  request.authorization = wanted.authorization.clone();
  if (wanted.method == TokenRequest::Method::post) {
    request.method = "POST";
    request.content_type = "application/x-www-form-urlencoded";
    request.body = wanted.form.reveal();
  }
  const auto tls = [&] {
    return token_server_tls_settings(options_.certs_directory, options_.insecure_registries,
                                     wanted.registry, wanted.url.origin);
  };
  const auto server = wanted.url.origin.authority();
  try {
    auto answer = connections_.send(wanted.url.origin, "tokens of " + wanted.registry, tls, request,
                                    cancellation);
    wipe(request.body);
    if (answer.status == 429 || answer.status >= 500) {
      throw Postponed{fmt::format("{}: the token server {} answered {}; the trouble is inside it: "
                                  "look there, then submit the request again",
                                  wanted.purpose, server, answer.status),
                      retry_after(answer)};
    }
    return {answer.status, std::move(answer.body)};
  } catch (const io::HttpFailure& failure) {
    wipe(request.body);
    throw ExternalError{
        fmt::format("{}: its token server does not answer: {}; check that {} can be reached from "
                    "the host of iibd",
                    wanted.purpose, failure.what(), server),
        failure.worth_retrying() ? ExternalError::Retry::yes : ExternalError::Retry::no};
  }
}

}  // namespace iib::image
