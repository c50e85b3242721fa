#include "bundle_list.hpp"

#include "iib/io/json.hpp"

namespace iib::task {

void keep_bundle_list(const Context& context, io::ArtifactKind kind,
                      const std::vector<std::string>& pull_specs) {
  io::JsonDocument list{rapidjson::kArrayType};
  for (const auto& pull_spec : pull_specs) {
    list.PushBack(io::json_text(pull_spec, list.GetAllocator()), list.GetAllocator());
  }
  context.artifacts().write(kind, context.job().request.id, io::to_json(list));
}

}  // namespace iib::task
