#include "service_manager.hpp"

#ifdef IIBD_SYSTEMD
#include <systemd/sd-daemon.h>
#endif

namespace iib::app {

void tell_service_manager([[maybe_unused]] ServiceState state) {
#ifdef IIBD_SYSTEMD
  switch (state) {
    case ServiceState::ready:
      sd_notify(0, "READY=1");
      return;
    case ServiceState::stopping:
      sd_notify(0, "STOPPING=1");
      return;
  }
#endif
}

}  // namespace iib::app
