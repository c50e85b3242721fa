#include "iib/model/submission.hpp"

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view body{reinterpret_cast<const char*>(bytes), size};
  const iib::model::SubmissionRules rules;
  for (const auto type : {iib::model::RequestType::add, iib::model::RequestType::rm}) {
    try {
      (void)iib::model::parse_submission(type, body, "user@REALM", rules);
    } catch (const iib::UserError&) {
      continue;
    }
  }
  return 0;
}
