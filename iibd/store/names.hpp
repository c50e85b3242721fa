#pragma once

#include "store/connection.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace iib::store {

/// Tables of names that are stored once.
enum class NameKind { user, image, bundle_operator, architecture, build_tag };

/// The row of `name`, or nothing.
[[nodiscard]] std::optional<std::int64_t> find_name(Connection& connection, NameKind kind,
                                                    std::string_view name);

/// The row of `name`, added when it is new. In the writer only.
[[nodiscard]] std::int64_t name_id(Connection& connection, NameKind kind, std::string_view name);
/// The same for a name that may be absent.
[[nodiscard]] std::optional<std::int64_t> maybe_name_id(Connection& connection, NameKind kind,
                                                        const std::optional<std::string>& name);

/// The row of a deprecation schema's text.
[[nodiscard]] std::optional<std::int64_t> deprecation_schema_id(
    Connection& connection, const std::optional<std::string>& text);

/// Binds the range of texts that begin with `prefix`: `:prefix` and `:beyond`.
void bind_prefix(Use& use, std::string_view prefix);

}  // namespace iib::store
