#include "regenerate_document.hpp"

#include "iib/bundle/refusal.hpp"
#include "iib/io/layer_path.hpp"

#include <fmt/format.h>

#include <utility>

namespace iib::bundle {
namespace {

io::YamlEdit::Result changed(const std::string& path, const Manifest& manifest,
                             const DocumentEdit& edit) {
  try {
    return edit.result();
  } catch (const io::YamlUneditable& error) {
    throw Refusal{
        manifest.is_csv ? RefusalCode::malformed_csv : RefusalCode::annotations_invalid_yaml,
        fmt::format("{}: {}", io::shown_name(path), error.what()), path};
  }
}

}  // namespace

void DocumentEdit::replace(const io::YamlPath& place, std::size_t offset, std::size_t length,
                           std::string_view by, std::string_view why) {
  edit_.replace(place, offset, length, by);
  reasons_.emplace_back(place, why);
}

void DocumentEdit::set(const io::YamlPath& mapping, std::string_view key, io::YamlValue value,
                       std::string_view why) {
  edit_.set(mapping, key, std::move(value));
  auto place = mapping;
  place.emplace_back(std::string{key});
  reasons_.emplace_back(std::move(place), why);
}

const std::vector<Entry>& Document::entries() const {
  if (!entries_) entries_ = find_entries(now_);
  return *entries_;
}

void Document::apply(const DocumentEdit& edit) {
  if (edit.empty()) return;
  auto result = changed(path_, now_, edit);
  if (result.text == now_.text) return;
  Manifest next{now_.path, std::move(result.text), std::move(result.document), now_.is_csv};
  if (!before_) before_ = std::move(now_);
  now_ = std::move(next);
  entries_.reset();
  for (const auto& [place, why] : edit.reasons()) {
    auto& reason = reasons_[place];
    // Two pieces of one text mostly change for one reason.
    if (reason == why || reason.ends_with(", " + why)) continue;
    reason += reason.empty() ? why : ", " + why;
  }
}

}  // namespace iib::bundle
