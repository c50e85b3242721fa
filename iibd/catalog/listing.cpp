#include "catalog/listing.hpp"

namespace iib::catalog {
namespace {

// Older databases lack the index that would give version and pull specification without reading
// past the payloads, so the planner is left to choose.
constexpr auto kListed = R"sql(
  SELECT entry.package_name, bundle.name, bundle.version, bundle.bundlepath
    FROM (SELECT DISTINCT package_name, operatorbundle_name FROM channel_entry) AS entry
    JOIN operatorbundle AS bundle ON bundle.name = entry.operatorbundle_name
   ORDER BY entry.package_name, bundle.name
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
