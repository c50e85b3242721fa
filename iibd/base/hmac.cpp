#include "iib/base/hmac.hpp"

#include "iib/base/error.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <iterator>

namespace iib {

std::string hmac_sha256(std::string_view key, std::string_view text) {
  constexpr std::size_t kBytes = 32;
  std::string mac(kBytes, '\0');
  unsigned size = 0;
  if (HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
           reinterpret_cast<const unsigned char*>(text.data()), text.size(),
           reinterpret_cast<unsigned char*>(mac.data()), &size) == nullptr ||
      size != kBytes) {
    throw Error{"OpenSSL could not compute an HMAC"};
  }
  return mac;
}

std::string hmac_sha256_hex(std::string_view key, std::string_view text) {
  std::string hex;
  for (const unsigned char byte : hmac_sha256(key, text)) {
    fmt::format_to(std::back_inserter(hex), "{:02x}", byte);
  }
  return hex;
}

}  // namespace iib
