#pragma once

#include "iib/base/error.hpp"

#include <fmt/format.h>

#include <functional>
#include <string>
#include <string_view>

namespace iib::task {

/// Runs `step` and puts in front of its failures which parameter they are about: an engine knows
/// the image, but not that it is a bundle, nor what the client called it.
template <class Step>
auto about(std::string_view role, std::string_view given, Step&& step) {
  const auto told = [&](const Error& error) {
    return fmt::format("{} {}: {}", role, given, error.what());
  };
  try {
    return std::invoke(step);
  } catch (const UserError& error) {
    throw UserError{told(error)};
  } catch (const ExternalError& error) {
    const auto retry =
        error.worth_retrying() ? ExternalError::Retry::yes : ExternalError::Retry::no;
    throw ExternalError{told(error), retry};
  }
}

}  // namespace iib::task
