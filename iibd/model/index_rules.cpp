#include "model/index_rules.hpp"

#include "iib/base/error.hpp"
#include "iib/model/image_reference.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

namespace iib::model {
namespace {

constexpr std::array<std::string_view, 6> kCommonNames{
    "add_arches",   "overwrite_from_index", "overwrite_from_index_token",
    "binary_image", "distribution_scope",   "build_tags"};
constexpr std::array<std::string_view, 3> kScopes{"prod", "stage", "dev"};
constexpr std::size_t kShownLength = 300;

template <class List>
bool contains(const List& list, std::string_view text) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](char character) {
    return character >= 'A' && character <= 'Z' ? static_cast<char>(character - 'A' + 'a')
                                                : character;
  });
  return text;
}

/// C6, C7 and C7b: whether the source index is to be overwritten, and with whose credentials.
void read_overwrite(Parameters& body, NewRequest& request) {
  request.arguments.overwrite_from_index = body.flag("overwrite_from_index").value_or(false);
  request.secrets.overwrite_token = body.take_secret("overwrite_from_index_token");
  if (request.secrets.overwrite_token && !request.arguments.overwrite_from_index) {
    throw UserError{
        "parameter 'overwrite_from_index_token' is allowed only together with "
        "'overwrite_from_index': true"};
  }
}

/// C10. An anonymous caller was let in because login is disabled, which switches this off too.
void check_overwrite_permission(const Caller& caller, const NewRequest& request) {
  const bool unrestricted = !request.arguments.overwrite_from_index ||
                            request.secrets.overwrite_token || !caller.user || caller.privileged();
  if (unrestricted) return;
  throw Forbidden{
      "'overwrite_from_index' without 'overwrite_from_index_token' is reserved for privileged "
      "users; give the token of an account that may push to 'from_index'"};
}

/// The kind of job that `IIB_FORCE_OVERWRITE_FROM_INDEX` speaks of (rest-api 3.3).
bool forced_to_overwrite(const Caller& caller, RequestType type) {
  return caller.rules.force_overwrite && caller.privileged() &&
         (type == RequestType::add || type == RequestType::rm);
}

void settle_overwrite(const Caller& caller, NewRequest& request) {
  auto& overwrite = request.arguments.overwrite_from_index;
  overwrite = overwrite || forced_to_overwrite(caller, request.type);
  if (!overwrite || !request.facts.from_index) return;
  refuse_overwriting_digest("overwrite_from_index", "from_index", *request.facts.from_index);
  request.ordering_key = ordering_key_of(*request.facts.from_index);
}

}  // namespace

bool Caller::privileged() const {
  return user && contains(rules.privileged_users, *user);
}

void check_pull_specification(std::string_view name, std::string_view image) {
  if (is_pull_specification(image)) return;
  throw UserError{
      fmt::format("parameter '{}' must be a pull specification: tag or digest is "
                  "missing in '{}'",
                  name, image.substr(0, kShownLength))};
}

std::string normalised_scope(std::string_view text) {
  auto scope = lower(std::string{text});
  if (contains(kScopes, scope)) return scope;
  throw UserError{fmt::format("parameter 'distribution_scope' must be one of {}, not '{}'",
                              fmt::join(kScopes, ", "), scope.substr(0, kShownLength))};
}

void check_pull_specifications(std::string_view name, const std::vector<std::string>& images) {
  for (const auto& image : images) check_pull_specification(name, image);
}

void refuse_overwriting_digest(std::string_view option, std::string_view parameter,
                               std::string_view index) {
  if (index.find('@') == std::string_view::npos) return;
  throw UserError{fmt::format(
      "'{}' needs a '{}' that is given by tag: '{}' is given by digest and cannot be overwritten",
      option, parameter, index.substr(0, kShownLength))};
}

std::optional<std::string> read_scope(const Parameters& body) {
  const auto scope = body.filled_text("distribution_scope");
  if (!scope) return std::nullopt;
  return normalised_scope(*scope);
}

std::optional<std::string> read_binary_image(const Parameters& body, const SubmissionRules& rules) {
  auto image = body.filled_text("binary_image");
  if (image) {
    check_pull_specification("binary_image", *image);
  } else if (!rules.has_default_binary_image) {
    throw UserError{
        "parameter 'binary_image' is missing: it must be a pull specification, because no default "
        "is configured (iib_binary_image_config)"};
  }
  return image;
}

std::string ordering_key_of(const std::string& index) {
  try {
    return ImageReference::parse(index).ordering_key();
  } catch (const UserError&) {
    return index;  // no complete reference: its job will fail, and it can only be compared as it is
  }
}

void check_graph_mode(std::string_view mode, const std::optional<std::string>& index,
                      const SubmissionRules& rules) {
  if (!contains(rules.graph_modes, mode)) {
    throw UserError{fmt::format("parameter 'graph_update_mode' must be one of {}, not '{}'",
                                fmt::join(rules.graph_modes, ", "), mode.substr(0, kShownLength))};
  }
  const auto listed = [&](std::string_view text) {
    return contains(rules.graph_mode_indexes, text);
  };
  if (index) {
    const auto colon = index->rfind(':');
    const bool tagged = colon != std::string::npos && index->find('/', colon) == std::string::npos;
    if (listed(*index) || (tagged && listed(index->substr(0, colon)))) return;
  }
  throw Forbidden{fmt::format("'graph_update_mode' may be used only with these indexes: {}",
                              rules.graph_mode_indexes.empty()
                                  ? std::string{"none is configured"}
                                  : fmt::format("{}", fmt::join(rules.graph_mode_indexes, ", ")))};
}

void apply_index_rules(Parameters& body, const IndexNames& names, const Caller& caller,
                       NewRequest& request) {
  check_index_names(body, names);
  read_index_parameters(body, caller, request);
}

void check_index_names(Parameters& body, const IndexNames& names) {
  auto optional = names.optional;
  optional.insert(optional.end(), kCommonNames.begin(), kCommonNames.end());
  body.check_names(names.required, optional);
  body.drop_empty();
}

void read_index_parameters(Parameters& body, const Caller& caller, NewRequest& request) {
  if (!body.present("from_index") && !body.present("add_arches")) {
    throw UserError{"one of the parameters 'from_index' and 'add_arches' must be given"};
  }
  auto& facts = request.facts;
  read_overwrite(body, request);
  if (request.arguments.overwrite_from_index && body.holds_text("from_index")) {
    refuse_overwriting_digest("overwrite_from_index", "from_index", *body.text("from_index"));
  }
  facts.distribution_scope = read_scope(body);
  check_overwrite_permission(caller, request);
  request.arguments.add_arches = body.list("add_arches");
  facts.binary_image = read_binary_image(body, caller.rules);
  facts.from_index = body.text("from_index");
  if (facts.from_index) check_pull_specification("from_index", *facts.from_index);
  facts.build_tags = body.list("build_tags");
  check_pull_specifications("bundles", facts.bundles);
  check_pull_specifications("deprecation_list", facts.deprecation_list);
  check_pull_specifications(facts.single_fragment_form ? "fbc_fragment" : "fbc_fragments",
                            facts.fbc_fragments);
  settle_overwrite(caller, request);
}

}  // namespace iib::model
