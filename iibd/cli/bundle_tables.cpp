#include "cli/bundle_tables.hpp"

#include "iib/base/error.hpp"
#include "iib/base/files.hpp"
#include "iib/base/log.hpp"
#include "iib/bundle/image_name.hpp"
#include "iib/io/json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

namespace iib::cli {
namespace {

namespace fs = std::filesystem;
using bundle::Labels;

/// Some 100,000 images with their labels.
constexpr std::size_t kLargestFile = 64UL << 20U;

/// A JSON file of the command line, which knows how to complain about itself.
class JsonFile {
 public:
  explicit JsonFile(const fs::path& path)
      : name_{path.string()},
        document_{io::parse_json(read_file(path, kLargestFile), {.name = name_})} {}

  [[nodiscard]] const io::JsonValue& root() const { return document_; }

  /// Throws: `NAME: WHERE is a TYPE, but must be EXPECTED`.
  [[noreturn]] void fail(const std::string& where, const io::JsonValue& value,
                         std::string_view expected) const {
    throw UserError{fmt::format("{}: {} is of type {}, but must be {}", name_, one_line(where),
                                io::json_type_name(value), expected)};
  }

  /// Throws: `NAME: PROBLEM`.
  [[noreturn]] void fail(const std::string& problem) const {
    throw UserError{fmt::format("{}: {}", name_, one_line(problem))};
  }

  /// Calls `take(key, value)` for each member of `object`, which is called `where` in messages.
  template <class Take>
  void each(const std::string& where, const io::JsonValue& object, std::string_view expected,
            Take take) const {
    if (!object.IsObject()) fail(where, object, expected);
    for (const auto& member : object.GetObject()) {
      take(std::string{*io::as_text(member.name)}, member.value);
    }
  }

  /// The text of `value`, which is called `where` in messages.
  [[nodiscard]] std::string text(const std::string& where, const io::JsonValue& value,
                                 std::string_view expected) const {
    const auto text = io::as_text(value);
    if (!text) fail(where, value, expected);
    return std::string{*text};
  }

 private:
  std::string name_;
  io::JsonDocument document_;
};

std::string in_full(const std::string& pull_spec) {
  return bundle::ImageName::parse(pull_spec).text();
}

bool is_digest(std::string_view text) {
  constexpr std::string_view kAlgorithm = "sha256:";
  return text.starts_with(kAlgorithm) && text.size() > kAlgorithm.size() &&
         text.find_first_not_of("0123456789abcdef", kAlgorithm.size()) == std::string_view::npos;
}

/// Puts `value` under `pull_spec` printed in full; the same one written in two ways may not have
/// two values.
template <class Value>
void put(const JsonFile& file, std::map<std::string, Value>& table, const std::string& pull_spec,
         Value value) {
  const auto [entry, is_new] = table.try_emplace(in_full(pull_spec), value);
  if (is_new || entry->second == value) return;
  file.fail(
      fmt::format("{} is there twice, written in different ways and with different values: "
                  "remove one of them",
                  entry->first));
}

Labels labels_in(const JsonFile& file, const std::string& where, const io::JsonValue& object) {
  Labels labels;
  file.each(where, object, "an object: label -> value", [&](auto key, const auto& value) {
    const auto place = fmt::format("label '{}' of {}", key, where);
    labels.insert_or_assign(std::move(key), file.text(place, value, "a string"));
  });
  return labels;
}

PullSpecTexts pull_specs_to_texts(const JsonFile& file, std::string_view expected,
                                  std::string_view expected_value) {
  PullSpecTexts texts;
  file.each("the file", file.root(), expected, [&](auto key, const auto& value) {
    const auto where = fmt::format("the value of '{}'", key);
    texts.insert_or_assign(std::move(key), file.text(where, value, expected_value));
  });
  return texts;
}

}  // namespace

PullSpecTexts read_digests(const fs::path& path) {
  constexpr auto kDigest = "a digest, `sha256:` and hexadecimal digits in lower case";
  const JsonFile file{path};
  PullSpecTexts digests;
  for (auto& [pull_spec, digest] :
       pull_specs_to_texts(file, "an object: pull specification -> digest", kDigest)) {
    if (!is_digest(digest)) {
      file.fail(
          fmt::format("the value of '{}' is '{}', but must be {}", pull_spec, digest, kDigest));
    }
    put(file, digests, pull_spec, digest);
  }
  return digests;
}

LabelTables read_labels(const fs::path& path) {
  const JsonFile file{path};
  LabelTables tables;
  file.each("the file", file.root(), R"(an object with the keys "bundle" and "images")",
            [&](const std::string& key, const io::JsonValue& value) {
              if (key == "bundle") {
                tables.bundle = labels_in(file, "bundle", value);
              } else if (key == "images") {
                file.each("images", value, "an object: pull specification -> its labels",
                          [&](const std::string& pull_spec, const io::JsonValue& labels) {
                            put(file, tables.images, pull_spec,
                                labels_in(file, fmt::format("'{}'", pull_spec), labels));
                          });
              } else {
                file.fail(
                    fmt::format("it has the key '{}', but may have only `bundle` (labels of "
                                "the bundle image) and `images`",
                                key));
              }
            });
  return tables;
}

PullSpecTexts read_replacements(const fs::path& path) {
  return pull_specs_to_texts(JsonFile{path}, "an object: pull specification -> pull specification",
                             "a pull specification");
}

std::vector<std::string> TableLookup::digests(std::span<const std::string> pull_specs) {
  if (digests_ == nullptr) return elsewhere_->digests(pull_specs);
  std::vector<std::string> found;
  for (const auto& pull_spec : pull_specs) {
    const auto digest = digests_->find(in_full(pull_spec));
    if (digest == digests_->end()) {
      throw bundle::Unresolvable{
          pull_spec,
          fmt::format("image {} is not in the file of --digests, so it does not exist: add it "
                      "there, or leave the option out to ask its registry",
                      pull_spec)};
    }
    found.push_back(digest->second);
  }
  return found;
}

std::vector<Labels> TableLookup::labels(std::span<const std::string> pull_specs) {
  if (labels_ == nullptr && elsewhere_ != nullptr) return elsewhere_->labels(pull_specs);
  std::vector<Labels> found;
  for (const auto& pull_spec : pull_specs) {
    const auto* const labels = labels_of(in_full(pull_spec));
    found.push_back(labels == nullptr ? Labels{} : *labels);
  }
  return found;
}

const Labels* TableLookup::labels_of(const std::string& pull_spec) const {
  if (labels_ == nullptr) return nullptr;
  const auto entry = labels_->find(pull_spec);
  return entry == labels_->end() ? nullptr : &entry->second;
}

}  // namespace iib::cli
