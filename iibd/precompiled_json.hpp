// precompiled.hpp with RapidJSON (as iib/io/json.hpp configures it), for every module that stands
// on io.

#ifndef IIBD_PRECOMPILED_JSON_HPP
#define IIBD_PRECOMPILED_JSON_HPP

#include "iib/io/json.hpp"
#include "precompiled.hpp"

#endif  // IIBD_PRECOMPILED_JSON_HPP
