#include "catalog/listing.hpp"

namespace iib::catalog {
namespace {

// Version and pull specification come from the index pk: in a row they lie behind the payloads, so
// that listing by rows would read the whole file. Older databases lack that index, so it cannot be
// named; but whoever passes over all bundles, in no order, takes it (hence CROSS and the `+`).
constexpr auto kListed = R"sql(
  SELECT entry.package_name, bundle.name, bundle.version, bundle.bundlepath
    FROM operatorbundle AS bundle
   CROSS JOIN (SELECT DISTINCT package_name, operatorbundle_name FROM channel_entry) AS entry
      ON entry.operatorbundle_name = bundle.name
   ORDER BY +entry.package_name, +bundle.name
)sql";

}  // namespace

std::vector<ListedBundle> list_bundles(IndexDatabase& database) {
  std::vector<ListedBundle> bundles;
  auto read = database.use(kListed);
  while (read->executeStep()) {
    bundles.push_back({.package = read->getColumn(0).getString(),
                       .name = read->getColumn(1).getString(),
                       .version = read->getColumn(2).getString(),
                       .pull_spec = read->getColumn(3).getString()});
  }
  return bundles;
}

}  // namespace iib::catalog
