#pragma once

#include "cli/command_line.hpp"

namespace iib::cli {

// `iibd catalog COMMAND`. Each command is a file catalog_COMMAND.cpp with one function below, which
// catalog.cpp calls. To add one:
//
//   struct Options {                       // in an unnamed namespace
//     SourceOptions source;                // --database | --catalog | --index
//                                          //                            (catalog_source.hpp)
//     Format format = Format::text;        // --format                   (output.hpp)
//   };
//
//   void add_catalog_list(CLI::App& group, CommandLine& line) {
//     auto& command = *group.add_subcommand("list", "what it is for, in a line");
//     auto options = std::make_shared<Options>();
//     add_source_options(command, options->source);
//     add_format_option(command, options->format);
//     command.callback([&command, &line, options] {
//       require_source(command, options->source);   // contradictions: refuse_usage(), status 2
//       line.action = [options] {
//         return run_command(options->format, [&] { return list(*options); });
//       };
//     });
//   }
//
// and its work, `int list(const Options&)`: makes a Workspace (workspace.hpp: temporary directory,
// images, log, progress, interruption by signals), takes its catalog from open_source() or
// open_named(), prints the whole result by print() at the end (output.hpp), and gives the exit
// status: kDone, or kFailed for an answer that is a no. What it throws, run_command() prints, for
// people on standard error or as JSON on standard output, and gives kFailed.

void add_catalog_add(CLI::App& group, CommandLine& line);
void add_catalog_rm(CLI::App& group, CommandLine& line);
void add_catalog_prune(CLI::App& group, CommandLine& line);
void add_catalog_prune_stranded(CLI::App& group, CommandLine& line);
void add_catalog_deprecate(CLI::App& group, CommandLine& line);
void add_catalog_list(CLI::App& group, CommandLine& line);
void add_catalog_show(CLI::App& group, CommandLine& line);
void add_catalog_graph(CLI::App& group, CommandLine& line);
void add_catalog_diff(CLI::App& group, CommandLine& line);
void add_catalog_validate(CLI::App& group, CommandLine& line);
void add_catalog_export(CLI::App& group, CommandLine& line);
void add_catalog_render(CLI::App& group, CommandLine& line);
void add_catalog_migrate(CLI::App& group, CommandLine& line);
void add_catalog_merge(CLI::App& group, CommandLine& line);
void add_catalog_cache(CLI::App& group, CommandLine& line);
void add_catalog_deprecate_packages(CLI::App& group, CommandLine& line);

}  // namespace iib::cli
