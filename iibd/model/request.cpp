#include "iib/model/request.hpp"

#include <array>
#include <utility>

namespace iib::model {
namespace {

template <class Value>
using Named = std::pair<Value, std::string_view>;

constexpr std::array kTypes{
    Named<RequestType>{RequestType::generic, "generic"},
    Named<RequestType>{RequestType::add, "add"},
    Named<RequestType>{RequestType::rm, "rm"},
    Named<RequestType>{RequestType::regenerate_bundle, "regenerate-bundle"},
    Named<RequestType>{RequestType::merge_index_image, "merge-index-image"},
    Named<RequestType>{RequestType::create_empty_index, "create-empty-index"},
    Named<RequestType>{RequestType::recursive_related_bundles, "recursive-related-bundles"},
    Named<RequestType>{RequestType::fbc_operations, "fbc-operations"},
    Named<RequestType>{RequestType::add_deprecations, "add-deprecations"},
};

constexpr std::array kStates{
    Named<RequestState>{RequestState::in_progress, "in_progress"},
    Named<RequestState>{RequestState::complete, "complete"},
    Named<RequestState>{RequestState::failed, "failed"},
};

template <class Table, class Value>
std::string_view name_of(const Table& table, Value value) {
  for (const auto& [known, name] : table) {
    if (known == value) return name;
  }
  return "unknown";
}

template <class Value, class Table>
std::optional<Value> value_of(const Table& table, std::string_view name) {
  for (const auto& [value, known] : table) {
    if (known == name) return value;
  }
  return std::nullopt;
}

}  // namespace

std::string_view to_string(RequestType type) {
  return name_of(kTypes, type);
}

std::optional<RequestType> request_type_from(std::string_view name) {
  return value_of<RequestType>(kTypes, name);
}

std::string_view to_string(RequestState state) {
  return name_of(kStates, state);
}

std::optional<RequestState> request_state_from(std::string_view name) {
  return value_of<RequestState>(kStates, name);
}

}  // namespace iib::model
