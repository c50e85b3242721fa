#include "iib/base/sha256.hpp"

#include "iib/base/error.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

namespace iib {
namespace {

void must(int result) {
  if (result != 1) throw Error{"OpenSSL refused to compute a SHA-256 digest"};
}

}  // namespace

struct Sha256::Context {
  Context() : evp{EVP_MD_CTX_new(), &EVP_MD_CTX_free} {
    must(evp == nullptr ? 0 : EVP_DigestInit_ex(evp.get(), EVP_sha256(), nullptr));
  }
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> evp;
};

Sha256::Sha256() : context_{std::make_unique<Context>()} {}
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;
Sha256::~Sha256() = default;

void Sha256::update(std::string_view bytes) {
  must(EVP_DigestUpdate(context_->evp.get(), bytes.data(), bytes.size()));
}

std::string Sha256::finish_hex() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  must(EVP_DigestFinal_ex(context_->evp.get(), digest.data(), &size));
  std::string hex;
  for (const unsigned char byte : std::span{digest}.first(size)) hex += fmt::format("{:02x}", byte);
  return hex;
}

std::string sha256_hex(std::string_view bytes) {
  Sha256 sum;
  sum.update(bytes);
  return sum.finish_hex();
}

}  // namespace iib
