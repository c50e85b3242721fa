#include "iib/model/submission.hpp"

#include <cstddef>
#include <cstdint>

namespace {

using iib::model::BatchKind;
using iib::model::RequestType;

template <class Parse>
void attempt(Parse parse) {
  try {
    (void)parse();
  } catch (const iib::UserError&) {
    // refused: as good an end as any
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view body{reinterpret_cast<const char*>(bytes), size};
  const iib::model::SubmissionRules rules;
  for (const auto type : {RequestType::add, RequestType::rm, RequestType::regenerate_bundle,
                          RequestType::merge_index_image, RequestType::create_empty_index,
                          RequestType::recursive_related_bundles, RequestType::fbc_operations,
                          RequestType::add_deprecations}) {
    attempt([&] { return iib::model::parse_submission(type, body, "user@REALM", rules); });
  }
  for (const auto kind : {BatchKind::regenerate_bundle, BatchKind::add_rm}) {
    attempt([&] { return iib::model::parse_batch_submission(kind, body, "user@REALM", rules); });
  }
  return 0;
}
