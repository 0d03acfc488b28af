#include "engine_backend.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <stdexcept>

namespace krane::test {
namespace {

std::optional<std::string> environment(char const* name) {
  char const* const value = std::getenv(name);
  if (value == nullptr || *value == '\0') return std::nullopt;
  return value;
}

// The same images as scripts/lib/images.sh puts into the registry of the real engine.
void fill(scripted_engine& world, std::string const& registry) {
  for (std::string const& at : {std::string("docker.io"), registry}) {
    world.registry_has(at + "/krane-test/web:1", {.listens = {8080}});
    world.registry_has(at + "/krane-test/web:2", {.listens = {8080}});
    world.registry_has(at + "/krane-test/box:1", {.listens = {8080}, .volumes = {"/data"}});
    world.registry_has(at + "/krane-test/sleep:latest", {.prints = {"sleeping"}});
    world.registry_has(at + "/krane-test/crash:latest", {.exits = 3, .prints = {"starting"}});
    world.registry_has(at + "/krane-test/secret:crash", {.exits = 3});
    world.registry_has(at + "/krane-test/nothing:latest", {.command_missing = true});
  }
}

}  // namespace

std::optional<std::string> real_engine_address() {
  return environment("KRANE_TEST_DOCKER_HOST");
}

engine_backend::engine_backend(backend kind) {
  if (kind == backend::docker) {
    address_ = real_engine_address().value_or("");
    registry_ = environment("KRANE_TEST_REGISTRY").value_or("docker.io");
    return;
  }
  scripted_ = std::make_unique<scripted_engine>();
  address_ = scripted_->address();
  registry_ = "registry.test:5000";
  fill(*scripted_, registry_);
}

host_listener::host_listener() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in where{};
  where.sin_family = AF_INET;
  socklen_t size = sizeof where;
  if (fd_ < 0 || ::bind(fd_, reinterpret_cast<sockaddr*>(&where), size) != 0 || ::listen(fd_, 1) != 0 ||
      ::getsockname(fd_, reinterpret_cast<sockaddr*>(&where), &size) != 0)
    throw std::runtime_error("this host has no free port");
  port_ = ntohs(where.sin_port);
}

host_listener::~host_listener() {
  ::close(fd_);
}

port free_host_port() {
  return host_listener().number();
}

bool accepts(std::string const& address, port p) {
  int const fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in where{};
  where.sin_family = AF_INET;
  where.sin_port = htons(p);
  bool const there = ::inet_pton(AF_INET, address.c_str(), &where.sin_addr) == 1 &&
                     ::connect(fd, reinterpret_cast<sockaddr*>(&where), sizeof where) == 0;
  ::close(fd);
  return there;
}

}  // namespace krane::test
