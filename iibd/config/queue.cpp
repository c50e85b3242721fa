#include "iib/config/config.hpp"

namespace iib::config {
namespace {

/// The configured choice under `key`; an empty one counts as absent.
const QueueChoice* choice_for(const Config& config, const std::string& key) {
  const auto found = config.user_to_queue.find(key);
  if (found == config.user_to_queue.end()) return nullptr;
  const bool empty = std::visit([](const auto& choice) { return choice.empty(); }, found->second);
  return empty ? nullptr : &found->second;
}

}  // namespace

std::string queue_for(const Config& config, const std::optional<std::string>& user, Order order,
                      const std::optional<std::string>& from_index) {
  if (!user) return std::string{kDefaultQueue};
  const auto* choice =
      choice_for(config, (order == Order::serial ? "SERIAL:" : "PARALLEL:") + *user);
  if (choice == nullptr) choice = choice_for(config, *user);
  if (choice == nullptr) return std::string{kDefaultQueue};
  if (const auto* name = std::get_if<std::string>(choice)) return *name;
  const auto& by_index = std::get<std::map<std::string, std::string>>(*choice);
  const auto own = from_index ? by_index.find(*from_index) : by_index.end();
  return own != by_index.end() ? own->second : by_index.at("all");
}

}  // namespace iib::config
