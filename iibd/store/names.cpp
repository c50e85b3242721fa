#include "store/names.hpp"

#include "iib/base/sha256.hpp"
#include "store/sql/names.hpp"

namespace iib::store {
namespace {

struct NameTable {
  const char* find;
  const char* add;
};

NameTable table_of(NameKind kind) {
  switch (kind) {
    case NameKind::user:
      return {sql::kFindUser, sql::kAddUser};
    case NameKind::image:
      return {sql::kFindImage, sql::kAddImage};
    case NameKind::bundle_operator:
      return {sql::kFindOperator, sql::kAddOperator};
    case NameKind::architecture:
      return {sql::kFindArchitecture, sql::kAddArchitecture};
    case NameKind::build_tag:
      return {sql::kFindBuildTag, sql::kAddBuildTag};
  }
  throw Error{"internal error: no such table of names"};
}

std::optional<std::int64_t> first_id(Use& use) {
  if (!use.step()) return std::nullopt;
  return use.integer("id");
}

/// The id that an INSERT ... RETURNING gives; the statement is finished.
std::int64_t added_id(Use& use) {
  const auto id = first_id(use);
  use.run();
  if (!id) throw Error{"internal error: an inserted row has no id"};
  return *id;
}

}  // namespace

std::optional<std::int64_t> find_name(Connection& connection, NameKind kind,
                                      std::string_view name) {
  auto find = connection.use(table_of(kind).find);
  find.bind(":name", name);
  return first_id(find);
}

std::int64_t name_id(Connection& connection, NameKind kind, std::string_view name) {
  if (const auto known = find_name(connection, kind, name)) return *known;
  auto add = connection.use(table_of(kind).add);
  add.bind(":name", name);
  return added_id(add);
}

std::optional<std::int64_t> maybe_name_id(Connection& connection, NameKind kind,
                                          const std::optional<std::string>& name) {
  if (!name) return std::nullopt;
  return name_id(connection, kind, std::string_view{*name});
}

std::optional<std::int64_t> deprecation_schema_id(Connection& connection,
                                                  const std::optional<std::string>& text) {
  if (!text) return std::nullopt;
  const std::string sha256 = sha256_hex(*text);
  {
    auto find = connection.use(sql::kFindDeprecationSchema);
    find.bind(":sha256", sha256);
    if (const auto known = first_id(find)) return known;
  }
  auto add = connection.use(sql::kAddDeprecationSchema);
  add.bind(":sha256", sha256).bind(":text", *text);
  return added_id(add);
}

void bind_prefix(Use& use, std::string_view prefix) {
  use.bind(":prefix", prefix);
  std::string beyond{prefix};
  while (!beyond.empty() && beyond.back() == '\xff') beyond.pop_back();
  if (beyond.empty()) {
    use.bind_blob(":beyond", "\x01");  // any blob sorts after every text
    return;
  }
  beyond.back() = static_cast<char>(beyond.back() + 1);
  use.bind(":beyond", beyond);
}

}  // namespace iib::store
