#include "iib/base/hmac.hpp"

#include <catch2/catch.hpp>

#include <string>

namespace iib {

TEST_CASE("an HMAC is that of RFC 4231", "[hmac]") {
  CHECK(hmac_sha256_hex(std::string(20, '\x0b'), "Hi There") ==
        "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  CHECK(hmac_sha256_hex("Jefe", "what do ya want for nothing?") ==
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  // A key that is longer than a block is hashed first.
  CHECK(hmac_sha256_hex(std::string(131, '\xaa'),
                        "Test Using Larger Than Block-Size Key - Hash Key First") ==
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST_CASE("an HMAC may be taken of nothing", "[hmac]") {
  CHECK(hmac_sha256("key", "").size() == 32);
  CHECK(hmac_sha256("key", "") != hmac_sha256("other", ""));
}

}  // namespace iib
