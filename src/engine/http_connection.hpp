#pragma once
// One connection of http_client.hpp, and one exchange on it at a time.
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <cstdint>
#include <string_view>
#include <vector>

#include "engine/chunk_decoder.hpp"
#include "engine/http_client.hpp"

namespace krane::docker {

using stream_socket = asio::basic_stream_socket<asio::generic::stream_protocol, executor>;

class http_connection {
public:
  http_connection(stream_socket socket, std::string host);

  enum class lost { before_sending, after_sending };
  struct failed {
    lost when;
    std::string why;
  };

  // Sends, and reads the head of the answer.
  coroutine<std::expected<void, failed>> exchange(request const& what);
  response_head const& head() const { return head_; }
  // As response_stream::read_some.
  task<bool> read_some(std::string& into, std::string_view where);

  // The answer was read to its end, and both sides may go on.
  bool reusable() const { return complete_ && keep_alive_ && begin_ == end_; }
  // Nothing has come since, so the other side has most likely not closed it.
  bool looks_alive();

private:
  coroutine<boost::system::error_code> fill();
  coroutine<std::expected<void, failed>> read_head();
  result<void> take_body(std::string& into);
  std::string_view unread() const { return {raw_.data() + begin_, end_ - begin_}; }

  enum class body { none, length, chunked, to_the_end };

  stream_socket socket_;
  std::string host_;
  std::vector<char> raw_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  response_head head_;
  body body_ = body::none;
  std::uint64_t left_ = 0;
  chunk_decoder chunks_;
  bool complete_ = true;
  bool keep_alive_ = false;
};

}  // namespace krane::docker
