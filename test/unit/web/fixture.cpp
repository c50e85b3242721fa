#include "fixture.hpp"

#include <catch2/catch.hpp>

#include <fstream>

namespace iib::test {
namespace {

Log quiet() {
  return Log{make_null_sink(), "test", LogLevel::error};
}

}  // namespace

web::Options WebFixture::open_options() {
  web::Options options;
  options.listen = {config::ListenAddress{.host = "127.0.0.1", .port = 0, .socket_path = {}}};
  options.login_disabled = true;
  return options;
}

WebFixture::WebFixture(web::Options options, const std::set<io::ArtifactKind>& kept) {
  std::map<io::ArtifactKind, std::filesystem::path> folders;
  for (const auto kind : kept) folders[kind] = dir.path() / "logs";
  artifacts = std::make_unique<io::LocalArtifacts>(std::move(folders));
  store::Options store_options;
  store_options.database = dir.path() / "iibd.db";
  store_options.key = Secret{std::string(32, 'k')};
  store_options.on_new_states = [this] { hub.publish(); };
  store = std::make_unique<store::Store>(std::move(store_options), clock, quiet());
  web::Hooks hooks{
      .queue_for = [](const auto&, const auto&) { return std::string{"iib"}; },
      .on_submitted = [this] { ++submitted; },
      .on_ended = [this](RequestId id) { ended.with([&](auto& ids) { ids.push_back(id); }); },
      .follow_states =
          [this](std::function<void()> wake) { return hub.subscribe(std::move(wake)); }};
  server = std::make_unique<web::Server>(std::move(options), *store, *artifacts, clock,
                                         std::move(hooks), quiet());
  server->start();
}

RequestId WebFixture::submit_add(const std::string& more, const std::string& headers) const {
  const auto answer =
      post("/api/v1/builds/add",
           R"({"bundles": ["r/b:1"], "binary_image": "r/o:1", "from_index": "r/i:1")" + more + "}",
           headers);
  INFO(answer.body);
  REQUIRE(answer.status == 201);
  return RequestId{json_of(answer)["id"].GetInt64()};
}

void WebFixture::tell_state(RequestId id, model::RequestState state,
                            const std::string& reason) const {
  const auto changed = store->patch(id, {.state = model::NewState{.state = state, .reason = reason},
                                         .learned = {},
                                         .fbc_fragments_resolved = {}});
  REQUIRE(changed.outcome == store::Changed::Outcome::stored);
}

void WebFixture::finish_next(model::RequestState state, model::Learned learned) {
  const auto job = store->claim("iib", "test", std::chrono::seconds{60});
  REQUIRE(job.has_value());
  const store::Claim claim{.job = job->id, .request = job->request.id, .number = job->claim};
  const auto written = store->finish(claim, state, "ended by the test", std::move(learned));
  REQUIRE(written == store::Written::done);
}

void WebFixture::write_log(RequestId id, const std::string& text) const {
  write_artifact(std::to_string(id.value()) + ".log", text);
}

void WebFixture::append_log(RequestId id, const std::string& text) const {
  std::ofstream{dir.path() / "logs" / (std::to_string(id.value()) + ".log"),
                std::ios::binary | std::ios::app}
      << text;
}

void WebFixture::write_artifact(const std::string& file, const std::string& text) const {
  std::ofstream{dir.path() / "logs" / file, std::ios::binary} << text;
}

io::JsonDocument json_of(const Received& answer) {
  CAPTURE(answer.status, answer.body);
  REQUIRE(answer.headers.at("content-type") == "application/json");
  return io::parse_json(answer.body);
}

std::string error_of(const Received& answer) {
  const auto json = json_of(answer);
  REQUIRE(json.MemberCount() == 1);
  return json["error"].GetString();
}

}  // namespace iib::test
