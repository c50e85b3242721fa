#include "iib/io/gzip_writer.hpp"

#include "iib/base/error.hpp"
#include "iib/base/sha256.hpp"

#include <libdeflate.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <new>
#include <thread>
#include <utility>
#include <vector>

namespace iib::io {
namespace {

/// Plain bytes of a member. More compress better, by less than one part in a hundred from here on;
/// fewer need less memory and begin to leave sooner.
constexpr std::size_t kMemberBytes = 512UL * 1024;
/// libdeflate's fastest that looks for repetitions. The next one takes a third more time and saves
/// 3 % of an index database (docs/performance.md).
constexpr int kLevel = 1;
/// Members under way for each thread: one being compressed, one waiting.
constexpr std::size_t kMembersEach = 2;

using Compressor = std::unique_ptr<libdeflate_compressor, decltype(&libdeflate_free_compressor)>;

Compressor make_compressor() {
  Compressor compressor{libdeflate_alloc_compressor(kLevel), &libdeflate_free_compressor};
  if (compressor == nullptr) throw std::bad_alloc{};
  return compressor;
}

struct Member {
  std::vector<char> plain;
  std::vector<char> packed;
  std::size_t packed_bytes = 0;
  std::string plain_sha256;
  std::string packed_sha256;
  bool done = false;
};

void compress(libdeflate_compressor* compressor, Member& member) {
  member.packed_bytes =
      libdeflate_gzip_compress(compressor, member.plain.data(), member.plain.size(),
                               member.packed.data(), member.packed.size());
}

/// The same with the help of members that were packed before. Leaves nothing where OpenSSL fails.
void compress_or_find(libdeflate_compressor* compressor, const FindMember& find,
                      Member& member) noexcept try {
  member.plain_sha256 = sha256_hex({member.plain.data(), member.plain.size()});
  auto found = find(member.plain_sha256, member.packed);
  member.packed_bytes = found.bytes;
  member.packed_sha256 = std::move(found.packed_sha256);
  if (member.packed_bytes > 0) return;
  compress(compressor, member);
  member.packed_sha256 = sha256_hex({member.packed.data(), member.packed_bytes});
} catch (const std::exception&) {
  member.packed_bytes = 0;
}

}  // namespace

struct GzipWriter::Impl {
  Impl(ByteSink to, unsigned count, Cancellation heard, FindMember look)
      : sink{std::move(to)},
        cancellation{std::move(heard)},
        find{std::move(look)},
        most{kMembersEach * count} {
    for (unsigned made = 0; made < count; ++made) {
      workers.emplace_back([this, compressor = make_compressor()](const std::stop_token& stop) {
        work(compressor.get(), stop);
      });
    }
  }

  void work(libdeflate_compressor* compressor, const std::stop_token& stop) {
    std::unique_lock lock{mutex};
    while (work_ready.wait(lock, stop, [this] { return !waiting.empty(); })) {
      auto& member = *waiting.front();
      waiting.pop_front();
      lock.unlock();
      if (find) {
        compress_or_find(compressor, find, member);
      } else {
        compress(compressor, member);
      }
      lock.lock();
      member.done = true;
      work_done.notify_one();
    }
  }

  std::unique_ptr<Member> make_member() {
    std::unique_ptr<Member> member;
    if (spare.empty()) {
      member = std::make_unique<Member>();
      member->plain.reserve(kMemberBytes);
      member->packed.resize(libdeflate_gzip_compress_bound(nullptr, kMemberBytes));
    } else {
      member = std::move(spare.back());
      spare.pop_back();
      member->plain.clear();
      member->done = false;
    }
    return member;
  }

  void hand_over() {
    while (under_way.size() >= most) take_oldest();
    {
      const std::scoped_lock lock{mutex};
      waiting.push_back(filling.get());
    }
    under_way.push_back(std::move(filling));
    work_ready.notify_one();
  }

  void take_oldest() {
    auto& oldest = *under_way.front();
    {
      std::unique_lock lock{mutex};
      const bool done = work_done.wait_until(lock, cancellation.stop(), cancellation.deadline(),
                                             [&oldest] { return oldest.done; });
      if (!done) cancellation.check("compressing a layer");
    }
    if (oldest.packed_bytes == 0) throw Error{"a part of a layer could not be compressed"};
    sink({oldest.packed.data(), oldest.packed_bytes});
    if (find) {
      members.push_back({.plain_sha256 = std::move(oldest.plain_sha256),
                         .packed_sha256 = std::move(oldest.packed_sha256),
                         .offset = written,
                         .bytes = oldest.packed_bytes});
    }
    written += oldest.packed_bytes;
    spare.push_back(std::move(under_way.front()));
    under_way.pop_front();
  }

  ByteSink sink;
  Cancellation cancellation;
  FindMember find;
  std::size_t most;
  std::uint64_t written = 0;
  std::vector<GzipMember> members;
  bool begun = false;
  std::unique_ptr<Member> filling;
  std::deque<std::unique_ptr<Member>> under_way;
  std::vector<std::unique_ptr<Member>> spare;
  std::mutex mutex;
  std::condition_variable_any work_ready;
  std::condition_variable_any work_done;
  std::deque<Member*> waiting;
  /// Last, so that they have ended before the rest goes.
  std::vector<std::jthread> workers;
};

GzipWriter::GzipWriter(ByteSink sink, unsigned threads, Cancellation cancellation, FindMember find)
    : impl_{std::make_unique<Impl>(std::move(sink), std::max(threads, 1U), std::move(cancellation),
                                   std::move(find))} {}

GzipWriter::~GzipWriter() = default;

void GzipWriter::write(std::string_view bytes) {
  while (!bytes.empty()) {
    if (!impl_->filling) {
      impl_->cancellation.check("compressing a layer");
      impl_->filling = impl_->make_member();
    }
    auto& plain = impl_->filling->plain;
    const auto part = bytes.substr(0, kMemberBytes - plain.size());
    plain.insert(plain.end(), part.begin(), part.end());
    bytes.remove_prefix(part.size());
    if (plain.size() == kMemberBytes) impl_->hand_over();
    impl_->begun = true;
  }
}

void GzipWriter::finish() {
  if (!impl_->begun) impl_->filling = impl_->make_member();  // an empty stream is one empty member
  if (impl_->filling) impl_->hand_over();
  while (!impl_->under_way.empty()) impl_->take_oldest();
}

std::vector<GzipMember> GzipWriter::take_members() {
  return std::move(impl_->members);
}

}  // namespace iib::io
