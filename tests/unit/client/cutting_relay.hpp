#pragma once
// A TCP port that leads to another one, over connections that break when a test wants it.
#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "client/endpoint.hpp"

namespace krane::test {

class cutting_relay {
public:
  cutting_relay(boost::asio::io_context& loop, std::uint16_t target);
  ~cutting_relay();

  client::endpoint where() const;
  // All that are open break now.
  void cut();
  // The next one breaks when so many bytes of answers have gone through it, and each one after it `more` bytes later,
  // so that in the end one comes through.
  void cut_each_after(std::size_t bytes, std::size_t more);
  // New ones break at once while it is so.
  void refuse(bool all);
  int connections() const;

private:
  struct state;
  std::shared_ptr<state> state_;
};

}  // namespace krane::test
