#include "regenerate_answers.hpp"

#include <fmt/format.h>

#include <set>
#include <stdexcept>
#include <utility>

namespace iib::bundle {
namespace {

/// The answers about `images` out of `known`, into which `ask` first puts those that are missing.
template <class T, class Ask>
std::vector<T> answers(const std::vector<ImageName>& images, std::map<std::string, T>& known,
                       Ask ask) {
  std::vector<std::string> pull_specs;
  pull_specs.reserve(images.size());
  for (const auto& image : images) pull_specs.push_back(image.text());

  std::vector<std::string> missing;
  std::set<std::string_view> seen;
  for (const auto& pull_spec : pull_specs) {
    if (!known.contains(pull_spec) && seen.insert(pull_spec).second) missing.push_back(pull_spec);
  }
  if (!missing.empty()) {
    std::vector<T> told = ask(missing);
    if (told.size() != missing.size()) throw std::logic_error{"an image lookup left images out"};
    for (std::size_t i = 0; i < missing.size(); ++i) known[missing[i]] = std::move(told[i]);
  }

  std::vector<T> result;
  result.reserve(pull_specs.size());
  for (const auto& pull_spec : pull_specs) result.push_back(known.at(pull_spec));
  return result;
}

}  // namespace

std::vector<std::string> Answers::digests(const std::vector<ImageName>& images) {
  return answers(images, digests_, [this](const std::vector<std::string>& pull_specs) {
    auto digests = lookup_.digests(pull_specs);
    for (std::size_t i = 0; i < pull_specs.size() && i < digests.size(); ++i) {
      // A digest is a tag with a colon (bundle-regeneration 3.1); a file of the author may hold
      // anything.
      if (digests[i].find(':') == std::string::npos) {
        throw Unresolvable{pull_specs[i], fmt::format("{} cannot be pinned: '{}' is no digest such "
                                                      "as sha256:...",
                                                      pull_specs[i], digests[i])};
      }
    }
    looked_up_.insert(looked_up_.end(), pull_specs.begin(), pull_specs.end());
    return digests;
  });
}

std::vector<Labels> Answers::labels(const std::vector<ImageName>& images) {
  return answers(images, labels_, [this](const std::vector<std::string>& pull_specs) {
    return lookup_.labels(pull_specs);
  });
}

}  // namespace iib::bundle
