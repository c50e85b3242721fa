// Parsed once per module instead of once per source: what most sources include. Each source still
// names all that it uses, for clang-tidy and a build with -Db_pch=false read it without this file.

// A guard, for GCC warns of `#pragma once` in what it precompiles.
#ifndef IIBD_PRECOMPILED_HPP
#define IIBD_PRECOMPILED_HPP

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <sstream>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#endif  // IIBD_PRECOMPILED_HPP
