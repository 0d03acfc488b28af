#include "client/http_connection.hpp"

#include <fmt/format.h>

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>

#include "base/version.hpp"
#include "client/reason.hpp"
#include "client/socket_stream.hpp"

namespace krane::client {
namespace {

namespace beast = boost::beast;

constexpr std::uint32_t max_head_bytes = 64 * 1024;
constexpr std::size_t read_bytes = 16 * 1024;

std::string to_text(http_request const& what, endpoint const& where) {
  std::string text = fmt::format("{} {} HTTP/1.1\r\nHost: {}\r\nUser-Agent: krane/{}\r\n", what.method, what.target,
                                 where.authority(), version);
  for (auto const& [name, value] : what.headers) text.append(name).append(": ").append(value).append("\r\n");
  if (!what.body.empty()) text += "Content-Type: application/json\r\n";
  if (!what.body.empty() || what.method == "POST") text += fmt::format("Content-Length: {}\r\n", what.body.size());
  text += "\r\n";
  text += what.body;
  return text;
}

std::string text_of(beast::string_view from) {
  return {from.data(), from.size()};
}

}  // namespace

// Collects what Beast takes apart.
class http_connection::parser final : public beast::http::basic_parser<false> {
public:
  parser() {
    eager(true);
    header_limit(max_head_bytes);
    body_limit(boost::none);
  }
  answer_head head;
  std::string body;

private:
  using code = beast::error_code;
  using text = beast::string_view;

  void on_request_impl(beast::http::verb, text, text, int, code&) override {}
  void on_response_impl(int status, text, int, code&) override { head.status = status; }
  void on_field_impl(beast::http::field, text name, text value, code&) override {
    head.headers.add(text_of(name), text_of(value));
  }
  void on_header_impl(code&) override {}
  void on_body_init_impl(boost::optional<std::uint64_t> const&, code&) override {}
  std::size_t on_body_impl(text bytes, code&) override {
    body.append(bytes.data(), bytes.size());
    return bytes.size();
  }
  void on_chunk_header_impl(std::uint64_t, text, code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, text bytes, code&) override {
    body.append(bytes.data(), bytes.size());
    return bytes.size();
  }
  void on_finish_impl(code&) override {}
};

http_connection::http_connection(std::unique_ptr<byte_stream> stream, endpoint where)
    : stream_(std::move(stream)), where_(std::move(where)) {}

http_connection::~http_connection() = default;

answer_head const& http_connection::head() const {
  return parser_->head;
}

bool http_connection::reusable() const {
  return parser_ && parser_->is_done() && parser_->keep_alive() && unparsed_.empty();
}

error http_connection::no_http() const {
  bool const is_tls = unparsed_.starts_with("\x15\x03");  // a record that carries an alert
  return make_error(errc::unavailable, reason::not_krane,
                    fmt::format("what answers at {} {}", where_.text(),
                                is_tls ? "speaks TLS; write https://" : "does not speak HTTP; is it the right port?"));
}

result<void> http_connection::parse() {
  while (!unparsed_.empty() && !parser_->is_done()) {
    beast::error_code ec;
    auto const taken = parser_->put(asio::buffer(unparsed_.data(), unparsed_.size()), ec);
    unparsed_.erase(0, taken);
    if (ec == beast::http::error::need_more) return {};
    if (ec && parser_->is_header_done())
      return connection_lost(where_, fmt::format("the answer is not well-formed HTTP ({})", ec.message()));
    if (ec) return no_http();
  }
  return {};
}

task<bool> http_connection::advance() {
  std::array<char, read_bytes> bytes;
  auto const got = co_await stream_->read_some(bytes);
  if (!got) co_return got.error();
  if (*got > 0) {
    got_anything_ = true;
    unparsed_.append(bytes.data(), *got);
    auto const fine = parse();
    if (!fine) co_return fine.error();
    co_return true;
  }
  if (parser_->head.status == 0 && !unparsed_.empty() && !unparsed_.starts_with("HTTP/")) co_return no_http();
  if (!parser_->got_some()) co_return connection_lost(where_, "it was closed before there was an answer");
  beast::error_code ec;
  parser_->put_eof(ec);
  if (ec) co_return connection_lost(where_, "it was closed in the middle of an answer");
  co_return false;
}

task<void> http_connection::exchange(http_request const& what) {
  got_anything_ = false;
  parser_ = std::make_unique<parser>();
  if (auto const sent = co_await stream_->write(to_text(what, where_)); !sent) co_return sent.error();
  for (;;) {
    while (!parser_->is_header_done()) {
      auto const more = co_await advance();
      if (!more) co_return more.error();
    }
    int const status = parser_->head.status;
    if (status < 100 || status >= 200) co_return result<void>{};
    parser_ = std::make_unique<parser>();
    if (auto const fine = parse(); !fine) co_return fine.error();
  }
}

task<bool> http_connection::read_some(std::string& into) {
  while (parser_->body.empty() && !parser_->is_done()) {
    auto const more = co_await advance();
    if (!more) co_return more.error();
  }
  if (parser_->body.empty()) co_return false;
  into += std::exchange(parser_->body, {});
  co_return true;
}

}  // namespace krane::client
