#pragma once

namespace iib::test {

/// A port of loopback for a program that a test starts. No other test program is given it while
/// this one runs, and the kernel gives it to nobody: it lies below the range of ip(7) for sockets
/// that do not care. Throws when there is none left.
int free_port();

}  // namespace iib::test
