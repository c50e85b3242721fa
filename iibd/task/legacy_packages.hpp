#pragma once

#include "prepare.hpp"

#include <set>
#include <span>
#include <string>

namespace iib::task {

/// The packages that are pushed to the legacy app registry too (pipeline 9.1): those of `bundles`
/// with the label for it, or of all when `force_backport` was asked for. Throws UserError when
/// there are some and the request or the configuration lacks what pushing needs (9.2).
[[nodiscard]] std::set<std::string> legacy_packages(Context& context,
                                                    const Preparation& preparation,
                                                    std::span<const ResolvedBundle> bundles);

/// Exports `packages` of `catalog` and sends each once, even when the job runs again (pipeline 9.3,
/// 15); notes their versions in `learned`.
void push_legacy_packages(Context& context, const std::set<std::string>& packages,
                          const catalog::Catalog& catalog, model::Learned& learned);

}  // namespace iib::task
