#include "catalog/payload_spool.hpp"

#include "iib/base/error.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <string>
#include <system_error>

namespace iib::catalog {
namespace {

/// What stays in memory: a call of a few bundles needs no file.
constexpr std::size_t kKeptBytes = 4UL << 20U;

ExternalError scratch_error(const std::filesystem::path& directory, int code) {
  return ExternalError{fmt::format("scratch file in {} cannot be used: {}", directory.string(),
                                   std::generic_category().message(code)),
                       ExternalError::Retry::no};
}

}  // namespace

PayloadSpool::~PayloadSpool() {
  if (file_ >= 0) ::close(file_);
}

int PayloadSpool::file() {
  std::call_once(opened_, [this] {
    auto path = (directory_ / "payloads-XXXXXX").string();
    file_ = ::mkostemp(path.data(), O_CLOEXEC);
    if (file_ < 0) throw scratch_error(directory_, errno);
    ::unlink(path.c_str());
  });
  return file_;
}

void PayloadSpool::put(Bundle& bundle) {
  bundle.csv.shrink_to_fit();  // they grew by doubling
  bundle.objects.shrink_to_fit();
  const auto size = bundle.csv.size() + bundle.objects.size();
  if (kept_bytes_.fetch_add(size) + size <= kKeptBytes) return;
  kept_bytes_ -= size;
  const auto begin = end_.fetch_add(static_cast<std::int64_t>(size));
  auto at = begin;
  const int target = file();
  for (const auto* text : {&bundle.csv, &bundle.objects}) {
    for (std::size_t done = 0; done < text->size();) {
      const auto written = ::pwrite(target, text->data() + done, text->size() - done, at);
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) throw scratch_error(directory_, errno);
      done += static_cast<std::size_t>(written);
      at += written;
    }
  }
  bundle.spooled = SpooledPayloads{
      .offset = begin, .csv_bytes = bundle.csv.size(), .objects_bytes = bundle.objects.size()};
  drop(bundle);
}

void PayloadSpool::fetch(Bundle& bundle) const {
  if (!bundle.spooled) return;
  const auto read = [&](std::string& text, std::size_t size, std::int64_t at) {
    text.resize(size);
    for (std::size_t done = 0; done < size;) {
      const auto offset = at + static_cast<std::int64_t>(done);
      const auto count = ::pread(file_, text.data() + done, size - done, offset);
      if (count < 0 && errno == EINTR) continue;
      if (count <= 0) throw scratch_error(directory_, count < 0 ? errno : EIO);
      done += static_cast<std::size_t>(count);
    }
  };
  const auto& place = *bundle.spooled;
  read(bundle.csv, place.csv_bytes, place.offset);
  read(bundle.objects, place.objects_bytes,
       place.offset + static_cast<std::int64_t>(place.csv_bytes));
}

void PayloadSpool::drop(Bundle& bundle) {
  // Not `= {}`, which assigns no characters and keeps the memory.
  bundle.csv = std::string{};
  bundle.objects = std::string{};
}

}  // namespace iib::catalog
