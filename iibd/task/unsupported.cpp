#include "iib/base/error.hpp"
#include "steps.hpp"

namespace iib::task {

void refuse_unsupported(const Job& job) {
  if (!job.arguments.overwrite_from_index) return;
  throw UserError{
      "this release cannot do what the parameter overwrite_from_index asks for; leave it out"};
}

}  // namespace iib::task
