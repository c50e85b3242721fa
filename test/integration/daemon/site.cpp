#include "site.hpp"

#include "eventually.hpp"
#include "iib/io/process.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

namespace iib::test {
namespace {

namespace fs = std::filesystem;

std::string json_list(const std::vector<std::string>& texts) {
  std::string list;
  for (const auto& text : texts) list += fmt::format("{}\"{}\"", list.empty() ? "" : ",", text);
  return "[" + list + "]";
}

std::string json_of(const IndexArguments& arguments) {
  std::string text;
  if (arguments.from_index) text += fmt::format(R"(,"from_index":"{}")", *arguments.from_index);
  if (!arguments.add_arches.empty()) {
    text += fmt::format(R"(,"add_arches":{})", json_list(arguments.add_arches));
  }
  return text + arguments.more;
}

/// The first example in `language` on the page `page` of docs/.
std::string example_on(const std::string& page, const std::string& language) {
  const auto text = read_file(fs::path{IIBD_SOURCE_ROOT} / "docs" / page, std::size_t{1} << 20U);
  const auto fence = fmt::format("```{}\n", language);
  const auto at = text.find(fence);
  if (at == std::string::npos) throw std::runtime_error{page + " has no example in " + language};
  const auto begin = at + fence.size();
  return text.substr(begin, text.find("```", begin) - begin);
}

}  // namespace

Site::Site(const std::vector<std::string>& architectures, std::optional<Login> login)
    : directory_{fs::temp_directory_path(), "site-"}, registry_{std::move(login)} {
  registry_.push_base("base", "v1", architectures);
}

std::string Site::pull_spec(const std::string& repository) const {
  return registry_.address() + "/" + repository;
}

void Site::use_image_engine(const std::string& name) {
  engine_line_ = fmt::format("iib_image_engine: {}\n", name);
}

std::string Site::configuration(const std::string& more) const {
  return fmt::format(
      "login_disabled: true\n"
      "iib_registry: {0}\n"
      "iib_insecure_registries: ['{0}']\n"
      "iib_total_attempts: 2\n"
      "iib_retry_delay: 0\n"
      "iib_retry_jitter: 0\n"
      "iib_retry_multiplier: 0\n"
      "{1}{2}",
      registry_.address(), engine_line_, more);
}

std::string Site::push_image(const std::string& repository, const TestImage& image) {
  registry_.push(repository, "latest", image);
  return pull_spec(repository + ":latest");
}

std::string Site::push_bundle(const std::string& package, const std::string& version) {
  registry_.push(package, version, bundle_image(sample_bundle(package, version)));
  return pull_spec(package + ":" + version);
}

std::string Site::add_body(const std::vector<std::string>& bundles,
                           const IndexArguments& arguments) const {
  return fmt::format(R"({{"bundles":{},"binary_image":"{}"{}}})", json_list(bundles), base(),
                     json_of(arguments));
}

std::string Site::rm_body(const std::vector<std::string>& operators,
                          const IndexArguments& arguments) const {
  return fmt::format(R"({{"operators":{},"binary_image":"{}"{}}})", json_list(operators), base(),
                     json_of(arguments));
}

fs::path sample_bundle(const std::string& package, const std::string& version) {
  return fs::path{IIBD_SOURCE_ROOT} / "test" / "data" / package / version;
}

std::string configuration_on(const std::string& page) {
  return example_on(page, "yaml");
}

std::string request_on(const std::string& page, const Site& site) {
  auto request = example_on(page, "json");
  const std::string host = "registry.example.com/";
  for (auto at = request.find(host); at != std::string::npos; at = request.find(host, at)) {
    request.replace(at, host.size(), site.pull_spec(""));
  }
  return request;
}

std::int64_t submit(const Daemon& daemon, const std::string& type, const std::string& body) {
  const auto answer = daemon.post("/api/v1/builds/" + type, body);
  if (answer.status != 201) {
    throw std::runtime_error{
        fmt::format("{} was answered {}: {}", body, answer.status, answer.body)};
  }
  return answer.json["id"].GetInt64();
}

io::JsonDocument build(const Daemon& daemon, const std::string& type, const std::string& body) {
  return daemon.wait_final(submit(daemon, type, body));
}

std::string build_index(const Daemon& daemon, const std::string& type, const std::string& body) {
  const auto document = build(daemon, type, body);
  if (text_of(document, "state") == "complete") return text_of(document, "index_image");
  throw std::runtime_error{fmt::format("the build failed: {}\nlog:\n{}",
                                       text_of(document, "state_reason"), daemon.log())};
}

bool put_over(const Site& site, const std::string& from, const std::string& to) {
  const TempDir directory{site.directory(), "skopeo-"};
  io::ProgramRunner programs{directory.path()};
  const auto exit =
      programs.run({.name = "skopeo",
                    .arguments = {"copy", "--all", "--preserve-digests", "--src-tls-verify=false",
                                  "--dest-tls-verify=false", "docker://" + from, "docker://" + to}},
                   {});
  return exit.status == 0;
}

bool reaches(const Daemon& daemon, std::int64_t request, const std::string& state) {
  const auto path = fmt::format("/api/v1/builds/{}", request);
  bool reached = false;
  bool goes_on = true;
  return eventually(std::chrono::seconds{60},
                    [&] {
                      const auto answer = daemon.get(path);
                      goes_on = text_of(answer.json, "state") == "in_progress";
                      const auto history = history_of(answer.json);
                      reached = std::ranges::any_of(history, [&](const std::string& reason) {
                        return reason.starts_with(state);
                      });
                      return reached || !goes_on;
                    }) &&
         reached && goes_on;
}

std::string text_of(const io::JsonValue& document, std::string_view key) {
  const auto text = io::text_member(document, key);
  if (!text)
    throw std::runtime_error{fmt::format("{} is no string: {}", key, io::to_json(document))};
  return std::string{*text};
}

std::vector<std::string> texts_of(const io::JsonValue& document, std::string_view key) {
  const auto* list = io::find_member(document, key);
  if (list == nullptr) throw std::runtime_error{fmt::format("there is no {}", key)};
  std::vector<std::string> texts;
  for (const auto& element : list->GetArray()) texts.emplace_back(element.GetString());
  return texts;
}

std::vector<std::string> history_of(const io::JsonValue& document) {
  std::vector<std::string> reasons;
  for (const auto& state : document["state_history"].GetArray()) {
    reasons.push_back(text_of(state, "state_reason"));
  }
  std::reverse(reasons.begin(), reasons.end());
  return reasons;
}

}  // namespace iib::test
