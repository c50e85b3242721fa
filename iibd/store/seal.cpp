#include "store/seal.hpp"

#include "iib/base/error.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <memory>

namespace iib::store {
namespace {

constexpr char kVersion = 1;
constexpr std::size_t kNonceBytes = 12;
constexpr std::size_t kTagBytes = 16;

struct FreeContext {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_CIPHER_CTX, FreeContext>;

const unsigned char* bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

unsigned char* bytes(std::string& text) {
  return reinterpret_cast<unsigned char*>(text.data());
}

int length_of(std::string_view text) {
  return static_cast<int>(text.size());
}

void require(bool worked, std::string_view what) {
  if (!worked) throw Error{fmt::format("OpenSSL could not {}", what)};
}

std::string random_bytes(std::size_t count) {
  std::string random(count, '\0');
  require(RAND_bytes(bytes(random), length_of(random)) == 1, "give random bytes");
  return random;
}

std::string additional_data(RequestId request) {
  return fmt::format("iibd request {}", request.value());
}

Context begin(const Secret& key, std::string_view nonce, int encrypting) {
  if (key.reveal().size() != kKeyBytes) {
    throw Error{fmt::format("the key that seals secrets must have {} bytes", kKeyBytes)};
  }
  Context context{EVP_CIPHER_CTX_new()};
  require(
      context != nullptr && EVP_CipherInit_ex(context.get(), EVP_aes_256_gcm(), nullptr,
                                              bytes(key.reveal()), bytes(nonce), encrypting) == 1,
      "begin to seal or open secrets");
  return context;
}

}  // namespace

Secret make_key() {
  return Secret{random_bytes(kKeyBytes)};
}

std::string seal(const Secret& key, RequestId request, const Secret& text) {
  const std::string nonce = random_bytes(kNonceBytes);
  const std::string bound_to = additional_data(request);
  const Context context = begin(key, nonce, 1);
  std::string cipher(text.reveal().size(), '\0');
  std::string tag(kTagBytes, '\0');
  int length = 0;
  require(
      EVP_CipherUpdate(context.get(), nullptr, &length, bytes(bound_to), length_of(bound_to)) ==
              1 &&
          EVP_CipherUpdate(context.get(), bytes(cipher), &length, bytes(text.reveal()),
                           length_of(text.reveal())) == 1 &&
          EVP_CipherFinal_ex(context.get(), bytes(cipher) + length, &length) == 1 &&
          EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_GET_TAG, length_of(tag), bytes(tag)) == 1,
      "seal a secret");
  return kVersion + nonce + cipher + tag;
}

std::optional<Secret> open_sealed(const Secret& key, RequestId request, std::string_view sealed) {
  if (sealed.size() < 1 + kNonceBytes + kTagBytes || sealed.front() != kVersion)
    return std::nullopt;
  const auto nonce = sealed.substr(1, kNonceBytes);
  const auto cipher = sealed.substr(1 + kNonceBytes, sealed.size() - 1 - kNonceBytes - kTagBytes);
  std::string tag{sealed.substr(sealed.size() - kTagBytes)};
  const std::string bound_to = additional_data(request);
  const Context context = begin(key, nonce, 0);
  std::string text(cipher.size(), '\0');
  int length = 0;
  const bool genuine =
      EVP_CipherUpdate(context.get(), nullptr, &length, bytes(bound_to), length_of(bound_to)) ==
          1 &&
      EVP_CipherUpdate(context.get(), bytes(text), &length, bytes(cipher), length_of(cipher)) ==
          1 &&
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_SET_TAG, length_of(tag), bytes(tag)) == 1 &&
      EVP_CipherFinal_ex(context.get(), bytes(text) + length, &length) == 1;
  if (!genuine) {
    wipe(text);
    return std::nullopt;
  }
  return Secret{std::move(text)};
}

}  // namespace iib::store
