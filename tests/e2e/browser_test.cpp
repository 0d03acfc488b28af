// A browser's own EventSource and WebSocket, in headless Chromium where the machine has one.
#include <gmock/gmock.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <mutex>

#include "e2e/harness/krane.hpp"

namespace krane::e2e {
namespace {

constexpr char chromium[] = "/usr/bin/chromium";

// A web server with one page, which posts back what it has seen.
class page_server {
public:
  explicit page_server(std::string page) : page_(std::move(page)), worker_([this] { serve(); }) {}
  ~page_server() {
    shutdown(listener_.handle(), SHUT_RDWR);
    worker_.join();
  }
  std::string origin() const { return "http://127.0.0.1:" + std::to_string(listener_.port()); }
  std::string reported() {
    std::lock_guard const hold(mutex_);
    return reported_;
  }

private:
  void serve() {
    while (true) {
      int const fd = accept(listener_.handle(), nullptr, nullptr);
      if (fd < 0) return;
      std::string got;
      char buffer[4096];
      // The page's posts are short, and their last byte is a newline.
      while (got.find("\r\n\r\n") == std::string::npos || (got.starts_with("POST") && got.back() != '\n') ||
             (got.starts_with("POST") && got.ends_with("\r\n\r\n"))) {
        auto const n = recv(fd, buffer, sizeof buffer, 0);
        if (n <= 0) break;
        got.append(buffer, static_cast<std::size_t>(n));
      }
      if (got.starts_with("POST")) {
        std::lock_guard const hold(mutex_);
        reported_ = got.substr(got.find("\r\n\r\n") + 4);
      }
      std::string const body = got.starts_with("GET / ") ? page_ : "";
      std::string const answer = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\nContent-Length: " +
                                 std::to_string(body.size()) + "\r\n\r\n" + body;
      ::send(fd, answer.data(), answer.size(), MSG_NOSIGNAL);
      close(fd);
    }
  }

  silent_listener listener_{std::uint16_t{0}};
  std::string page_;
  std::mutex mutex_;
  std::string reported_;
  std::thread worker_;
};

class browser : public on_a_real_engine {
protected:
  void SetUp() override {
    if (!std::filesystem::exists(chromium)) GTEST_SKIP() << "no " << chromium << " on this machine";
    on_a_real_engine::SetUp();
  }
  // What `script` hands to report(), run in a page of an allowed origin.
  std::string run_in_page(std::string const& script_with_url) {
    page_server pages(
        "<script>const report = (lines) => fetch('/report', {method: 'POST', body: lines.join('|') + "
        "'\\n'})\n" +
        script_with_url + "</script>");
    // The origin is only known now, and can change without a restart.
    write_file(settings_, "allowed-origins = \"" + pages.origin() + "\"\n");
    server().program().signal(SIGHUP);
    EXPECT_TRUE(eventually(
        [&] { return exchange(server().where(), "GET", "/health", {{"Origin", pages.origin()}}).status == 200; }));
    test::temp_folder const profile;
    process program({chromium, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
                     "--disable-background-networking", "--disable-component-update", "--disable-sync",
                     "--user-data-dir=" + (profile / "profile"), "--remote-debugging-port=0", pages.origin() + "/"},
                    {{"HOME", profile.path().string()}}, profile / "log");
    EXPECT_TRUE(eventually([&] { return !pages.reported().empty(); }, std::chrono::seconds(60))) << program.output();
    program.signal(SIGTERM);
    program.wait(std::chrono::seconds(10));
    return pages.reported();
  }
  void start_with_settings_file() {
    ASSERT_EQ(server().stop(), 0);
    settings_ = folder_ / "krane.toml";
    write_file(settings_, "log-level = \"info\"\n");
    server_ = std::make_unique<krane_server>(
        server_options{.engine = {}, .environment = {}, .arguments = {"--config", settings_}});
  }

  test::temp_folder folder_;
  std::string settings_;
};

TEST_F(browser, gets_output_by_event_source_and_events_by_websocket) {
  start_with_settings_file();
  auto const name = fresh("browser");
  server().create(name, R"("image":"krane-test/lines","tag":"burst")");
  auto const now = server().run(name);
  ASSERT_EQ(now.at("/data/status"), "running") << now.body;
  auto const id = now.at("/data/containers/0/Id");

  auto const output =
      run_in_page("const lines = []\nconst source = new EventSource('" + server().url() + "/containers/" + id +
                  "/events?tail=20')\n"
                  "source.onmessage = (m) => { lines.push(m.data); if (lines.length == 20) "
                  "{ source.close(); report(lines) } }\n");
  // How the two streams lie among each other is the engine's to say.
  EXPECT_THAT(output, testing::AnyOf(testing::HasSubstr("out 1000"), testing::HasSubstr("err 1000")));
  EXPECT_EQ(std::ranges::count(output, '|'), 19) << output;

  auto const events =
      run_in_page("const seen = []\nconst socket = new WebSocket('ws://127.0.0.1:" + std::to_string(server().port()) +
                  "/deployments/" + name +
                  "/events?since=0')\n"
                  "socket.onmessage = (m) => { const e = JSON.parse(m.data); seen.push(e.Phase); "
                  "if (e.Phase == 'done') { socket.close(); report(seen) } }\n");
  EXPECT_THAT(events, testing::HasSubstr("accepted|"));
  EXPECT_THAT(events, testing::HasSubstr("|done"));
}

}  // namespace
}  // namespace krane::e2e
