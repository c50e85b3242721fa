#pragma once

#include "iib/base/cancellation.hpp"
#include "iib/base/retry.hpp"
#include "iib/catalog/engine.hpp"
#include "iib/catalog/file_based_engine.hpp"
#include "iib/config/organization.hpp"
#include "iib/image/engine.hpp"
#include "iib/io/artifacts.hpp"
#include "iib/model/request.hpp"
#include "iib/task/kept_catalogs.hpp"
#include "iib/task/progress.hpp"
#include "iib/task/services.hpp"
#include "iib/task/shared_lookups.hpp"

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace iib::task {

/// When an index is looked at again after the build (`iib_verify_from_index`, pipeline 6.1).
enum class VerifyFromIndex { always, before_overwriting };

/// The settings that the steps of a build read.
struct Settings {
  /// `iib_registry`: where results go.
  std::string registry;
  /// `iib_image_push_template`, with `{registry}` and `{request_id}`.
  std::string push_template;
  /// `iib_index_image_output_registry`; empty: results are reported as pushed.
  std::string output_registry;
  VerifyFromIndex verify = VerifyFromIndex::always;  ///< Whether also without overwriting.
  /// `iib_rebase_attempts`: how often a build that is to overwrite its index begins again because
  /// the index changed meanwhile.
  int rebase_attempts = 3;
  RetryPolicy retries{};  ///< For the one call whose tries a step decides about itself.
  /// `iib_docker_config_template`.
  std::filesystem::path docker_config_template;
  std::vector<std::string> insecure_registries;  ///< `iib_insecure_registries`.
  /// `iib_supported_archs`: architecture -> what the label `architecture` of an image for it says.
  std::map<std::string, std::string> architecture_labels{};
  /// Holds a directory per running request; swept at start.
  std::filesystem::path work_root;
  /// The least free bytes below `work_root` before a build begins.
  std::uintmax_t least_free_bytes = 64UL << 20U;
  /// `iib_required_labels`: what every added bundle must be labelled with.
  std::map<std::string, std::string> required_labels{};
  /// `iib_binary_image_config`: scope -> OCP version -> image.
  std::map<std::string, std::map<std::string, std::string>> binary_images{};
  /// `iib_related_image_registry_replacement`: user -> registry -> the one to look at instead.
  std::map<std::string, std::map<std::string, std::string>> related_image_registries{};
  /// `iib_max_ocp_version_property`: whether bundles that use APIs which later clusters do not have
  /// are kept from those.
  bool max_ocp_version_property = false;
  Services services{};  ///< Besides registries.
  /// `iib_organization_customizations`, all of one form.
  std::map<std::string, config::Organization> organizations{};
  config::RegenerateRules regenerate_rules =
      config::RegenerateRules::automatic;         ///< `iib_regenerate_rules`.
  std::vector<std::string> allowed_registries{};  ///< `iib_allowed_registries`; empty: all.
  /// `iib_max_recursive_related_bundles`: so many bundles below one are too many.
  std::size_t most_nested_bundles = 15;
  /// `iib_no_ocp_label_allow_list`: beginnings of indexes, and users, for which bundles need no
  /// label `com.redhat.openshift.versions`.
  std::vector<std::string> no_ocp_label_allow_list{};
  /// `hidden_index_db_path`: the database in an image with a file-based catalog.
  std::filesystem::path hidden_database = "/var/lib/iib/_hidden/do.not.edit.db";
  /// `fbc_fragment_catalog_path`: the catalog in the image of a fragment.
  std::filesystem::path fragment_catalog = "/configs";
  /// How catalogs of files are changed.
  catalog::FileBasedOptions file_based{};
};

/// What a task works with. All of it outlives every task and may be shared by several.
struct Environment {
  const Settings& settings;          ///< The daemon's configuration, as far as steps read it.
  image::ImageEngine& images;        ///< For everything that touches a registry.
  catalog::CatalogEngine& catalogs;  ///< For everything that touches an index's contents.
  SharedLookups& lookups;            ///< What images of bundles were found to be.
  io::Artifacts& artifacts;          ///< Takes what a request leaves besides images.
  KeptCatalogs& kept_catalogs;       ///< What requests left for the next ones.
};

/// One job as a task sees it; what it refers to outlives the task.
struct Job {
  const std::string& queue;              ///< Decides about gating.
  const model::Request& request;         ///< As stored.
  const model::JobArguments& arguments;  ///< What is not stored with the request.
  const model::JobSecrets& secrets;      ///< Credentials that came with the request.
};

/// How a task that succeeds ends; failures are exceptions.
struct Outcome {
  std::string reason;      ///< Of the final state `complete`.
  model::Learned learned;  ///< Stored with the final state.
};

/// Runs the steps of the request's type (pipeline 6) and reports through `progress`. Safe to run
/// again after a death at any point: it writes only to names that carry the request's id. Throws
/// UserError or ExternalError with the reason of the failure, Cancelled when it was stopped.
[[nodiscard]] Outcome run(const Job& job, const Environment& environment, Progress& progress,
                          const Cancellation& cancellation);

}  // namespace iib::task
