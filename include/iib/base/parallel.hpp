#pragma once

#include <cstddef>
#include <functional>

namespace iib {

/// Calls `work` with 0, 1, ... `count` - 1 on at most `threads` threads, this one among them, and
/// waits for all. Once one has thrown no further call is begun. What the lowest number threw is
/// thrown on: they are begun in order, so that it is the same every time.
void in_parallel(std::size_t count, std::size_t threads,
                 const std::function<void(std::size_t)>& work);

}  // namespace iib
