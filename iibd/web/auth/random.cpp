#include "web/auth/random.hpp"

#include "iib/base/error.hpp"

#include <openssl/crypto.h>
#include <openssl/rand.h>

namespace iib::web {

std::string random_bytes(std::size_t count) {
  std::string bytes(count, '\0');
  if (RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(count)) != 1) {
    throw ExternalError{"OpenSSL has no random bytes", ExternalError::Retry::no};
  }
  return bytes;
}

bool equal_in_constant_time(std::string_view left, std::string_view right) {
  return left.size() == right.size() && CRYPTO_memcmp(left.data(), right.data(), left.size()) == 0;
}

}  // namespace iib::web
