#include "catalog/fbc/blobs.hpp"
#include "catalog/fbc/catalog_change.hpp"
#include "catalog/fbc/database_packages.hpp"
#include "catalog/fbc/json_form.hpp"
#include "catalog/fbc/tree.hpp"
#include "catalog/shown_name.hpp"
#include "iib/catalog/fbc_changes.hpp"
#include "iib/io/json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace iib::catalog::fbc {
namespace {

[[noreturn]] void refuse(const std::string& reason) {
  throw UserError{fmt::format("the deprecation schema {}", reason)};
}

io::JsonDocument parse(std::string_view text) {
  try {
    return io::parse_json(text);
  } catch (const UserError& error) {
    refuse(fmt::format("is no JSON: {}", error.what()));
  }
}

void require_in_database(const Catalog& from, const std::string& package, const Work& work) {
  const auto database = hidden_database(from);
  if (!database) {
    throw UserError{
        fmt::format("package {} cannot get deprecations: the index has no hidden index database, "
                    "and they are for packages in that: give them with the package's fragment "
                    "(fbc-operations)",
                    shown(package))};
  }
  const auto names = database_package_names(*database, work.cancellation);
  if (std::binary_search(names.begin(), names.end(), package)) return;
  throw UserError{
      fmt::format("package {} is not in the hidden database of the index, so it cannot get "
                  "deprecations: correct the name, or give them with the package's fragment "
                  "(fbc-operations)",
                  shown(package))};
}

}  // namespace

void check_deprecations_text(std::string_view package, std::string_view text) {
  const auto root = parse(text);
  if (!root.IsObject()) {
    refuse(fmt::format("must be a JSON object, not a value of type {}", io::json_type_name(root)));
  }
  if (io::text_member(root, "schema") != kDeprecationsSchema) {
    refuse(fmt::format("must have \"schema\": \"{}\"", kDeprecationsSchema));
  }
  const auto named = io::text_member(root, "package");
  if (named == package) return;
  refuse(fmt::format("must have \"package\": \"{}\", the package of the request, not {}",
                     shown(package), named ? shown(*named) : std::string{"nothing"}));
}

Catalog with_deprecations(const Catalog& from, const std::map<std::string, std::string>& texts,
                          const ChangeOptions& options, const Work& work) {
  CatalogChange change{from.path, {}, options, work};
  for (const auto& [package, text] : texts) {
    check_deprecations_text(package, text);
    if (!change.may_be_directory(package)) {
      throw UserError{fmt::format("{} cannot be the name of a package", shown(package))};
    }
    const auto name =
        std::filesystem::path{options.deprecations_directory} / package / (package + ".json");
    const auto compact = compact_text(text);
    replace_file(inside(change.root(), name), [&](std::ostream& out) { out << compact << '\n'; });
  }
  return changed(from, change.finish({}), from.database);
}

Catalog add_deprecations(const Catalog& from, const std::string& package, std::string_view text,
                         const ChangeOptions& options, const Work& work) {
  check_deprecations_text(package, text);
  require_in_database(from, package, work);
  return with_deprecations(from, {{package, std::string{text}}}, options, work);
}

}  // namespace iib::catalog::fbc
