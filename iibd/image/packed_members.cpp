#include "image/packed_members.hpp"

#include "iib/base/descriptor.hpp"
#include "iib/base/error.hpp"
#include "iib/base/sha256.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <optional>
#include <span>
#include <utility>

namespace iib::image {
namespace {

/// Of 512 KiB plain each: 8 GiB of layers, for some 5 MB of memory.
constexpr std::size_t kMostMembers = 16'384;
/// Layers that one layer takes members from; each is an open file.
constexpr std::size_t kMostOpen = 16;

bool read_at(int file, std::uint64_t offset, std::span<char> buffer) {
  while (!buffer.empty()) {
    const auto got = ::pread(file, buffer.data(), buffer.size(), static_cast<off_t>(offset));
    if (got <= 0) return false;
    offset += static_cast<std::uint64_t>(got);
    buffer = buffer.subspan(static_cast<std::size_t>(got));
  }
  return true;
}

}  // namespace

/// Finds members for one layer in the making, whose threads share it.
class PackedMembers::Finder {
 public:
  explicit Finder(PackedMembers& members) : members_{members} {}

  io::FoundMember find(const std::string& plain, std::span<char> buffer) noexcept {
    try {
      const auto place = members_.known_.with([&](const Known& known) -> std::optional<Place> {
        const auto found = known.by_plain.find(plain);
        return found == known.by_plain.end() ? std::nullopt : std::optional{found->second};
      });
      if (!place || place->member.bytes > buffer.size()) return {};
      const auto layer = open(*place->layer);
      const auto packed = buffer.first(place->member.bytes);
      if (!layer || !read_at(layer->file.get(), place->member.offset, packed)) return {};
      // A disk may have lost a part of a file; a layer made of it would have a digest of its own,
      // which no registry could refuse.
      auto sha256 = sha256_hex({packed.data(), packed.size()});
      if (sha256 != place->member.packed_sha256) return {};
      return {.bytes = packed.size(), .packed_sha256 = std::move(sha256)};
    } catch (const std::exception&) {  // whatever it was: packing works without
      return {};
    }
  }

 private:
  struct Open {
    LayerCache::Held held;
    Descriptor file;
  };

  std::shared_ptr<const Open> open(const model::Digest& layer) {
    const std::string hex{layer.hex()};
    bool full = false;
    auto opened = opened_.with([&](const auto& all) {
      full = all.size() >= kMostOpen;
      const auto found = all.find(hex);
      return found == all.end() ? nullptr : found->second;
    });
    if (opened || full) return opened;
    auto held = members_.cache_.find(layer);
    if (!held) return nullptr;
    Descriptor file{::open(held->path().c_str(), O_RDONLY | O_CLOEXEC)};
    if (!file.is_open()) return nullptr;
    opened.reset(new Open{*std::move(held), std::move(file)});
    return opened_.with([&](auto& all) { return all.emplace(hex, opened).first->second; });
  }

  PackedMembers& members_;
  Guarded<std::map<std::string, std::shared_ptr<const Open>>> opened_;
};

io::FindMember PackedMembers::finder() {
  // Shared, because a std::function is copied.
  return
      [finder = std::make_shared<Finder>(*this)](const std::string& plain, std::span<char> buffer) {
        return finder->find(plain, buffer);
      };
}

void PackedMembers::add(const model::Digest& layer, std::vector<io::GzipMember> members) {
  if (members.size() > kMostMembers) return;
  const auto pointer = std::make_shared<const model::Digest>(layer);
  std::vector<std::string> plain;
  for (const auto& member : members) plain.push_back(member.plain_sha256);
  known_.with([&](Known& known) {
    known.listed += plain.size();
    for (auto& member : members) {
      auto key = member.plain_sha256;
      known.by_plain.insert_or_assign(std::move(key), Place{pointer, std::move(member)});
    }
    known.layers.emplace_back(pointer, std::move(plain));
    while (known.listed > kMostMembers) forget_oldest(known);
  });
}

void PackedMembers::forget_oldest(Known& known) {
  const auto& [layer, plain] = known.layers.front();
  for (const auto& each : plain) {
    const auto found = known.by_plain.find(each);
    if (found != known.by_plain.end() && found->second.layer == layer) known.by_plain.erase(found);
  }
  known.listed -= plain.size();
  known.layers.pop_front();
}

}  // namespace iib::image
