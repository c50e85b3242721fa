#include "catalog/bundle_reader.hpp"

#include "catalog/bundle_files.hpp"
#include "catalog/csv.hpp"
#include "catalog/json_text.hpp"
#include "catalog/manifest_document.hpp"
#include "catalog/metadata.hpp"
#include "catalog/properties.hpp"
#include "iib/catalog/problem.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <set>
#include <utility>

namespace iib::catalog {
namespace {

constexpr auto kManifests = "manifests";
constexpr auto kMetadata = "metadata";
constexpr std::string_view kCsvKind = "ClusterServiceVersion";

/// Reads one bundle. Faults are gathered, so that its author sees all of them at once.
class Reader {
 public:
  Reader(const BundleSource& source, const Log& log) : source_{source}, log_{log} {
    bundle_.pull_spec = source.pull_spec;
  }

  Bundle read() {
    attempt([&] { read_manifests(); });
    attempt([&] { read_metadata(); });
    if (faults_.empty()) attempt([&] { derive(); });
    refuse_faults();
    return std::move(bundle_);
  }

 private:
  /// Runs `step`; what is wrong with the bundle becomes a fault. A full disk does not.
  void attempt(const std::function<void()>& step) {
    try {
      step();
    } catch (const UserError& error) {
      faults_.emplace_back(error.what());
    }
  }

  void refuse_faults() const {
    if (faults_.empty()) return;
    const auto named = bundle_.name.empty() ? std::string{} : fmt::format(" ({})", bundle_.name);
    std::vector<Problem> problems;
    for (const auto& fault : faults_) {
      problems.push_back(
          {.kind = ProblemKind::invalid_bundle,
           .bundle = bundle_.name,
           .pull_spec = source_.pull_spec,
           .package = bundle_.package,
           .channel = {},
           .text = fmt::format("bundle {}{} is not valid: {}", source_.pull_spec, named, fault)});
    }
    throw Refused{std::move(problems)};
  }

  void leave_out(const std::string& file, std::string_view reason) {
    log_.warning("bundle {}: {} is left out: {}", source_.pull_spec, file, reason);
    left_out_ += fmt::format("; {} was left out: {}", file, reason);
  }

  void note_more_documents(const FileDocument& document, const std::string& file) const {
    if (!document.more_follow) return;
    log_.warning("bundle {}: only the first document of {} counts, others follow it",
                 source_.pull_spec, file);
  }

  // Manifests (3.2)

  void read_manifests() {
    left_out_.clear();
    for (const auto& name : list_files(source_.directory, kManifests, HiddenFiles::skip)) {
      read_manifest(fmt::format("{}/{}", kManifests, name));
    }
    if (bundle_.objects.empty()) {
      throw UserError{fmt::format("manifests/ has no object in it{}", left_out_)};
    }
    if (!has_csv_) {
      throw UserError{fmt::format("manifests/ has no ClusterServiceVersion{}", left_out_)};
    }
  }

  void read_manifest(const std::string& file) {
    if (const auto document = read_document(file)) take_object(*document, file);
  }

  /// The first document of `file`; nothing when the file is left out.
  std::optional<FileDocument> read_document(const std::string& file) {
    const auto text = files_.read(source_.directory / file);
    if (!text) {
      leave_out(file, fmt::format("it is larger than {} MiB", kMaxFileBytes >> 20U));
      return std::nullopt;
    }
    try {
      auto document = read_file_document(*text, file);
      note_more_documents(document, file);
      return document;
    } catch (const UserError& error) {
      leave_out(file, error.what());
      return std::nullopt;
    }
  }

  void take_object(const FileDocument& document, const std::string& file) {
    if (document.root.IsNull()) return leave_out(file, "its first document is empty");
    const auto kind = io::text_member(document.root, "kind");
    if (!kind || kind->empty()) return leave_out(file, "it is no object with a kind");
    const auto api_version = io::text_member(document.root, "apiVersion").value_or("");
    if (std::count(api_version.begin(), api_version.end(), '/') > 1) {
      return leave_out(file, fmt::format("its apiVersion {} must be GROUP/VERSION", api_version));
    }
    const bool is_csv = *kind == kCsvKind;
    if (is_csv && has_csv_) {
      return leave_out(file, "an earlier file has the ClusterServiceVersion already");
    }
    auto json = canonical_json(document.root);
    json += '\n';
    bundle_.objects += json;
    if (is_csv) {
      has_csv_ = true;
      bundle_.csv = std::move(json);
      attempt([&] { take_csv(document.root); });
    }
    attempt([&] {
      for (auto& api : crd_apis(document.root)) provided_.insert(std::move(api));
    });
  }

