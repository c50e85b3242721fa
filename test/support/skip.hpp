#pragma once

#include <string>

namespace iib::test {

/// Notes that the running test case is skipped and why; the listener counts it as such.
void note_skip(const std::string& reason);

/// The reason given for the running test case, emptied; empty when it was not skipped.
std::string take_skip();

}  // namespace iib::test

/// Ends the test case as skipped: Catch2 2.13 has no such thing of its own.
#define IIBD_SKIP(reason)             \
  do {                                \
    ::iib::test::note_skip(reason);   \
    SUCCEED("skipped: " << (reason)); \
    return;                           \
  } while (false)
