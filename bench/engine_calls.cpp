#include "bench/engine_calls.hpp"

#include <fmt/format.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <stdexcept>
#include <thread>
#include <utility>

namespace krane::bench {
namespace {

namespace asio = boost::asio;
using clock = std::chrono::steady_clock;

bool accepts(std::string const& address, std::uint16_t port) {
  asio::io_context loop;
  asio::ip::tcp::socket socket(loop);
  boost::system::error_code refused;
  socket.connect({asio::ip::make_address(address), port}, refused);
  return !refused;
}

}  // namespace

engine_calls::engine_calls(std::string const& docker_host) : where_(e2e::endpoint::parse(docker_host)), wire_(where_) {}

std::string engine_calls::read_more() {
  auto bytes = wire_.receive(std::chrono::minutes(2));
  if (!bytes || bytes->empty()) throw std::runtime_error("the engine ended the connection");
  return *std::move(bytes);
}

engine_calls::answer engine_calls::exchange(std::string const& method, std::string const& target,
                                            std::string const& body) {
  wire_.send(
      fmt::format("{} /v1.41{} HTTP/1.1\r\nHost: docker\r\nContent-Type: application/json\r\nX-Registry-Auth: e30=\r\n"
                  "Content-Length: {}\r\n\r\n{}",
                  method, target, body.size(), body));
  std::size_t head;
  while ((head = raw_.find("\r\n\r\n")) == std::string::npos) raw_ += read_more();
  auto const fields = raw_.substr(0, head + 2);
  raw_.erase(0, head + 4);
  answer got{.status = std::stoi(fields.substr(9, 3)), .body = {}};
  if (auto const at = fields.find("Content-Length: "); at != std::string::npos) {
    auto const length = std::stoul(fields.substr(at + 16));
    while (raw_.size() < length) raw_ += read_more();
    got.body = raw_.substr(0, length);
    raw_.erase(0, length);
  } else if (fields.find("Transfer-Encoding: chunked") != std::string::npos) {
    while (true) {
      std::size_t line;
      while ((line = raw_.find("\r\n")) == std::string::npos) raw_ += read_more();
      auto const length = std::stoul(raw_.substr(0, line), nullptr, 16);
      while (raw_.size() < line + 2 + length + 2) raw_ += read_more();
      got.body += raw_.substr(line + 2, length);
      raw_.erase(0, line + 2 + length + 2);
      if (length == 0) break;
    }
  }
  return got;
}

std::string engine_calls::call(std::string const& method, std::string const& target, std::string const& body,
                               int tolerated) {
  auto got = exchange(method, target, body);
  if (got.status >= 400 && got.status != tolerated)
    throw std::runtime_error(fmt::format("{} {}: the engine answers {}: {}", method, target, got.status, got.body));
  return std::move(got.body);
}

void engine_calls::ensure_network() {
  if (exchange("GET", "/networks/krane", "").status == 404)
    call("POST", "/networks/create", R"({"Name":"krane","Driver":"bridge","CheckDuplicate":true})");
}

void engine_calls::pull(std::string const& image, std::string const& tag) {
  auto const said = call("POST", fmt::format("/images/create?fromImage=docker.io/{}&tag={}", image, tag));
  if (said.find("errorDetail") != std::string::npos) throw std::runtime_error("cannot pull " + image + ": " + said);
}

void engine_calls::import_and_push(std::string const& image, std::string const& tag, std::string const& archive,
                                   std::string const& change) {
  for (auto const& [target, body] :
       {std::pair{fmt::format("/images/create?fromSrc=-&repo={}&tag={}&changes={}", image, tag, change), archive},
        std::pair{fmt::format("/images/{}/push?tag={}", image, tag), std::string()}}) {
    auto const said = call("POST", target, body);
    if (said.find("errorDetail") != std::string::npos)
      throw std::runtime_error("cannot make the image " + image + ": " + said);
  }
}

std::string engine_calls::create(std::string const& name, std::string const& image, int host_port) {
  auto const bindings =
      host_port == 0 ? "" : fmt::format(R"(,"PortBindings":{{"8080/tcp":[{{"HostPort":"{}"}}]}})", host_port);
  auto const made =
      call("POST", "/containers/create?name=" + name,
           fmt::format(R"({{"Image":"docker.io/{}","ExposedPorts":{{"8080/tcp":{{}}}},"Labels":{{"krane.bench":"1"}},)"
                       R"("HostConfig":{{"Init":true,"NetworkMode":"krane",)"
                       R"("RestartPolicy":{{"Name":"unless-stopped"}}{}}},)"
                       R"("NetworkingConfig":{{"EndpointsConfig":{{"krane":{{}}}}}}}})",
                       image, bindings));
  return std::string(boost::json::parse(made).at("Id").as_string());
}

void engine_calls::start(std::string const& id) {
  auto const until = clock::now() + std::chrono::seconds(1);
  while (true) {
    auto const got = exchange("POST", "/containers/" + id + "/start", "");
    if (got.status < 400) return;
    if (clock::now() > until) throw std::runtime_error("cannot start a container: " + got.body);
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

void engine_calls::stop(std::string const& id) {
  call("POST", "/containers/" + id + "/stop?t=10");
}

void engine_calls::remove(std::string const& id) {
  call("DELETE", "/containers/" + id + "?force=1&v=1", {}, 404);
}

void engine_calls::check(std::string const& id, std::chrono::milliseconds settle) {
  auto const begin = clock::now();
  auto const seen = boost::json::parse(call("GET", "/containers/" + id + "/json"));
  std::string const address(seen.at_pointer("/NetworkSettings/Networks/krane/IPAddress").as_string());
  while (!accepts(address, 8080)) {
    if (clock::now() - begin > std::chrono::seconds(10))
      throw std::runtime_error("a container does not accept on 8080");
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  std::this_thread::sleep_until(begin + settle);
}

}  // namespace krane::bench
