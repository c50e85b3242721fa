#pragma once

#include "catalog/index_database.hpp"
#include "iib/base/files.hpp"
#include "iib/catalog/engine.hpp"

#include <filesystem>
#include <functional>
#include <optional>

namespace iib::catalog {

/// Whether a change deletes bundles: then what refers to them is found by indexes that exist only
/// while it runs. Making them costs a pass over all small tables.
enum class Deletions { none, expected };

/// A change of an index, all or nothing: `change` runs in one transaction on a copy of `from`
/// (nothing: an empty index) with the schema of catalog-sqlite 1.1, and the finished file appears
/// below `work.directory` only when everything went well. Returns its path. Throws Refused for a
/// source that is no usable index database (1.3).
[[nodiscard]] std::filesystem::path change_copy(const std::optional<std::filesystem::path>& from,
                                                const Work& work,
                                                const std::function<void(IndexDatabase&)>& change,
                                                Deletions deletions = Deletions::none);

/// Like change_copy(), but changes `from` itself when `work` allows that, and returns it then.
[[nodiscard]] std::filesystem::path change_index(const std::optional<std::filesystem::path>& from,
                                                 const Work& work, Deletions deletions,
                                                 const std::function<void(IndexDatabase&)>& change);

/// Opens an index database for reading; throws like change_copy(). Undoes first what a killed
/// change has left in it.
[[nodiscard]] IndexDatabase open_for_reading(const std::filesystem::path& path);

/// Runs `step` and turns what SQLite says about `path` into an Error.
void translate_sqlite_errors(const std::filesystem::path& path, const std::function<void()>& step);

}  // namespace iib::catalog
