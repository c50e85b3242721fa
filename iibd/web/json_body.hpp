#pragma once

#include "web/http.hpp"

namespace iib::web {

/// Refuses (400) a request whose `Content-Type` does not announce JSON (rest-api 1.1).
void require_json(const HttpRequest& request);

}  // namespace iib::web
