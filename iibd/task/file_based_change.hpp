#pragma once

#include "context.hpp"
#include "iib/catalog/fbc_changes.hpp"

namespace iib::task {

/// How `catalog` is changed, by the configuration.
[[nodiscard]] catalog::fbc::ChangeOptions change_options(const Context& context,
                                                         const catalog::Catalog& catalog);

/// The part of an index that is a database: itself, or the hidden one.
[[nodiscard]] catalog::Catalog database_of(const catalog::Catalog& catalog);

}  // namespace iib::task
