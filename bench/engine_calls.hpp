#pragma once
// The bare calls of a deploy, as krane makes them, on one connection that stays open: what no server can be faster
// than.
#include <chrono>
#include <string>

#include "e2e/harness/wire.hpp"

namespace krane::bench {

class engine_calls {
public:
  explicit engine_calls(std::string const& docker_host);

  // Any status ≥ 400 throws, unless it is `tolerated`.
  std::string call(std::string const& method, std::string const& target, std::string const& body = {},
                   int tolerated = 0);

  void ensure_network();
  void pull(std::string const& image, std::string const& tag);
  // An image of the files of a tar archive, in the registry that its name begins with. `change` is a line of a
  // Dockerfile, as it goes into a URL.
  void import_and_push(std::string const& image, std::string const& tag, std::string const& archive,
                       std::string const& change);
  // host_port 0: none. Gives the id.
  std::string create(std::string const& name, std::string const& image, int host_port);
  // A port that was just freed may be refused for a moment: tried again for a second, as krane does.
  void start(std::string const& id);
  void stop(std::string const& id);
  void remove(std::string const& id);
  // Until something in it accepts on 8080, and it has run as long as krane's check wants it to.
  void check(std::string const& id, std::chrono::milliseconds settle);

private:
  struct answer {
    int status = 0;
    std::string body;
  };
  answer exchange(std::string const& method, std::string const& target, std::string const& body);
  std::string read_more();

  e2e::endpoint where_;
  e2e::wire wire_;
  std::string raw_;
};

}  // namespace krane::bench
