// What is not HTTP as this server wants it: the answer, and that the connection ends with it.
#include <fmt/format.h>

#include "test_client.hpp"

namespace krane::http::test {
namespace {

struct bad_request_case {
  char const* what;
  std::string bytes;
  int status = 400;
};

std::vector<bad_request_case> bad_requests() {
  std::string const get = "GET / HTTP/1.1\r\n";
  std::string const post = "POST / HTTP/1.1\r\nHost: h\r\n";
  std::string const chunked = post + "Transfer-Encoding: chunked\r\n\r\n";
  using namespace std::string_literals;
  return {
      {"both length and chunked", post + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
      {"chunked and length", post + "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n"},
      {"two lengths", post + "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc"},
      {"a list of lengths", post + "Content-Length: 3, 3\r\n\r\nabc"},
      {"a negative length", post + "Content-Length: -1\r\n\r\n"},
      {"a length with a plus", post + "Content-Length: +3\r\n\r\nabc"},
      {"an empty length", post + "Content-Length:\r\n\r\n"},
      {"a length in hex", post + "Content-Length: 0x3\r\n\r\nabc"},
      {"a length beyond 64 bits", post + "Content-Length: 99999999999999999999999\r\n\r\n"},
      {"a bare line feed after the request line", "GET / HTTP/1.1\nHost: h\r\n\r\n"},
      {"a bare line feed after a field", get + "Host: h\nX: y\r\n\r\n"},
      {"a bare line feed as the end", get + "Host: h\r\n\n"},
      {"a bare carriage return", get + "Host: h\r\nX: a\rb\r\n\r\n"},
      {"a folded field", get + "Host: h\r\nX: a\r\n b\r\n\r\n"},
      {"a folded first field", get + " Host: h\r\n\r\n"},
      {"a blank before the colon", get + "Host : h\r\n\r\n"},
      {"a field without a colon", get + "Host: h\r\nnonsense\r\n\r\n"},
      {"a field without a name", get + "Host: h\r\n: x\r\n\r\n"},
      {"a name with a bracket", get + "Host: h\r\nX(: y\r\n\r\n"},
      {"a NUL in a value", get + "Host: h\r\nX: a\0b\r\n\r\n"s},
      {"a control byte in a value", get + "Host: h\r\nX: a\x01z\r\n\r\n"},
      {"a DEL in a value", get + "Host: h\r\nX: a\x7Fz\r\n\r\n"},
      {"a NUL in the target", "GET /a\0b HTTP/1.1\r\nHost: h\r\n\r\n"s},
      {"a control byte in the target", "GET /a\x02 HTTP/1.1\r\nHost: h\r\n\r\n"},
      {"a byte over 127 in the target", "GET /\xC3\xA9 HTTP/1.1\r\nHost: h\r\n\r\n"},
      {"a blank in the target", "GET /a b HTTP/1.1\r\nHost: h\r\n\r\n"},
      {"a tab for the blank", "GET\t/ HTTP/1.1\r\nHost: h\r\n\r\n"},
      {"two blanks", "GET  / HTTP/1.1\r\nHost: h\r\n\r\n"},
      {"a fragment", "GET /a#b HTTP/1.1\r\nHost: h\r\n\r\n"},
      {"no version", "GET /\r\nHost: h\r\n\r\n"},
      {"another protocol", "GET / FTP/1.1\r\nHost: h\r\n\r\n"},
      {"a version that does not exist", "GET / HTTP/1.2\r\nHost: h\r\n\r\n", 505},
      {"version 2", "PRI * HTTP/2.0\r\n\r\n", 505},
      {"a version in small letters", "GET / http/1.1\r\nHost: h\r\n\r\n"},
      {"a malformed method", "G@T / HTTP/1.1\r\nHost: h\r\n\r\n"},
      {"no Host", get + "X: y\r\n\r\n"},
      {"two Hosts", get + "Host: h\r\nHost: h\r\n\r\n"},
      {"two Hosts in 1.0", "GET / HTTP/1.0\r\nHost: h\r\nHost: h\r\n\r\n"},
      {"an empty Host", get + "Host:\r\n\r\n"},
      {"a Host with a path", get + "Host: h/x\r\n\r\n"},
      {"a Host with a user", get + "Host: a@h\r\n\r\n"},
      {"a target that is no path", "GET deployments HTTP/1.1\r\nHost: h\r\n\r\n"},
      {"a target of another scheme", "GET ftp://h/ HTTP/1.1\r\nHost: h\r\n\r\n"},
      {"a target with a user", "GET http://u@h/ HTTP/1.1\r\nHost: h\r\n\r\n"},
      {"a target without a host", "GET http:///x HTTP/1.1\r\nHost: h\r\n\r\n"},
      {"CONNECT", "CONNECT h:443 HTTP/1.1\r\nHost: h\r\n\r\n"},
      {"a star for a path", "GET * HTTP/1.1\r\nHost: h\r\n\r\n"},
      {"a cut escape in the path", "GET /a% HTTP/1.1\r\nHost: h\r\n\r\n"},
      {"an escape that is not hex", "GET /%4x HTTP/1.1\r\nHost: h\r\n\r\n"},
      {"an escaped NUL", "GET /a%00 HTTP/1.1\r\nHost: h\r\n\r\n"},
      {"an escape that is not UTF-8", "GET /%ff HTTP/1.1\r\nHost: h\r\n\r\n"},
      {"an overlong escape", "GET /%c0%af HTTP/1.1\r\nHost: h\r\n\r\n"},
      {"a bad escape in the query", "GET /?a=%1 HTTP/1.1\r\nHost: h\r\n\r\n"},
      {"an unknown transfer coding", post + "Transfer-Encoding: gzip\r\n\r\n"},
      {"chunked and gzip", post + "Transfer-Encoding: gzip, chunked\r\n\r\n"},
      {"chunked twice", post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
      {"chunked in 1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
      {"an unknown expectation", get + "Host: h\r\nExpect: a-miracle\r\n\r\n", 417},
      {"a negative chunk", chunked + "-2\r\nab\r\n0\r\n\r\n"},
      {"a chunk size with a plus", chunked + "+2\r\nab\r\n0\r\n\r\n"},
      {"a chunk size with 0x", chunked + "0x2\r\nab\r\n0\r\n\r\n"},
      {"a chunk size with a blank before", chunked + " 2\r\nab\r\n0\r\n\r\n"},
      {"a chunk size with a blank behind", chunked + "2 \r\nab\r\n0\r\n\r\n"},
      {"an empty chunk size", chunked + "\r\nab\r\n0\r\n\r\n"},
      {"a chunk size that is a word", chunked + "two\r\nab\r\n0\r\n\r\n"},
      {"an extension alone", chunked + ";x\r\n"},
      {"a chunk size with a bare line feed", chunked + "2\nab\r\n0\r\n\r\n"},
      {"a chunk longer than its size", chunked + "2\r\nabc\r\n0\r\n\r\n"},
      {"a chunk that ends in a bare line feed", chunked + "2\r\nab\n0\r\n\r\n"},
      {"a chunk size beyond 64 bits", chunked + "10000000000000002\r\nab\r\n", 413},
      {"an endless extension", chunked + "2;" + std::string(300, 'x') + "\r\nab\r\n"},
      {"a control byte in an extension", chunked + "2;\x01\r\nab\r\n"},
      {"a malformed trailer", chunked + "0\r\nno colon\r\n\r\n"},
      {"endless trailers", chunked + "0\r\nX: " + std::string(5000, 'x') + "\r\n\r\n"},
      {"TLS", "\x16\x03\x01\x02"},
      {"a blank first", " GET / HTTP/1.1\r\n"},
      {"two empty lines first", "\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n"},
      {"a WebSocket without a key",
       get + "Host: h\r\nUpgrade: websocket\r\nConnection: upgrade\r\nSec-WebSocket-Version: 13\r\n\r\n"},
      {"a WebSocket with a short key", get + "Host: h\r\nUpgrade: websocket\r\nConnection: "
                                             "upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: YWJj\r\n\r\n"},
      {"a WebSocket of another version",
       get + "Host: h\r\nUpgrade: websocket\r\nConnection: upgrade\r\nSec-WebSocket-Version: 8\r\nSec-WebSocket-Key: "
             "dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
       426},
  };
}

TEST(malformed_http, is_refused_and_ends_the_connection) {
  running_server server(echo);
  for (auto const& bad : bad_requests()) {
    SCOPED_TRACE(bad.what);
    auto client = server.connect();
    client.send(bad.bytes);
    auto const a = client.read_answer();
    EXPECT_EQ(a.status, bad.status) << a.body;
    EXPECT_EQ(a.header("Connection"), "close");
    EXPECT_NE(a.header("X-Request-Id"), "");
    EXPECT_TRUE(a.body.starts_with(fmt::format(R"({{"status":{})", bad.status))) << a.body;
    EXPECT_TRUE(client.is_closed());
  }
}

TEST(malformed_http, is_found_however_the_bytes_come) {
  running_server server(echo);
  for (auto const& bad : bad_requests()) {
    SCOPED_TRACE(bad.what);
    if (bad.bytes.size() > 400) continue;
    auto client = server.connect();
    for (char const& c : bad.bytes) client.send(std::string_view(&c, 1));
    EXPECT_EQ(client.read_answer().status, bad.status);
  }
}

TEST(malformed_http, after_a_good_request_leaves_that_ones_answer_alone) {
  running_server server(echo);
  auto client = server.connect();
  client.send("GET /good HTTP/1.1\r\nHost: h\r\n\r\nGET /bad HTTP/1.1\r\n\r\n");
  EXPECT_EQ(client.read_answer().body, "GET /good||-|");
  EXPECT_EQ(client.read_answer().status, 400);
  EXPECT_TRUE(client.is_closed());
}

TEST(malformed_http, tells_a_tls_client_that_it_took_the_wrong_scheme) {
  running_server server(echo);
  EXPECT_NE(server.ask("\x16\x03\x01\x02").body.find("not https"), std::string::npos);
}

TEST(malformed_http, says_which_websocket_version_it_speaks) {
  running_server server(echo);
  auto const a = server.ask(
      "GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: upgrade\r\nSec-WebSocket-Version: 8\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
  EXPECT_EQ(a.header("Sec-WebSocket-Version"), "13");
}

}  // namespace
}  // namespace krane::http::test
