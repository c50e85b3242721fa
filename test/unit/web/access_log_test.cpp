#include "fixture.hpp"

#include <catch2/catch.hpp>

namespace iib::test {
namespace {

/// Keeps what is logged.
class Lines final : public LogSink {
 public:
  void write(LogLevel, std::string_view module, std::string_view message) noexcept override {
    text_.with([&](auto& text) { text.append(module).append(": ").append(message).append("\n"); });
  }
  [[nodiscard]] std::string text() {
    return text_.with([](auto& text) { return text; });
  }

 private:
  Guarded<std::string> text_;
};

}  // namespace

TEST_CASE("each request is one line of the log, without its secrets", "[web][access]") {
  WebFixture fixture;
  const auto lines = std::make_shared<Lines>();
  web::Server server{WebFixture::open_options(),
                     *fixture.store,
                     *fixture.artifacts,
                     fixture.clock,
                     {},
                     Log{make_null_sink(), "web", LogLevel::error},
                     Log{lines, "http", LogLevel::info}};
  server.start();
  const auto address = server.addresses().front();

  const auto answer = exchange(address, "GET", "/api/v1/builds?token=secret-1", "",
                               "Authorization: Bearer secret-2\r\n");
  exchange(address, "GET", "http://me:secret-3@h/no%0a\xff", "");
  exchange(address, "nonsense", "secret-4", "");
  server.stop();  // what was answered is logged by then

  CAPTURE(lines->text());
  const auto text = lines->text();
  // In no order: a line is written once its answer has left.
  CHECK_THAT(text, Catch::Contains("http: answered method=GET path=/api/v1/builds status=200 ms="));
  CHECK_THAT(text, Catch::Contains(fmt::format(" bytes={} user=- request={}\n", answer.body.size(),
                                               answer.headers.at("x-request-id"))));
  CHECK(text.find("secret") == std::string::npos);
  CHECK(std::count(text.begin(), text.end(), '\n') == 3);
}

}  // namespace iib::test
