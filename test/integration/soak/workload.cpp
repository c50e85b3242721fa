#include "workload.hpp"

#include "index_image.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <stdexcept>

namespace iib::test {
namespace {

const std::vector<std::string> kFour{"amd64", "arm64", "ppc64le", "s390x"};
const std::vector<std::string> kOne{"amd64"};
constexpr auto kHeron = "heron-operator.v1.0.0";
constexpr auto kNewHeron = "heron-operator.v1.1.0";
constexpr auto kOtter = "otter-operator.v0.1.0";
constexpr auto kNewOtter = "otter-operator.v0.2.0";

std::string complete_index(const Daemon& daemon, std::int64_t request) {
  const auto document = daemon.wait_final(request);
  if (text_of(document, "state") == "complete") return text_of(document, "index_image");
  throw std::runtime_error{"an index cannot be made: " + text_of(document, "state_reason")};
}

}  // namespace

const std::map<std::string, int>& Workload::queues() {
  static const std::map<std::string, int> queues{{"iib", 2}, {"index-a", 1}, {"index-b", 1}};
  return queues;
}

std::string Workload::configuration() {
  return "iib_trusted_proxies: [127.0.0.1]\n"
         "iib_queues: {iib: 2, index-a: 1, index-b: 1}\n"
         "iib_user_to_queue: {alice: index-a, bob: index-b}\n";
}

Workload::Workload(Site& site, const Daemon& daemon) : site_{site} {
  const auto heron = site.push_bundle("heron-operator", "1.0.0");
  const auto new_heron = site.push_bundle("heron-operator", "1.1.0");
  const auto otter = site.push_bundle("otter-operator", "0.1.0");
  const auto new_otter = site.push_bundle("otter-operator", "0.2.0");
  const auto absent = site.pull_spec("absent-operator:v1");
  const auto add = [&](const std::vector<std::string>& bundles, const IndexArguments& arguments) {
    return test::submit(daemon, "add", site.add_body(bundles, arguments));
  };
  const auto first_a = add({heron, otter}, {.add_arches = kFour});
  const auto first_b = add({otter}, {.add_arches = kOne});
  const auto a = complete_index(daemon, first_a);
  const auto b = complete_index(daemon, first_b);
  first_ = first_b + 1;

  const auto add_kind = [&](const std::string& user, const std::string& bundle,
                            const std::string& from_index, std::vector<std::string> result,
                            const std::vector<std::string>& architectures) {
    IndexArguments arguments{.add_arches = architectures};
    if (!from_index.empty()) arguments.from_index = from_index;
    kinds_.push_back({user,
                      "add",
                      site.add_body({bundle}, arguments),
                      {bundle},
                      from_index,
                      std::move(result),
                      architectures});
  };
  add_kind("", heron, "", {kHeron}, kOne);
  add_kind("alice", new_heron, a, {kHeron, kNewHeron, kOtter}, kFour);
  add_kind("bob", new_otter, b, {kOtter, kNewOtter}, kOne);
  kinds_.push_back({"alice",
                    "rm",
                    site.rm_body({"otter-operator"}, {.from_index = a}),
                    {"otter-operator"},
                    a,
                    {kHeron},
                    kFour});
  add_kind("", heron, b, {kHeron, kOtter}, {"amd64", "s390x"});
  add_kind("bob", absent, "", {}, kOne);
}

void Workload::submit(const Daemon& daemon, std::size_t kind) {
  const auto& wanted = kinds_.at(kind);
  const auto path = "/api/v1/builds/" + wanted.type;
  std::optional<Answer> answer;
  try {
    answer = daemon.post(path, wanted.body, wanted.user);
  } catch (const std::runtime_error&) {
    ++unanswered_;  // it may be stored or not
    return;
  }
  if (answer->status != 201) {
    throw std::runtime_error{
        fmt::format("submission answered {}: {}", answer->status, answer->body)};
  }
  accepted_[answer->json["id"].GetInt64()] = kind;
}

std::vector<std::string> Workload::wrong_ends(const Daemon& daemon) {
  std::vector<std::string> wrong;
  const auto stored = daemon.get("/api/v1/builds?per_page=1").json["meta"]["total"].GetInt64();
  const auto ours = stored - (first_ - 1);
  const auto answered = static_cast<std::int64_t>(accepted_.size());
  if (ours < answered || ours > answered + unanswered_) {
    wrong.push_back(fmt::format("{} requests are stored; {} were accepted, {} unanswered", ours,
                                answered, unanswered_));
  }
  for (std::int64_t id = first_; id <= stored; ++id) {
    const auto document = daemon.wait_final(id, std::chrono::seconds{600});
    if (auto text = wrong_end(document, id); !text.empty()) wrong.push_back(std::move(text));
  }
  return wrong;
}

std::optional<std::size_t> Workload::kind_of(const io::JsonValue& document) const {
  const auto type = text_of(document, "request_type");
  const auto subjects = texts_of(document, type == "rm" ? "removed_operators" : "bundles");
  const auto from_index = std::string{io::text_member(document, "from_index").value_or("")};
  for (std::size_t kind = 0; kind < kinds_.size(); ++kind) {
    const auto& wanted = kinds_[kind];
    if (wanted.type == type && wanted.subjects == subjects && wanted.from_index == from_index) {
      return kind;
    }
  }
  return std::nullopt;
}

std::string Workload::wrong_end(const io::JsonValue& document, std::int64_t id) const {
  const auto kind = kind_of(document);
  const auto accepted = accepted_.find(id);
  if (!kind || (accepted != accepted_.end() && accepted->second != *kind)) {
    return fmt::format("request {} is not what was submitted", id);
  }
  const auto& wanted = kinds_.at(*kind);
  const auto state = text_of(document, "state");
  const auto reason = text_of(document, "state_reason");
  if (wanted.result_bundles.empty()) {
    if (state == "failed" && reason.find(wanted.subjects.front()) != std::string::npos) return {};
    return fmt::format("request {} should fail for {} but is {}: {}", id, wanted.subjects.front(),
                       state, reason);
  }
  if (state != "complete") {
    return fmt::format("request {} is {}: {}; history: {}", id, state, reason,
                       fmt::join(history_of(document), " | "));
  }
  const auto pull_spec = text_of(document, "index_image");
  if (pull_spec != site_.pull_spec(fmt::format("iib-build:{}", id))) {
    return fmt::format("request {} has another's image {}", id, pull_spec);
  }
  const auto index = read_index(site_.registry(), pull_spec);
  if (index.architectures() != wanted.architectures) {
    return fmt::format("the image of request {} is for {}", id,
                       fmt::join(index.architectures(), ", "));
  }
  const auto bundles = bundles_of(site_.registry(), pull_spec);
  if (bundles != wanted.result_bundles) {
    return fmt::format("the image of request {} holds {}", id, fmt::join(bundles, ", "));
  }
  return {};
}

}  // namespace iib::test
