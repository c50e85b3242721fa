#include "iib/base/error.hpp"
#include "web/auth/kerberos.hpp"

namespace iib::web {

std::unique_ptr<Method> make_kerberos(const std::filesystem::path& /*keytab*/,
                                      const std::filesystem::path& /*replay_cache*/) {
  throw UserError{
      "iib_keytab is set, but this iibd was built without Kerberos; unset it, or build with "
      "-Dkerberos=enabled"};
}

}  // namespace iib::web
