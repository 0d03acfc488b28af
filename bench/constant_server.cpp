#include "bench/constant_server.hpp"

#include <fmt/format.h>

#include <boost/asio/io_context.hpp>
#include <cstdio>
#include <stdexcept>
#include <thread>

#include "http/server.hpp"

namespace krane::bench {
namespace {

coroutine<http::reply> give(std::shared_ptr<std::string const> body) {
  http::response answer;
  answer.body = std::move(body);
  co_return answer;
}

}  // namespace

int serve_constant(std::size_t body_bytes) {
  asio::io_context loop{1};
  auto const body = std::make_shared<std::string const>(body_bytes, 'x');
  auto made = http::make_server(
      loop.get_executor(), "127.0.0.1", 0, {}, [body](http::request&) { return give(body); },
      [](int, std::string const&, std::string const& message) { return message; });
  if (!made) {
    fmt::print(stderr, "krane-bench: {}\n", made.error().message);
    return 1;
  }
  (*made)->start();
  std::printf("%u\n", (*made)->port());
  std::fflush(stdout);
  loop.run();
  return 0;
}

constant_server::constant_server(std::string const& program, std::size_t body_bytes) {
  process_ = std::make_unique<e2e::process>(std::vector<std::string>{program, "--constant", std::to_string(body_bytes)},
                                            std::map<std::string, std::string>{}, folder_ / "port");
  for (int i = 0; i < 5000 && port_ == 0; ++i) {
    auto const said = process_->output();
    if (said.find('\n') != std::string::npos) port_ = static_cast<std::uint16_t>(std::stoul(said));
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  if (port_ == 0) throw std::runtime_error("the constant server does not start: " + process_->output());
}

}  // namespace krane::bench
