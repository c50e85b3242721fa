#pragma once

#include "site.hpp"

#include <string>
#include <vector>

namespace iib::test {

/// A daemon with a file-based index of the package tern, which only the catalog has, and requests
/// that must fail.
class Refusing {
 public:
  explicit Refusing(const std::string& image_engine);

  /// Pushes an index with `content` as its file `path`; gives its pull specification.
  std::string push_index(const std::string& name, const std::string& path,
                         const std::string& content, const std::string& label = "/configs");
  /// Pushes a fragment with `catalog` in the directory `name`; gives its pull specification.
  std::string push_fragment(const std::string& name, const std::string& catalog);

  /// The reason for which the request fails; nothing was pushed.
  std::string refused(const std::string& type, const std::string& body);
  /// The same of a request on `from_index` that says `more`.
  std::string refused(const std::string& type, const std::string& from_index,
                      const std::string& more);
  /// The reason for which `fragment` is not taken into the index.
  std::string refused_fragment(const std::string& fragment);

  Site site;
  Daemon daemon;
  std::string database_index;        ///< An index with a database.
  std::string index;                 ///< The file-based index.
  std::vector<std::string> history;  ///< The reasons of all states of the last refused request.
};

}  // namespace iib::test