  void take_csv(const io::JsonValue& object) {
    csv_ = read_csv(object);
    bundle_.name = csv_.name;
    bundle_.version = csv_.version;
    bundle_.edges = csv_.edges;
    bundle_.skip_range = csv_.skip_range;
    bundle_.substitutes_for = csv_.substitutes_for;
  }

  // Metadata (3.8): per purpose the first file that yields something

  void read_metadata() {
    left_out_.clear();
    std::optional<BundleAnnotations> annotations;
    for (const auto& name : list_files(source_.directory, kMetadata, HiddenFiles::include)) {
      const auto file = fmt::format("{}/{}", kMetadata, name);
      const auto document = read_document(file);
      if (!document) continue;
      try_for(file, [&] {
        if (!annotations) annotations = read_annotations(*document);
      });
      try_for(file, [&] {
        if (dependencies_.empty()) dependencies_ = read_typed_list(*document, "dependencies");
      });
      try_for(file, [&] {
        if (properties_.empty()) properties_ = read_typed_list(*document, "properties");
      });
    }
    if (!annotations) {
      throw UserError{
          fmt::format("no file in metadata/ has the annotations of a bundle{}", left_out_)};
    }
    take_annotations(std::move(*annotations));
  }

  void try_for(const std::string& file, const std::function<void()>& purpose) {
    try {
      purpose();
    } catch (const UserError& error) {
      leave_out(file, error.what());
    }
  }

  void take_annotations(BundleAnnotations annotations) {
    attempt([&] { check_name(annotations.package, "package"); });
    for (auto& channel : annotations.channels) {
      attempt([&] { check_name(channel, "channel"); });
      auto& channels = bundle_.channels;
      const bool known = std::find(channels.begin(), channels.end(), channel) != channels.end();
      if (!known) channels.push_back(std::move(channel));
    }
    bundle_.package = std::move(annotations.package);
    bundle_.default_channel = std::move(annotations.default_channel);
    if (bundle_.channels.empty()) throw UserError{"its annotations name no channel"};
  }

  static void check_name(std::string_view name, std::string_view what) {
    constexpr std::string_view kBlanks = " \t\r\n";
    if (name.empty()) throw UserError{fmt::format("its annotations have an empty {} name", what)};
    if (kBlanks.find(name.front()) != std::string_view::npos ||
        kBlanks.find(name.back()) != std::string_view::npos) {
      throw UserError{fmt::format(
          "its annotations name the {} \"{}\": remove the blanks around the name", what, name)};
    }
  }

  // What follows from both (4)

  void derive() {
    provided_.insert(csv_.owned_services.begin(), csv_.owned_services.end());
    for (const auto& api : csv_.owned) {
      if (provided_.contains(api)) continue;
      faults_.push_back(
          fmt::format("its ClusterServiceVersion owns {}/{}/{} ({}), but no "
                      "CustomResourceDefinition among its manifests defines that",
                      api.group, api.version, api.kind, api.plural));
    }
    bundle_.provided.assign(provided_.begin(), provided_.end());
    const std::set<Api> required(csv_.required.begin(), csv_.required.end());
    bundle_.required.assign(required.begin(), required.end());
    bundle_.dependencies = derive_dependencies(std::move(dependencies_), bundle_.required);
    if (!csv_.properties_annotation.empty()) {
      auto annotated = read_properties_annotation(csv_.properties_annotation);
      std::move(annotated.begin(), annotated.end(), std::back_inserter(properties_));
    }
    bundle_.properties = derive_properties(std::move(properties_), bundle_);
    std::set<std::string> images(csv_.images.begin(), csv_.images.end());
    images.insert(bundle_.pull_spec);
    bundle_.related_images.assign(images.begin(), images.end());
  }

  const BundleSource& source_;
  const Log& log_;
  Bundle bundle_;
  BundleFiles files_;
  CsvFields csv_;
  bool has_csv_ = false;
  std::set<Api> provided_;
  std::vector<TypedValue> dependencies_;
  std::vector<TypedValue> properties_;
  std::vector<std::string> faults_;
  /// What was left out of the directory being read: usually the reason why something is missing.
  std::string left_out_;
};

}  // namespace

Bundle read_bundle(const BundleSource& source, const Log& log) {
  return Reader{source, log}.read();
}

}  // namespace iib::catalog
