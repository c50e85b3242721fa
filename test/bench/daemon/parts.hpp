#pragma once

namespace iib::bench {

/// From the start of the process until it listens, and the memory of the idle daemon.
void measure_start(int rounds);
/// Requests a second of GET /builds/{id} and POST /builds/add, by wrk.
void measure_http(int rounds);
/// A whole add request beside the same steps by hand.
void measure_add(int rounds);

}  // namespace iib::bench
