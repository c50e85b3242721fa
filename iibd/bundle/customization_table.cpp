#include "customization_steps.hpp"
#include "related_images.hpp"

namespace iib::bundle {

void apply_table(Bundle& bundle, const Table& table) {
  for (auto& csv : bundle.csv_files()) {
    bundle.check("replacing images");
    replace_images(csv, table);
    if (!has_related_images(csv.now())) set_related_images(csv);
  }
}

}  // namespace iib::bundle
