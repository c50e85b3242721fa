#pragma once

namespace iib::bench {

/// From the start of the process until it listens, and the memory of the idle daemon.
void measure_start(int rounds);
/// GET /builds/{id}, pages and POST /builds/add with many requests stored, by wrk: how many a
/// second, and how long the slowest take.
void measure_http(int rounds);
/// A whole add request beside the same steps by hand.
void measure_add(int rounds);

}  // namespace iib::bench
