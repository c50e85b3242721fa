#pragma once

#include "site.hpp"

#include <catch2/catch.hpp>

#include <string>

namespace iib::test {

/// The reason of a request that must have failed.
inline std::string reason_of(const io::JsonDocument& document) {
  CHECK(text_of(document, "state") == "failed");
  return text_of(document, "state_reason");
}

}  // namespace iib::test
