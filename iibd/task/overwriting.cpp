#include "overwriting.hpp"

#include "iib/base/retry.hpp"

#include <fmt/format.h>

#include <string>

namespace iib::task {
namespace {

/// What lies under the tag of the base index now.
model::ImageReference current(const Context& context) {
  const auto reference = model::ImageReference::parse(context.base_index().value());
  return reference.at(context.images().manifest(reference, context.access()).digest);
}

/// The same; nothing when the registry does not tell.
std::optional<model::ImageReference> current_if_known(const Context& context) {
  try {
    return current(context);
  } catch (const ExternalError& error) {
    context.log().warning("{}", error.what());
    return std::nullopt;
  }
}

/// Whether the tag was written although the registry failed: its answer may have been lost. Throws
/// IndexChanged when somebody else has written it.
bool was_written(const Context& context, const model::ImageReference& before,
                 const model::ImageReference& written, const ExternalError& failure) {
  const auto now = current_if_known(context);
  const auto& index = *context.base_index();
  if (!now) {
    throw ExternalError{
        fmt::format("{}; whether {} was overwritten cannot be told: it was if it is {} now",
                    failure.what(), index, written.text()),
        ExternalError::Retry::no};
  }
  if (now->text() == written.text()) {
    context.log().warning("{} was overwritten although its registry failed: {}", index,
                          failure.what());
    return true;
  }
  if (now->text() == before.text()) return false;
  throw IndexChanged{fmt::format(
      "{} {} was overwritten by somebody else at the same time (it was {}, now it is {}): submit "
      "the request again to build on the new one",
      context.base_index_parameter(), index, before.text(), now->text())};
}

/// Writes the tag, as often as a registry is tried, but never again without a look right before:
/// between two tries somebody else may write it.
void write_tag(const Context& context, const model::ImageReference& source,
               const model::ImageReference& before, const model::ImageReference& written) {
  const auto& retries = context.settings().retries;
  const auto destination = model::ImageReference::parse(*context.base_index());
  for (int attempt = 1;; ++attempt) {
    context.progress().confirm_claim();
    try {
      context.images().put_tag(source, destination, context.access());
      return;
    } catch (const ExternalError& error) {
      const bool last = !error.worth_retrying() || attempt >= retries.attempts;
      if (!last) {
        wait_before_retry(retries, attempt, context.cancellation(), context.log(),
                          fmt::format("overwriting {}", destination.text()), error);
      }
      if (was_written(context, before, written, error)) return;
      if (last) throw;
    }
  }
}

/// Registries do not tell who wrote: what is read back must be what was written. One that took the
/// tag and is gone since is believed, for a failure would deny what was done.
void require_overwritten(const Context& context, const model::ImageReference& written) {
  const auto now = current_if_known(context);
  if (!now || now->text() == written.text()) return;
  throw ExternalError{
      fmt::format("{} was overwritten with {}, but is {} now: somebody else pushed to it at the "
                  "same time; submit the request again",
                  *context.base_index(), written.text(), now->text()),
      ExternalError::Retry::no};
}

void note_overwritten(const model::ImageReference& written, const std::string& given,
                      model::Learned& learned) {
  learned.facts.index_image = given;
  learned.facts.index_image_resolved = written.text();
}

}  // namespace

void require_unchanged(const Context& context, const Preparation& preparation) {
  const auto& given = *context.base_index();
  if (model::ImageReference::parse(given).digest()) return;  // what has a digest cannot change
  const auto now = current(context);
  const auto& before = preparation.from_index->pinned;
  if (now.text() == before.text()) return;
  throw IndexChanged{
      fmt::format("{} {} changed during the build (it was {}, now it is {}): submit the request "
                  "again to build on the new one",
                  context.base_index_parameter(), given, before.text(), now.text())};
}

void overwrite_base_index(Context& context, const Preparation& preparation,
                          model::Learned& learned) {
  if (!context.overwrites()) return;
  const auto& given = *context.base_index();
  const auto destination = model::ImageReference::parse(given);
  const auto source =
      model::ImageReference::parse(learned.facts.internal_index_image_copy_resolved.value());
  const auto written = destination.at(source.digest().value());

  require_unchanged(context, preparation);
  // Stored before the tag moves: a second run sees by it whether this one got so far.
  model::Learned plan;
  plan.facts.internal_index_image_copy = learned.facts.internal_index_image_copy;
  plan.facts.internal_index_image_copy_resolved = source.text();
  context.enter_state(fmt::format("Overwriting the index image {} with {}", given, source.text()),
                      std::move(plan));
  context.images().copy(source, written, context.access());
  require_unchanged(context, preparation);
  write_tag(context, source, preparation.from_index->pinned, written);
  require_overwritten(context, written);
  note_overwritten(written, given, learned);
}

std::optional<Outcome> finish_overwriting(Context& context) {
  const auto& planned = context.facts().internal_index_image_copy_resolved;
  if (!context.overwrites() || !planned) return {};
  const auto source = model::ImageReference::parse(*planned);
  const auto& given = *context.base_index();
  const auto index = resolve_image(context, given, context.base_index_parameter());
  if (index.pinned.digest() != source.digest()) return {};
  context.log().info("{} was overwritten with {} before the service died", given, source.text());
  Outcome outcome{.reason = "The index image was overwritten before the service was restarted",
                  .learned = {}};
  const auto architectures = index.architectures();
  outcome.learned.arches.assign(architectures.begin(), architectures.end());
  note_overwritten(index.pinned, given, outcome.learned);
  return outcome;
}

}  // namespace iib::task
