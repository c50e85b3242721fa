#include "iib/legacy/omps.hpp"

#include "form_file.hpp"
#include "iib/base/error.hpp"
#include "iib/io/http_url.hpp"
#include "iib/io/json.hpp"
#include "iib/io/zip_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace iib::legacy {
namespace {

namespace fs = std::filesystem;

constexpr auto kArchive = "manifests.zip";

[[noreturn]] void fail(const ExportedPackage& package, const Account& account,
                       const std::string& problem) {
  throw ExternalError{fmt::format("package {} could not be pushed to the legacy app registry of "
                                  "organization {}: {}",
                                  package.name, account.organization, problem),
                      ExternalError::Retry::no};
}

/// A package that the index does not have is exported as a package.yaml alone.
void require_bundles(const ExportedPackage& package) {
  const auto entries = std::distance(fs::directory_iterator{package.directory}, {});
  if (entries > 1) return;
  throw UserError{
      fmt::format("package {} cannot be pushed to the legacy app registry: the index image has no "
                  "such package; check the label "
                  "operators.operatorframework.io.bundle.package.v1 of its bundles",
                  package.name)};
}

std::optional<std::string> version_of(const io::HttpAnswer& answer) {
  try {
    const auto document = io::parse_json(answer.body, {.name = "answer", .max_depth = 32});
    const auto version = io::text_member(document, "version");
    return version ? std::optional<std::string>{*version} : std::nullopt;
  } catch (const UserError&) {
    return std::nullopt;  // the package lies there; only its version is not told
  }
}

}  // namespace

Omps::Omps(io::HttpServiceOptions options) : service_{std::move(options)} {}

std::optional<std::string> Omps::push(const ExportedPackage& package, const Account& account,
                                      const fs::path& scratch, const Cancellation& cancellation,
                                      const Log& log) const {
  require_bundles(package);
  const auto archive = scratch / kArchive;
  fs::remove(archive);
  io::write_zip(package.directory, archive);
  auto request = form_with_file("file", archive);
  request.target = io::percent_encoded(account.organization) + "/zipfile";
  request.authorization = account.token.clone();
  const auto answer = [&] {
    try {
      return service_.send(std::move(request), cancellation, log);
    } catch (const ExternalError& error) {
      fail(package, account, error.what());
    }
  }();
  if (answer.status < 200 || answer.status > 299) {
    const auto told = io::told_by(answer);
    fail(package, account,
         fmt::format("{} answered {}{}{}; check organization and cnr_token of the request, and "
                     "iib_omps_url",
                     service_.name(), answer.status, told.empty() ? "" : ": ", told));
  }
  auto version = version_of(answer);
  log.info("package {} was pushed to organization {}{}{}", package.name, account.organization,
           version ? " as version " : "", version.value_or(""));
  return version;
}

}  // namespace iib::legacy
