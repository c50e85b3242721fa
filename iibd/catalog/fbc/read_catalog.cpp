#include "catalog/fbc/read_catalog.hpp"

#include "iib/base/parallel.hpp"
#include "iib/catalog/fbc_changes.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <numeric>
#include <set>
#include <string_view>
#include <utility>

namespace iib::catalog::fbc {
namespace {

namespace fs = std::filesystem;

/// The longest piece of work must not begin last.
void largest_first(std::vector<std::size_t>& order, const std::vector<CatalogFile>& files) {
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return files[a].bytes > files[b].bytes; });
}

using Touched = std::set<std::string>;

void add_all(Touched& touched, const FileNames& names) {
  touched.insert(names.packages.begin(), names.packages.end());
  touched.insert(names.deprecated.begin(), names.deprecated.end());
}

bool has_any(const FileNames& names, const Touched& touched) {
  const auto is_touched = [&](const std::string& name) { return touched.contains(name); };
  return std::any_of(names.packages.begin(), names.packages.end(), is_touched) ||
         std::any_of(names.deprecated.begin(), names.deprecated.end(), is_touched);
}

template <class T>
void append(std::vector<T>& to, std::vector<T>& from) {
  to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
}

void append(Facts& to, Facts& from) {
  append(to.packages, from.packages);
  append(to.channels, from.channels);
  append(to.bundles, from.bundles);
  append(to.deprecations, from.deprecations);
  to.others += from.others;
  to.blobs += from.blobs;
}

template <class T>
void renumber(std::vector<T>& facts, std::size_t file) {
  for (auto& each : facts) each.where.file = file;
}

void renumber(Facts& facts, std::size_t file) {
  renumber(facts.packages, file);
  renumber(facts.channels, file);
  renumber(facts.bundles, file);
  renumber(facts.deprecations, file);
}

/// One reading of a catalog.
class Reading {
 public:
  Reading(const fs::path& root, const ReadOptions& options) : root_{root}, options_{options} {
    read_.listing = find_files(root);
    const auto count = read_.listing.files.size();
    read_.facts.resize(count);
    read_.names.resize(count);
    read_.depths.resize(count, Depth::names);
    for (const auto& file : read_.listing.files) read_.ids.push_back(id_of(root / file.name));
  }

  [[nodiscard]] std::vector<std::size_t> all() const {
    std::vector<std::size_t> files(read_.ids.size());
    std::iota(files.begin(), files.end(), std::size_t{0});
    return files;
  }

  /// Takes what is known of files that are the same; returns the others. Packages of files that are
  /// not there any more are touched.
  std::vector<std::size_t> take_over(ReadCatalog& known, Touched& touched) {
    std::map<std::string_view, std::size_t> places;
    for (std::size_t i = 0; i < known.ids.size(); ++i) places[known.listing.files[i].name] = i;
    std::vector<std::size_t> others;
    for (std::size_t i = 0; i < read_.ids.size(); ++i) {
      const auto place = places.find(read_.listing.files[i].name);
      if (place == places.end() || known.ids[place->second] != read_.ids[i] ||
          read_.ids[i] == FileId{}) {
        others.push_back(i);
        continue;
      }
      take_over(known, place->second, i);
      places.erase(place);
    }
    for (const auto& [name, place] : places) add_all(touched, known.names[place]);
    return others;
  }

  void read(std::vector<std::size_t> files, const std::function<bool(const std::string&)>& wanted) {
    largest_first(files, read_.listing.files);
    in_parallel(files.size(), options_.threads,
                [&](std::size_t turn) { read(files[turn], wanted); });
  }

  /// Adds the packages of files that were read.
  void add_names(Touched& touched) const {
    for (std::size_t i = 0; i < read_.ids.size(); ++i) {
      if (read_.depths[i] == Depth::facts) add_all(touched, read_.names[i]);
    }
  }

  /// Files not read with something of packages that are touched.
  [[nodiscard]] std::vector<std::size_t> known_by_name(const Touched& touched) const {
    std::vector<std::size_t> files;
    for (std::size_t i = 0; i < read_.ids.size(); ++i) {
      if (read_.depths[i] == Depth::names && has_any(read_.names[i], touched)) files.push_back(i);
    }
    return files;
  }

  [[nodiscard]] ReadCatalog take() { return std::move(read_); }

 private:
  void take_over(ReadCatalog& known, std::size_t from, std::size_t to) {
    read_.facts[to] = std::move(known.facts[from]);
    renumber(read_.facts[to].facts, to);
    read_.names[to] = std::move(known.names[from]);
    read_.depths[to] = known.depths[from];
  }

  void read(std::size_t index, const std::function<bool(const std::string&)>& wanted) {
    const auto& file = read_.listing.files[index];
    if (!wanted(file.name)) {
      if (auto names = find_names(root_, file, options_.cancellation)) {
        read_.names[index] = std::move(*names);
        return;
      }
    }
    read_.facts[index] = read_facts(root_, file, index, options_.identities, options_.cancellation);
    read_.names[index] = names_of(read_.facts[index].facts);
    read_.depths[index] = Depth::facts;
  }

  const fs::path& root_;
  const ReadOptions& options_;
  ReadCatalog read_;
};

}  // namespace

FileId id_of(const fs::path& path) {
  struct ::stat status {};
  if (::stat(path.c_str(), &status) != 0) return {};
  return {.device = status.st_dev, .inode = status.st_ino};
}

ReadCatalog read_catalog(const fs::path& root, const ReadOptions& options) {
  return read_catalog(root, options, [](const std::string&) { return true; });
}

ReadCatalog read_catalog(const fs::path& root, const ReadOptions& options,
                         const std::function<bool(const std::string&)>& wanted) {
  Reading reading{root, options};
  reading.read(reading.all(), wanted);
  return reading.take();
}

ReadCatalog read_changes(const fs::path& root, const ReadOptions& options, ReadCatalog known) {
  Reading reading{root, options};
  auto touched = Touched{};
  auto unread = reading.take_over(known, touched);
  while (!unread.empty()) {
    reading.read(unread, [](const std::string&) { return true; });
    reading.add_names(touched);
    unread = reading.known_by_name(touched);
  }
  return reading.take();
}

void refuse_unreadable(ReadCatalog& catalog) {
  Findings findings;
  for (auto& finding : catalog.listing.findings) findings.add(Stage::load, std::move(finding));
  for (auto& file : catalog.facts) findings.add_all(std::move(file.findings));
  Validation validation;
  findings.take(validation);
  if (!validation.problems.empty()) throw RefusedCatalog{std::move(validation.problems)};
}

CheckedCatalog check_catalog(ReadCatalog read) {
  CheckedCatalog catalog;
  Findings findings;
  for (auto& finding : read.listing.findings) findings.add(Stage::load, std::move(finding));
  for (auto& file : read.facts) {
    append(catalog.facts, file.facts);
    findings.add_all(std::move(file.findings));
  }
  const auto completeness =
      findings.has_load_problem() ? Completeness::partial : Completeness::complete;
  catalog.files = std::move(read.listing.files);
  const Reporter report{catalog.files, findings};
  catalog.model = build_model(catalog.facts, completeness, report);
  check_deprecations(catalog.facts, catalog.model, completeness, report);
  check_model(catalog.model, completeness, report);

  catalog.validation = {
      .problems = {}, .warnings = {}, .files = catalog.files.size(), .blobs = catalog.facts.blobs};
  findings.take(catalog.validation);
  return catalog;
}

}  // namespace iib::catalog::fbc
