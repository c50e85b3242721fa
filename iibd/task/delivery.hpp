#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace iib::task {

/// The label of an index that tells its OCP version.
inline constexpr auto kVersionLabel = "com.redhat.index.delivery.version";

/// What stands for no binary image (pipeline 5.4).
inline constexpr std::string_view kScratch = "scratch";

/// For whom an index is, in rising order (pipeline 5.3).
enum class Scope { dev, stage, prod };

/// As labels and requests spell it.
[[nodiscard]] std::string_view to_string(Scope scope) noexcept;

/// What an index image is delivered as, by its labels (pipeline 3.4).
struct Delivery {
  std::string version = "v4.5";  ///< The OCP version; what an index without the label counts as.
  Scope scope = Scope::prod;
};

/// Reads the labels of the index `pull_spec`. Throws UserError for a scope that is none.
[[nodiscard]] Delivery delivery_of(const std::map<std::string, std::string>& labels,
                                   std::string_view pull_spec);

/// The scope of the new index: `requested` (`distribution_scope`), or that of the old one. Throws
/// UserError when it is higher than the old one's.
[[nodiscard]] Scope choose_scope(Scope old, const std::optional<std::string>& requested);

/// The labels of an index delivered as `delivery` whose label `place_label` names `place`; those of
/// `more` come last, over the others.
[[nodiscard]] std::map<std::string, std::string> index_labels(
    const Delivery& delivery, std::string_view place_label, std::string_view place,
    const std::map<std::string, std::string>& more);

/// OCP version -> image, by scope (`iib_binary_image_config`).
using BinaryImages = std::map<std::string, std::map<std::string, std::string>>;

/// The binary image for an index delivered as `delivery`: `requested`, or the configured one
/// (pipeline 5.4); `scratch` stands for none. Throws UserError when there is neither, or one says
/// `scratch` and the other does not.
[[nodiscard]] std::string choose_binary_image(const BinaryImages& configured,
                                              const std::optional<std::string>& requested,
                                              const Delivery& delivery);

}  // namespace iib::task
