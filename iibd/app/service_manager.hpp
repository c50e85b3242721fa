#pragma once

namespace iib::app {

/// What systemd is told, if it started us (sd_notify(3)); otherwise nothing happens.
enum class ServiceState { ready, stopping };
void tell_service_manager(ServiceState state);

}  // namespace iib::app
