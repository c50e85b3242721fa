#pragma once

#include "iib/bundle/bundle_files.hpp"
#include "iib/bundle/regenerate.hpp"

#include <string>
#include <vector>

namespace iib::bundle {

/// A problem that a regeneration would refuse the bundle for.
struct Problem {
  std::string code;    ///< As to_string(RefusalCode).
  std::string reason;  ///< A full sentence.
  std::string file;    ///< The file at fault, or empty.
};

/// A group, version and kind.
struct Api {
  std::string group;    ///< `acme.example.com`.
  std::string version;  ///< `v1`.
  std::string kind;     ///< `Widget`.
};

/// An operator version that a bundle holds: one file of kind ClusterServiceVersion.
struct OperatorVersion {
  std::string file;                ///< Relative to the manifests directory.
  std::string name;                ///< `metadata.name`.
  std::string version;             ///< `spec.version`.
  std::string replaces;            ///< `spec.replaces`; empty when not given.
  std::vector<std::string> skips;  ///< `spec.skips`.
  std::vector<Api> provides;       ///< Owned custom resource definitions and API services.
  std::vector<Api> requires_apis;  ///< Required ones.
};

/// What a bundle is, read with leniency: what cannot be read is a problem in the list.
struct Inspection {
  std::string package;                    ///< Of annotations.yaml.
  std::vector<std::string> channels;      ///< Of annotations.yaml.
  std::string default_channel;            ///< Of annotations.yaml; empty when not given.
  std::vector<OperatorVersion> versions;  ///< By file.
  std::vector<NamedImage> images;         ///< Every pull specification and where it stands.
  std::vector<Problem> problems;          ///< What would be refused.
};

/// Looks at a bundle without changing it and without asking a registry. Throws what read_bundle()
/// would, nothing else.
[[nodiscard]] Inspection inspect(const BundleFiles& bundle);

}  // namespace iib::bundle
