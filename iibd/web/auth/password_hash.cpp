#include "iib/base/base64.hpp"
#include "iib/base/error.hpp"
#include "iib/base/sha256.hpp"
#include "iib/web/users_file.hpp"
#include "web/auth/random.hpp"

#include <openssl/core_names.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include <array>
#include <cstdint>
#include <memory>

namespace iib::web {
namespace {

// N = 2^15, r = 8, p = 3 costs a guesser as much as the 128 MiB of N = 2^17, p = 1, and us a
// quarter of the memory.
constexpr unsigned kLogCost = 15;
constexpr unsigned kBlockSize = 8;
constexpr unsigned kLanes = 3;
constexpr std::size_t kSaltBytes = 16;
constexpr std::size_t kHashBytes = 32;
constexpr std::size_t kTokenBytes = 32;
/// More than the 128 * N * r of what the users file may ask for.
constexpr std::uint64_t kMostMemory = 300UL << 20U;

std::string scrypt(const PasswordHash& how, std::string_view password) {
  const std::unique_ptr<EVP_KDF, decltype(&EVP_KDF_free)> kdf{
      EVP_KDF_fetch(nullptr, "SCRYPT", nullptr), EVP_KDF_free};
  const std::unique_ptr<EVP_KDF_CTX, decltype(&EVP_KDF_CTX_free)> context{
      kdf ? EVP_KDF_CTX_new(kdf.get()) : nullptr, EVP_KDF_CTX_free};
  std::string key(kHashBytes, '\0');
  std::uint64_t cost = 1UL << how.log_cost;
  std::uint32_t block_size = how.block_size;
  std::uint32_t lanes = how.lanes;
  std::uint64_t memory = kMostMemory;
  // The library only reads through these pointers.
  const auto octets = [](const char* name, std::string_view bytes) {
    return OSSL_PARAM_construct_octet_string(name, const_cast<char*>(bytes.data()), bytes.size());
  };
  const std::array parameters{
      octets(OSSL_KDF_PARAM_PASSWORD, password),
      octets(OSSL_KDF_PARAM_SALT, how.salt),
      OSSL_PARAM_construct_uint64(OSSL_KDF_PARAM_SCRYPT_N, &cost),
      OSSL_PARAM_construct_uint32(OSSL_KDF_PARAM_SCRYPT_R, &block_size),
      OSSL_PARAM_construct_uint32(OSSL_KDF_PARAM_SCRYPT_P, &lanes),
      OSSL_PARAM_construct_uint64(OSSL_KDF_PARAM_SCRYPT_MAXMEM, &memory),
      OSSL_PARAM_construct_end(),
  };
  if (!context || EVP_KDF_derive(context.get(), reinterpret_cast<unsigned char*>(key.data()),
                                 key.size(), parameters.data()) != 1) {
    throw ExternalError{"OpenSSL cannot compute scrypt; is there memory enough?",
                        ExternalError::Retry::no};
  }
  return key;
}

}  // namespace

PasswordHash hash_password(std::string_view password) {
  PasswordHash result{.log_cost = kLogCost,
                      .block_size = kBlockSize,
                      .lanes = kLanes,
                      .salt = random_bytes(kSaltBytes),
                      .hash = {}};
  result.hash = scrypt(result, password);
  return result;
}

bool matches(const PasswordHash& kept, std::string_view password) {
  return equal_in_constant_time(scrypt(kept, password), kept.hash);
}

std::string new_token() {
  // The beginning lets scanners for leaked secrets, and people, see what it is.
  return "iibd_" + to_base64_url(random_bytes(kTokenBytes));
}

TokenHash hash_token(std::string_view token) {
  return {.sha256 = sha256_hex(token)};
}

}  // namespace iib::web
