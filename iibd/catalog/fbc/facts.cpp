#include "catalog/fbc/facts.hpp"

#include "catalog/fbc/blob_parser.hpp"
#include "catalog/fbc/blob_reader.hpp"
#include "catalog/fbc/identity.hpp"
#include "iib/base/error.hpp"
#include "iib/model/image_reference.hpp"

#include <fmt/format.h>

#include <functional>
#include <string_view>
#include <utility>
#include <variant>

namespace iib::catalog::fbc {
namespace {

/// From here on `olm.deprecations` has types (catalog-fbc 2.5).
constexpr Releases kSinceDeprecations{.from = 32, .before = Releases::kNone};
/// From here on pull specifications must parse.
constexpr Releases kSinceReferences{.from = 64, .before = Releases::kNone};
constexpr Releases kAll{};
/// What reading puts in the place of bytes that are no UTF-8.
constexpr std::string_view kReplacement = "\xef\xbf\xbd";

std::string directory_of(const std::string& file) {
  const auto slash = file.rfind('/');
  return slash == std::string::npos ? std::string{} : file.substr(0, slash);
}

bool is_reference(const std::string& image) {
  try {
    static_cast<void>(model::ImageReference::parse(image));
    return true;
  } catch (const UserError&) {
    return false;
  }
}

class FileReader {
 public:
  FileReader(const std::filesystem::path& root, const CatalogFile& file, std::size_t index,
             Identities identities)
      : file_{file},
        index_{index},
        identities_{identities},
        objects_{.root = root, .directory = directory_of(file.name)} {}

  FileFacts run(const Cancellation& cancellation) {
    try {
      BlobReader reader{objects_.root / file_.name};
      while (const auto raw = reader.next()) {
        cancellation.check("reading the catalog");
        take(*raw);
      }
    } catch (const SplitError& error) {
      const bool large = dynamic_cast<const BlobTooLarge*>(&error) != nullptr;
      where_ = {.file = index_, .number = 0, .line = error.line()};
      report(large ? Rule::too_large : Rule::syntax, error.what(), kAll);
    }
    return std::move(result_);
  }

 private:
  void report(Rule rule, std::string text, Releases refused_by) {
    Finding finding;
    finding.rule = rule;
    finding.place = {.file = file_.name, .number = where_.number, .line = where_.line};
    finding.package = package_;
    finding.bundle = bundle_;
    finding.text = subject_.empty() ? std::move(text) : fmt::format("{}: {}", subject_, text);
    finding.refused_by = refused_by;
    result_.findings.add(Stage::load, std::move(finding));
  }

  void take(const RawBlob& raw) {
    where_ = {.file = index_, .number = raw.number, .line = raw.line};
    subject_.clear();
    package_.clear();
    bundle_.clear();
    ++result_.facts.blobs;
    try {
      auto parsed = parse_blob(raw, Values::leave_out);
      take_parsed(parsed);
    } catch (const BlobError& error) {
      report(error.rule(), error.what(), kAll);
    }
  }

  void take_parsed(const ParsedBlob& parsed) {
    check_keys(parsed.root, report_);
    const auto schema = schema_of(parsed.root);
    subject_ = schema;
    try {
      std::visit([&](auto&& blob) { keep(std::forward<decltype(blob)>(blob), parsed.root); },
                 read_blob(parsed, Values::leave_out));
    } catch (const BlobError& error) {
      const bool typed_late = schema == kDeprecationsSchema;
      report(error.rule(), error.what(), typed_late ? kSinceDeprecations : kAll);
    }
  }

  /// Bytes that are no UTF-8 are replaced when a blob is read, so that two names could become one.
  void check_name(std::string_view name, std::string_view what) {
    if (name.find(kReplacement) == std::string_view::npos) return;
    report(
        Rule::syntax,
        fmt::format("{} {} is not UTF-8, or holds the character U+FFFD, which stands for what is "
                    "not: correct it",
                    what, name),
        kAll);
  }

  void keep(Package package, const io::JsonValue&) {
    package_ = package.name;
    subject_ += " " + package.name;
    check_name(package.name, "its name");
    if (package.icon && !is_base64(package.icon->base64data)) {
      report(Rule::field_type, "the base64data of its icon is no base64", kAll);
    }
    result_.facts.packages.push_back({.name = std::move(package.name),
                                      .default_channel = std::move(package.default_channel),
                                      .has_description = !package.description.empty(),
                                      .where = where_});
  }

  void keep(Channel channel, const io::JsonValue&) {
    check_name(channel.name, "its name");
    check_name(channel.package, "its package");
    for (const auto& entry : channel.entries) check_name(entry.name, "its entry");
    result_.facts.channels.push_back({.channel = std::move(channel), .where = where_});
  }

  void keep(BundleBlob bundle, const io::JsonValue& root) {
    package_ = bundle.package;
    bundle_ = bundle.name;
    subject_ += " " + bundle.name;
    check_name(bundle.name, "its name");
    check_name(bundle.package, "its package");
    check_images(bundle);
    auto identity =
        identities_ == Identities::tell ? bundle_identity(bundle.image, root) : std::string{};
    result_.facts.bundles.push_back({.name = std::move(bundle.name),
                                     .package = std::move(bundle.package),
                                     .properties = check_properties(root, objects_, report_),
                                     .image = std::move(bundle.image),
                                     .identity = std::move(identity),
                                     .where = where_});
  }

  void check_images(const BundleBlob& bundle) {
    const auto check = [&](const std::string& image, std::string_view what) {
      if (image.empty() || is_reference(image)) return;
      report(Rule::image_reference, fmt::format("its {} {} is no pull specification", what, image),
             kSinceReferences);
    };
    check(bundle.image, "image");
    for (const auto& related : bundle.related_images) check(related.image, "related image");
  }

  void keep(Deprecations deprecations, const io::JsonValue&) {
    result_.facts.deprecations.push_back(
        {.deprecations = std::move(deprecations), .where = where_});
  }

  void keep(const Meta&, const io::JsonValue& root) {
    check_meta(root, report_);
    ++result_.facts.others;
  }

  const CatalogFile& file_;
  std::size_t index_;
  Identities identities_;
  ObjectPlace objects_;
  FileFacts result_;
  Where where_;
  /// What the blob being read is, as far as it is known.
  std::string subject_;
  std::string package_;
  std::string bundle_;
  Report report_ = [this](Rule rule, std::string text, Releases refused_by) {
    report(rule, std::move(text), refused_by);
  };
};

}  // namespace

FileFacts read_facts(const std::filesystem::path& root, const CatalogFile& file, std::size_t index,
                     Identities identities, const Cancellation& cancellation) {
  return FileReader{root, file, index, identities}.run(cancellation);
}

}  // namespace iib::catalog::fbc
