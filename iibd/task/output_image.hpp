#pragma once

#include "context.hpp"

#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace iib::task {

/// `iib_image_push_template` with `tag` in place of the request's id (pipeline 5.6).
[[nodiscard]] std::string tagged_pull_spec(const Context& context, const std::string& tag);

/// The name of the request's result: the same with its id.
[[nodiscard]] std::string output_pull_spec(const Context& context);

/// `pushed` as the request's document tells it: with `iib_index_image_output_registry`.
[[nodiscard]] std::string reported_pull_spec(const Context& context, std::string pushed);

/// An image named `output`-architecture for each of `architectures`, on the base of that one; on
/// nothing when there are no bases.
[[nodiscard]] std::vector<image::Target> output_targets(
    const std::map<std::string, model::ImageReference>& bases,
    const std::set<std::string>& architectures, const std::string& output);

/// Builds an image with `content` for each of `targets` and pushes it. Throws ExternalError before
/// anything is pushed when the label `architecture` of one would not be what `iib_supported_archs`
/// says (pipeline 5.5); an image without that label may be for any.
[[nodiscard]] std::vector<image::PushedImage> build_images(const Context& context,
                                                           const image::ImageContent& content,
                                                           std::span<const image::Target> targets,
                                                           const image::Access& access);

/// Tells the state, if the request has it, and pushes the manifest list of `images` as `output`, if
/// the job is still ours; gives it by digest.
[[nodiscard]] model::ImageReference push_manifest_list(Context& context, const std::string& output,
                                                       std::span<const image::PushedImage> images);

}  // namespace iib::task
