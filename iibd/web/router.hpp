#pragma once

#include "web/api.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace iib::web {

/// An endpoint: one row of the table of routes.
struct Route {
  std::string_view method;
  /// `{id}` stands for a request's number.
  std::string_view path;
  Answer (*handler)(const Services&, const Call&);
};

/// What a method and a path lead to.
struct Match {
  /// Null when the path exists, but not for this method.
  const Route* route = nullptr;
  RequestId id;
  /// The methods that the path has, for the `Allow` header.
  std::string allowed;
};

/// Looks a path up; nothing when no route has it. `HEAD` goes wherever `GET` does.
[[nodiscard]] std::optional<Match> find_route(std::string_view method, std::string_view path);

}  // namespace iib::web
