#include "catalog/fbc/cache_packages.hpp"

#include "catalog/fbc/json_object.hpp"
#include "catalog/raw_json.hpp"
#include "iib/base/base64.hpp"

#include <map>
#include <unordered_set>
#include <utility>
#include <vector>

namespace iib::catalog::fbc {
namespace {

/// The entry that no other one replaces or skips; there is exactly one.
std::string_view head_of(const Channel& channel) {
  std::unordered_set<std::string_view> left;
  for (const auto& entry : channel.entries) {
    left.insert(entry.replaces);
    left.insert(entry.skips.begin(), entry.skips.end());
  }
  for (const auto& entry : channel.entries) {
    if (!left.contains(entry.name)) return entry.name;
  }
  return {};
}

std::string entry_json(const Channel& channel, const ChannelEntry& entry) {
  CacheObject object;
  object.text("package", channel.package);
  object.text("channel", channel.name);
  object.text("name", entry.name);
  object.text("replaces", entry.replaces);
  if (entry.skips.empty()) object.raw("skips", "null");
  std::vector<std::string> skips;
  for (const auto& name : entry.skips) skips.push_back(json_string(name));
  object.list_if_any("skips", skips);
  return object.take();
}

void add_deprecation(CacheObject& object, const std::string* message) {
  if (message == nullptr) return;
  CacheObject deprecation;
  deprecation.text("message", *message);
  object.raw("deprecation", deprecation.take());
}

std::string channel_json(const Channel& channel, const CachedPackageFacts& facts) {
  std::map<std::string_view, const ChannelEntry*> entries;
  for (const auto& entry : channel.entries) entries.emplace(entry.name, &entry);
  CacheObject bundles;
  for (const auto& [name, entry] : entries) bundles.raw(name, entry_json(channel, *entry));
  CacheObject object;
  object.text("Name", channel.name);
  object.text("Head", head_of(channel));
  object.raw("Bundles", bundles.take());
  const auto deprecated = facts.channel_deprecations.find(channel.name);
  if (deprecated != facts.channel_deprecations.end()) add_deprecation(object, deprecated->second);
  return object.take();
}

std::string icon_json(const Icon& icon) {
  auto data = icon.base64data;
  std::erase_if(data, [](char c) { return c == '\n' || c == '\r'; });
  CacheObject object;
  if (data.empty()) {
    object.raw("base64data", "null");
  } else {
    object.text("base64data", data);
  }
  object.text("mediatype", icon.mediatype);
  return object.take();
}

}  // namespace

std::string package_json(const CachedPackageFacts& facts, const PackageModel& model,
                         CacheIcons icons) {
  const auto& package = facts.package;
  CacheObject channels;
  for (const auto& [name, channel] : model.channels) {
    channels.raw(name, channel_json(channel->channel, facts));
  }
  CacheObject object;
  object.text("name", package.name);
  object.text("description", package.description);
  const bool has_icon = package.icon && icons == CacheIcons::keep;
  object.raw("icon", has_icon ? icon_json(*package.icon) : "null");
  object.text("defaultChannel", package.default_channel);
  object.raw("Channels", channels.take());
  add_deprecation(object, facts.deprecation);
  return object.take();
}

std::string without_icon(std::string_view json) {
  std::string result{json};
  for (const auto& [key, value] : raw_members(json)) {
    if (key != "icon") continue;
    result.replace(static_cast<std::size_t>(value.data() - json.data()), value.size(), "null");
    break;
  }
  return result;
}

void PackagesJson::add(std::string_view name, std::string_view json) {
  write_(empty_ ? "{" : ",");
  empty_ = false;
  write_(json_string(name));
  write_(":");
  write_(json);
}

void PackagesJson::finish() {
  write_(empty_ ? "{}" : "}");
}

void write_packages_json(const Model& model, const CachedPackageMap& packages, CacheIcons icons,
                         const std::function<void(std::string_view)>& write) {
  PackagesJson list{write};
  for (const auto& [name, package] : model) {
    list.add(name, package_json(packages.find(name)->second, package, icons));
  }
  list.finish();
}

}  // namespace iib::catalog::fbc
