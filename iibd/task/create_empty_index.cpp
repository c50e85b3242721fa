#include "file_based_change.hpp"
#include "iib/base/error.hpp"
#include "iib/io/json.hpp"
#include "index_image.hpp"
#include "prepare.hpp"
#include "steps.hpp"

#include <fmt/format.h>

#include <set>

namespace iib::task {
namespace {

bool wants_files(const Context& context) {
  return context.job().arguments.output_fbc.value_or(false);
}

/// A file-based index has nothing that a database could be made of (pipeline 6.6).
void require_output_kind(const Context& context, const Preparation& preparation) {
  if (wants_files(context) || !is_file_based(preparation.from_index_labels)) return;
  throw UserError{fmt::format(
      "from_index {} holds a file-based catalog, of which no index with a database is made: give "
      "output_fbc true",
      *context.facts().from_index)};
}

std::map<std::string, std::string> requested_labels(const Context& context) {
  std::map<std::string, std::string> labels;
  const auto& text = context.facts().labels;
  if (!text) return labels;
  const auto document = io::parse_json(*text, {.name = "labels"});
  for (const auto& member : document.GetObject()) {
    labels.emplace(io::as_text(member.name).value_or(""), io::as_text(member.value).value_or(""));
  }
  return labels;
}

std::size_t count_packages(const Context& context, const catalog::Catalog& catalog) {
  std::set<std::string> packages;
  for (const auto& bundle : context.catalogs().list(catalog, context.catalog_work("list"))) {
    packages.insert(bundle.package);
  }
  return packages.size();
}

catalog::Catalog without_packages(const Context& context, const catalog::Catalog& from) {
  const auto emptied =
      catalog::fbc::make_empty(from, context.catalogs(), context.catalog_work("catalog"));
  return wants_files(context) ? emptied : database_of(emptied);
}

}  // namespace

Outcome run_create_empty_index(Context& context) {
  const auto preparation = prepare(context, {});
  require_output_kind(context, preparation);
  context.enter_state("Listing the packages of the index");
  const auto from = read_from_index(context, preparation);
  const auto packages = count_packages(context, from.catalog);
  context.enter_state(fmt::format("Removing all {} packages", packages));
  const auto catalog = without_packages(context, from.catalog);
  context.enter_state("Adding the labels");
  auto learned =
      publish(context, preparation, catalog, {.from = &from, .labels = requested_labels(context)});
  return {.reason = "The empty index image was pushed", .learned = std::move(learned)};
}

}  // namespace iib::task
