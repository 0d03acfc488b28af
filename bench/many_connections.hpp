#pragma once
// Connections that are all open at once, and stay so as long as this lives.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace krane::bench {

class many_connections {
public:
  // Opens all, and only then asks on each; returns when every one has its answer or has failed.
  many_connections(std::uint16_t port, std::size_t count, std::string request);
  ~many_connections();
  std::size_t served() const;
  std::string const& first_failure() const;

private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace krane::bench
