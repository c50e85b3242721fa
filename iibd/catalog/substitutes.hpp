#pragma once

#include "catalog/bundle.hpp"
#include "catalog/index_database.hpp"
#include "iib/catalog/problem.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace iib::catalog {

/// Who substitutes for whom in an index (catalog-sqlite 8.6). Read once for a call, because the
/// column lies behind the payloads.
class Substitutes {
 public:
  explicit Substitutes(IndexDatabase& database);

  /// Changes the edges of `bundle`, which is about to be inserted, and of bundles in the index so
  /// that updates lead to the substitutes. Returns why that is impossible.
  [[nodiscard]] std::optional<Problem> apply(Bundle& bundle);

 private:
  /// Names whose bundle substitutes for `name`.
  [[nodiscard]] std::vector<std::string> of(const std::string& name) const;
  [[nodiscard]] bool leads_to(const std::string& name, const std::string& target) const;
  [[nodiscard]] std::optional<Problem> join_line(Bundle& bundle);
  void skip_line(Bundle& bundle) const;
  bool extend_successors(const Bundle& bundle);
  [[nodiscard]] std::optional<Edges> redirect(const Bundle& bundle) const;
  void redirect_replacers(const std::string& from, const std::string& to);
  void append_skips(const std::string& name, const Bundle& bundle);

  IndexDatabase& database_;
  /// Name of a bundle -> the name that it substitutes for.
  std::map<std::string, std::string> substituted_;
};

}  // namespace iib::catalog
