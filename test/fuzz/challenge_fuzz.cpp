#include "iib/model/image_reference.hpp"
#include "image/registry/challenge.hpp"
#include "image/registry/token.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>

namespace {

/// What goes out must hold no byte that could end a header line or a URL.
void require_plain(std::string_view text) {
  for (const char character : text) {
    if (character <= ' ' || character > '~') std::abort();
  }
}

}  // namespace

// A WWW-Authenticate header up to the request for a token that it leads to; the same bytes as the
// answer of a token server.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace iib::image;
  static const Wanted wanted{.image = iib::model::ImageReference::parse("r.io/ns/op:v1")};
  const std::string_view text{reinterpret_cast<const char*>(bytes), size};
  for (const auto& challenge : parse_challenges(text)) {
    const auto server = token_server(challenge);
    if (!server) continue;
    const auto scope = challenge.parameters.find("scope");
    const auto scopes =
        token_scopes(wanted, scope == challenge.parameters.end() ? "" : scope->second);
    const auto request = token_request(*server, scopes, nullptr, wanted);
    require_plain(request.url.text());
  }
  std::string body{text};
  if (const auto token = read_token(body)) {
    require_plain(token->value.reveal().substr(std::string_view{"Bearer "}.size()));
  }
  return 0;
}
