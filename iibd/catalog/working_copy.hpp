#pragma once

#include "catalog/index_database.hpp"
#include "iib/base/files.hpp"
#include "iib/catalog/engine.hpp"

#include <filesystem>
#include <functional>
#include <optional>

namespace iib::catalog {

/// A change of an index, all or nothing: `change` runs in one transaction on a copy of `from`
/// (nothing: an empty index) with the schema of catalog-sqlite 1.1, and the finished file appears
/// below `work.directory` only when everything went well. Returns its path. Throws Refused for a
/// source that is no usable index database (1.3).
[[nodiscard]] std::filesystem::path change_copy(const std::optional<std::filesystem::path>& from,
                                                const Work& work,
                                                const std::function<void(IndexDatabase&)>& change);

/// Opens an index database for reading; throws like change_copy().
[[nodiscard]] IndexDatabase open_for_reading(const std::filesystem::path& path);

/// Runs `step` and turns what SQLite says about `path` into an Error.
void translate_sqlite_errors(const std::filesystem::path& path, const std::function<void()>& step);

}  // namespace iib::catalog
