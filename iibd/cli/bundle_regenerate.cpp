#include "cli/bundle.hpp"
#include "cli/bundle_directory.hpp"
#include "cli/bundle_failure.hpp"
#include "cli/bundle_lookup.hpp"
#include "cli/bundle_report.hpp"
#include "cli/bundle_tables.hpp"
#include "cli/choice.hpp"
#include "iib/base/log.hpp"
#include "iib/bundle/regenerate.hpp"
#include "iib/config/options_file.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace iib::cli {
namespace {

using config::RegenerateRules;

/// What the command line says. A file that is not named is empty.
struct Options {
  std::filesystem::path directory;
  std::filesystem::path config;
  std::string organization;
  std::optional<RegenerateRules> rules;
  std::filesystem::path digests;
  std::filesystem::path labels;
  std::filesystem::path replacements;
  bool dry_run = false;
  RegistryOptions registries;
  Format format = Format::text;
};

/// What the files of the command line hold.
struct Input {
  config::Config config;
  std::optional<PullSpecTexts> digests;
  std::optional<LabelTables> labels;
  PullSpecTexts replacements;
};

Input read_input(const Options& options) {
  Input input;
  if (!options.config.empty()) input.config = config::read_options(options.config);
  if (!options.digests.empty()) input.digests = read_digests(options.digests);
  if (!options.labels.empty()) input.labels = read_labels(options.labels);
  if (!options.replacements.empty()) input.replacements = read_replacements(options.replacements);
  return input;
}

void warn_of_no_effect(const Options& options, const Input& input,
                       const bundle::Customizing& customizing, const Log& log) {
  const auto& organizations = input.config.organization_customizations;
  if (!options.organization.empty() && !organizations.contains(options.organization)) {
    log.warning(
        "{} has no customizations for the organization '{}': the rules for requests "
        "without organization apply",
        options.config.string(), options.organization);
  }
  const bool core = std::holds_alternative<config::CoreCustomizations>(customizing.rules);
  if (core && !options.replacements.empty()) {
    log.warning("--replacements has no effect: the core rules replace no bundles");
  }
}

bundle::Order order_of(const Options& options, const Input& input, const Log& log) {
  std::optional<std::string> organization;
  if (!options.organization.empty()) organization = options.organization;
  auto customizing = bundle::choose_customizing(
      input.config.organization_customizations,
      options.rules.value_or(input.config.regenerate_rules), organization);
  warn_of_no_effect(options, input, customizing, log);
  return {.customizing = std::move(customizing),
          .bundle_labels = input.labels ? input.labels->bundle : bundle::Labels{},
          .bundle_replacements = input.replacements};
}

/// As the command line says, and the configuration.
RegistryOptions registries_of(const Options& options, const Input& input) {
  auto registries = options.registries;
  const auto& configured = input.config.insecure_registries;
  registries.insecure_registries.insert(registries.insecure_registries.end(), configured.begin(),
                                        configured.end());
  return registries;
}

std::string summary_of(const Options& options, const bundle::Regenerated& result) {
  std::string text;
  for (const auto& [label, value] : result.labels) {
    text += fmt::format("label for the new image: {}={}\n", one_line(label), one_line(value));
  }
  for (const auto& image : result.related_bundles.value_or(std::vector<std::string>{})) {
    text += fmt::format("related bundle: {}\n", one_line(image));
  }
  const auto changes =
      result.files.empty()
          ? std::string{"nothing to change"}
          : fmt::format("{} in {}{}", count_of(result.changes.size(), "change", "changes"),
                        count_of(result.files.size(), "file", "files"),
                        options.dry_run ? ", nothing was written" : "");
  return text + fmt::format("{}: {}; {}, {} looked up\n", options.directory.string(), changes,
                            count_of(result.found.size(), "image", "images"),
                            result.looked_up.size());
}

int regenerate(const Options& options) {
  const auto input = read_input(options);
  const auto registries = registries_of(options, input);
  Workspace workspace{registries, "iibd-bundle-"};
  const auto order = order_of(options, input, workspace.log());
  const auto directories = open_bundle_directory(options.directory);
  const auto files = bundle::read_bundle(directories.manifests, directories.metadata);

  RegistryLookup asked{workspace, input.config, registries};
  TableLookup lookup{input.digests ? &*input.digests : nullptr,
                     input.labels ? &input.labels->images : nullptr,
                     input.digests ? nullptr : &asked};
  const auto result = bundle::regenerate(files, order, lookup, workspace.cancellation());
  workspace.cancellation().check("writing the bundle");
  if (!options.dry_run) {
    bundle::write_files(result.files, directories.manifests, directories.metadata);
  }
  workspace.console().clear();
  print(options.format == Format::json ? json_of(result)
                                       : difference_of(result) + summary_of(options, result));
  return kDone;
}

void add_file_option(CLI::App& command, const char* name, std::filesystem::path& file,
                     const char* meaning) {
  command.add_option(name, file, meaning)->type_name("FILE")->check([](const std::string& given) {
    return given.empty() ? "name a file" : "";
  });
}

void add_rule_options(CLI::App& command, Options& options) {
  add_file_option(command, "--config", options.config,
                  "configuration whose iib_organization_customizations and iib_regenerate_rules "
                  "apply (default: no customizations)");
  command
      .add_option("--organization", options.organization,
                  "whose customizations of the configuration apply")
      ->type_name("NAME");
  add_choice_option<std::optional<RegenerateRules>>(
      command, "--rules", options.rules,
      {{"auto", RegenerateRules::automatic},
       {"core", RegenerateRules::core},
       {"later", RegenerateRules::later}},
      "by which rules (default: as the configuration says, else auto: by the form of its "
      "customizations, core without any)");
}

void add_table_options(CLI::App& command, Options& options) {
  add_file_option(command, "--digests", options.digests,
                  "JSON object: pull specification -> digest, asked instead of registries; what is "
                  "not in it does not exist");
  add_file_option(command, "--labels", options.labels,
                  "JSON object: `bundle` with the bundle's labels, `images` with those of each "
                  "pull specification, asked instead of registries");
  add_file_option(command, "--replacements", options.replacements,
                  "JSON object: pull specification -> the one to put in its place, where the old "
                  "one is a bundle");
}

}  // namespace

void add_bundle_regenerate(CLI::App& group, CommandLine& line) {
  auto& command =
      *group.add_subcommand("regenerate", "pin the images of a bundle and customize it, in place");
  const auto options = std::make_shared<Options>();
  command
      .add_option("DIRECTORY", options->directory,
                  "holds the manifests/ and metadata/ that are changed")
      ->type_name("")
      ->required();
  add_rule_options(command, *options);
  add_table_options(command, *options);
  command.add_flag("--dry-run", options->dry_run, "tell what would change and write nothing");
  add_registry_options(command, options->registries);
  add_format_option(command, options->format);
  command.callback([&command, &line, options] {
    if (!options->organization.empty() && options->config.empty()) {
      refuse_usage(command, "--organization needs --config FILE, where its customizations are");
    }
    line.action = [options] {
      return run_bundle_command(options->format, [&] { return regenerate(*options); });
    };
  });
}

}  // namespace iib::cli
