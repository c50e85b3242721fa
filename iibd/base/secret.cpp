#include "iib/base/secret.hpp"

#include <openssl/crypto.h>

#include <utility>

namespace iib {

Secret::Secret(std::string text) noexcept : text_{std::move(text)} {}

Secret::Secret(Secret&& other) noexcept : text_{std::move(other.text_)} {
  other.wipe();  // a short string is copied by a move: its bytes would stay behind
}

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this == &other) return *this;
  wipe();
  text_ = std::move(other.text_);
  other.wipe();
  return *this;
}

Secret::~Secret() {
  wipe();
}

void Secret::wipe() noexcept {
  iib::wipe(text_);
}

void wipe(std::string& text) noexcept {
  // A moved-from or short string keeps old bytes up to its capacity: clean all of it.
  text.resize(text.capacity());
  OPENSSL_cleanse(text.data(), text.size());
  text.clear();
}

}  // namespace iib
