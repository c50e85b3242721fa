#include "iib/io/log_follower.hpp"

#include <utility>

namespace iib::io {

LogFollower::LogFollower(const Artifacts& artifacts, RequestId request,
                         std::shared_ptr<const OpenArtifact> log, std::uintmax_t offset)
    : artifacts_{artifacts}, request_{request}, log_{std::move(log)}, offset_{offset} {}

std::string LogFollower::read(std::size_t bytes) {
  // Before reading: the end of a log that has been replaced is its end for good.
  auto now = artifacts_.open(ArtifactKind::request_log, request_);
  if (!log_) log_ = now;
  if (!log_) return {};
  auto text = log_->read(offset_, bytes);
  if (text.empty() && now && !log_->is(*now)) {
    go_on_in(std::move(now));
    text = log_->read(offset_, bytes);
  }
  offset_ += text.size();
  return text;
}

void LogFollower::go_on_in(std::shared_ptr<const OpenArtifact> next) {
  const auto before = log_->left_out().value_or(LeftOut{});
  const auto after = next->left_out().value_or(LeftOut{});
  // Counted as if nothing had ever been left out.
  const auto reached = offset_ - before.line_bytes + before.bytes;
  const auto goes_on = after.at + after.bytes;
  offset_ = reached < goes_on ? after.at : reached - after.bytes + after.line_bytes;
  log_ = std::move(next);
}

}  // namespace iib::io
