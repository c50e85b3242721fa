#include "overwriting.hpp"

#include <fmt/format.h>

#include <string>

namespace iib::task {
namespace {

/// What lies under the tag of from_index now.
model::ImageReference current(const Context& context) {
  const auto reference = model::ImageReference::parse(context.facts().from_index.value());
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

/// Writes the tag. A registry may have done so although its answer never came: then the tag tells.
void write_tag(const Context& context, const model::ImageReference& source,
               const model::ImageReference& destination, const model::ImageReference& written) {
  try {
    context.images().copy(source, destination, context.access());
  } catch (const ExternalError& error) {
    const auto now = current_if_known(context);
    if (!now) {
      throw ExternalError{
          fmt::format("{}; whether {} was overwritten cannot be told: it was if it is {} now",
                      error.what(), destination.text(), written.text()),
          ExternalError::Retry::no};
    }
    if (now->text() != written.text()) throw;
    context.log().warning("{} was overwritten although its registry failed: {}", destination.text(),
                          error.what());
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
                  *context.facts().from_index, written.text(), now->text()),
      ExternalError::Retry::no};
}

void note_overwritten(const model::ImageReference& written, const std::string& given,
                      model::Learned& learned) {
  learned.facts.index_image = given;
  learned.facts.index_image_resolved = written.text();
}

}  // namespace

void require_unchanged(const Context& context, const Preparation& preparation) {
  const auto& given = *context.facts().from_index;
  if (model::ImageReference::parse(given).digest()) return;  // what has a digest cannot change
  const auto now = current(context);
  const auto& before = preparation.from_index->pinned;
  if (now.text() == before.text()) return;
  throw IndexChanged{
      fmt::format("from_index {} changed during the build (it was {}, now it is {}): submit the "
                  "request again to build on the new one",
                  given, before.text(), now.text())};
}

void overwrite_from_index(Context& context, const Preparation& preparation,
                          model::Learned& learned) {
  if (!context.overwrites()) return;
  const auto& given = *context.facts().from_index;
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
  context.progress().confirm_claim();
  write_tag(context, source, destination, written);
  require_overwritten(context, written);
  note_overwritten(written, given, learned);
}

std::optional<Outcome> finish_overwriting(Context& context) {
  const auto& facts = context.facts();
  const auto& planned = facts.internal_index_image_copy_resolved;
  if (!context.overwrites() || !planned) return {};
  const auto source = model::ImageReference::parse(*planned);
  const auto index = resolve_image(context, *facts.from_index, "from_index");
  if (index.pinned.digest() != source.digest()) return {};
  context.log().info("{} was overwritten with {} before the service died", *facts.from_index,
                     source.text());
  Outcome outcome{.reason = "The index image was overwritten before the service was restarted",
                  .learned = {}};
  const auto architectures = index.architectures();
  outcome.learned.arches.assign(architectures.begin(), architectures.end());
  note_overwritten(index.pinned, *facts.from_index, outcome.learned);
  return outcome;
}

}  // namespace iib::task
