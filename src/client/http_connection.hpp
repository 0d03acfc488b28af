#pragma once
// HTTP/1.1 on one byte_stream, one exchange at a time.
//
// Failure: that of the stream; reason::not_krane for what is no HTTP.
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "client/byte_stream.hpp"
#include "client/endpoint.hpp"
#include "http/message.hpp"

namespace krane::client {

struct http_request {
  std::string method = "GET";
  std::string target{};
  std::vector<std::pair<std::string, std::string>> headers{};
  std::string body{};  // JSON, or empty
};

struct answer_head {
  int status = 0;
  http::header_list headers{};
};

class http_connection {
public:
  http_connection(std::unique_ptr<byte_stream> stream, endpoint where);
  ~http_connection();

  // Sends, and reads the head of the answer.
  task<void> exchange(http_request const& what);
  answer_head const& head() const;
  // Appends what has come of the body, at least one byte. False: it is complete, nothing was appended.
  task<bool> read_some(std::string& into);

  // Whether anything of an answer has come since exchange() began: else the same may be asked on another connection.
  bool got_anything() const { return got_anything_; }
  // The answer was read to its end, and both sides may go on.
  bool reusable() const;
  bool looks_alive() { return stream_->looks_alive(); }

private:
  class parser;
  // Reads once and takes apart what has come. False: the other side has ended.
  task<bool> advance();
  result<void> parse();
  error no_http() const;

  std::unique_ptr<byte_stream> stream_;
  endpoint where_;
  std::unique_ptr<parser> parser_;
  std::string unparsed_;
  bool got_anything_ = false;
};

}  // namespace krane::client
