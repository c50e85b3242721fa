#include "catalog/fbc/cache_names.hpp"

#include "catalog/shown_name.hpp"

#include <fmt/format.h>

#include <unordered_map>

namespace iib::catalog::fbc {
namespace {

/// Of the file systems that images are unpacked to.
constexpr std::size_t kLongestName = 255;
/// Problems that somebody reads.
constexpr std::size_t kMostProblems = 100;

struct Entry {
  std::string_view package;
  std::string_view channel;
  std::string_view bundle;
};

std::string text_of(const Entry& entry) {
  return fmt::format("bundle {} in channel {} of package {}", shown(entry.bundle),
                     shown(entry.channel), shown(entry.package));
}

class NameCheck {
 public:
  std::vector<Problem> run(const Model& model) {
    for (const auto& [package, facts] : model) {
      for (const auto& [channel, channel_facts] : facts.channels) {
        for (const auto& entry : channel_facts->channel.entries) {
          check({.package = package, .channel = channel, .bundle = entry.name});
          if (problems_.size() >= kMostProblems) return std::move(problems_);
        }
      }
    }
    return std::move(problems_);
  }

 private:
  void check(const Entry& entry) {
    auto name = cache_file_name(entry.package, entry.channel, entry.bundle);
    if (name.find('/') != std::string::npos || name.find('\0') != std::string::npos) {
      return refuse(entry,
                    fmt::format("{} cannot be served: its names would be those of a file in the "
                                "cache, where no slash may be; rename it",
                                text_of(entry)));
    }
    if (name.size() > kLongestName) {
      return refuse(entry,
                    fmt::format("{} cannot be served: its names together would be that of a file "
                                "in the cache and are {} bytes too long; shorten one",
                                text_of(entry), name.size() - kLongestName));
    }
    const auto [other, is_new] = seen_.try_emplace(std::move(name), entry);
    if (is_new) return;
    refuse(entry, fmt::format("{} and {} cannot be served both: they would have the same file {} "
                              "in the cache; rename one",
                              text_of(other->second), text_of(entry), shown(other->first)));
  }

  void refuse(const Entry& entry, std::string text) {
    problems_.push_back({.kind = ProblemKind::invalid_index,
                         .bundle = std::string{entry.bundle},
                         .pull_spec = {},
                         .package = std::string{entry.package},
                         .channel = std::string{entry.channel},
                         .text = std::move(text)});
  }

  std::unordered_map<std::string, Entry> seen_;
  std::vector<Problem> problems_;
};

}  // namespace

std::string cache_file_name(std::string_view package, std::string_view channel,
                            std::string_view bundle) {
  return fmt::format("{}_{}_{}.json", package, channel, bundle);
}

std::vector<Problem> check_cache_names(const Model& model) {
  return NameCheck{}.run(model);
}

}  // namespace iib::catalog::fbc
