// iibd/precompiled_json.hpp with Catch2, for test programs of several sources.

#ifndef IIBD_TEST_PRECOMPILED_HPP
#define IIBD_TEST_PRECOMPILED_HPP

#include "precompiled_json.hpp"

#include <catch2/catch.hpp>

#endif  // IIBD_TEST_PRECOMPILED_HPP
