#include "cli/catalog_change.hpp"

#include "cli/change_summary.hpp"
#include "cli/command_line.hpp"
#include "cli/replaced_file.hpp"
#include "iib/catalog/contents.hpp"
#include "iib/catalog/embedded_engine.hpp"

#include <memory>
#include <system_error>

namespace iib::cli {
namespace {

/// The file that is written.
const std::filesystem::path& destination(const ChangeOptions& options) {
  return options.output.empty() ? options.source.database : options.output;
}

bool is_in_place(const ChangeOptions& options) {
  return options.source.index.empty() && options.output.empty();
}

std::optional<catalog::Catalog> open_or_begin(const ChangeOptions& options, AbsentDatabase absent,
                                              const ReplacedFile& file, Workspace& workspace) {
  if (is_in_place(options) && !file.exists() && absent == AbsentDatabase::made) return std::nullopt;
  return open_database(options.source, workspace);
}

catalog::Contents contents_of(const std::optional<catalog::Catalog>& catalog,
                              const Cancellation& cancellation) {
  return catalog ? catalog::read_contents(*catalog, {}, cancellation) : catalog::Contents{};
}

}  // namespace

void add_change_options(CLI::App& command, ChangeOptions& options) {
  add_database_options(command, options.source);
  command.add_option("--output", options.output, "written instead of the file of --database")
      ->type_name("FILE");
  add_format_option(command, options.format);
}

void require_change_options(const CLI::App& command, const ChangeOptions& options) {
  require_database(command, options.source);
  if (!options.source.index.empty() && options.output.empty()) {
    refuse_usage(command,
                 "--index needs --output FILE: the changed database is written there, the image "
                 "stays as it is");
  }
}

int change_catalog(const ChangeOptions& options, AbsentDatabase absent,
                   const CatalogChange& change) {
  const auto interruption = std::make_shared<Interruption>();
  const auto console = std::make_shared<Console>();
  const auto cancellation = interruption->cancellation();
  const auto& name = destination(options);
  ReplacedFile file{name, cancellation, *console};
  Workspace workspace{interruption, console, options.source.registries, file.directory(),
                      file.work_prefix()};
  const auto from = open_or_begin(options, absent, file, workspace);
  // Before the change, for it may be one of the file itself.
  const auto before = contents_of(from, cancellation);
  catalog::EmbeddedEngine engine;
  auto work = workspace.catalog_work();
  if (is_in_place(options)) work.source_use = catalog::SourceUse::in_place;
  const auto changed = change({engine, from, work, workspace});
  const auto after = contents_of(changed, Cancellation{});
  if (!from || changed.path != from->path) {
    cancellation.check("changing the catalog");
    file.replace(changed.path);
  }
  console->clear();
  print(summarize_change(options.format, ChangedThing::database, name.string(), before, after));
  return kDone;
}

}  // namespace iib::cli
