// TLS against a real TLS server with certificates of the test's own.
#include <gmock/gmock.h>

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <cstdlib>

#include "client/http_client.hpp"
#include "client/reason.hpp"
#include "http/server.hpp"
#include "raw_server.hpp"
#include "support/run_coroutine.hpp"
#include "support/temp_folder.hpp"
#include "unit/auth/program.hpp"

namespace krane::client {
namespace {

using testing::HasSubstr;
using tcp_socket = asio::basic_stream_socket<asio::ip::tcp, executor>;

struct tls_server {
  tls_server(asio::io_context& loop, std::string const& certificate, std::string const& key)
      : acceptor(loop.get_executor(), {asio::ip::address_v4::loopback(), 0}) {
    context.use_certificate_chain_file(certificate);
    context.use_private_key_file(key, asio::ssl::context::pem);
  }
  asio::basic_socket_acceptor<asio::ip::tcp, executor> acceptor;
  asio::ssl::context context{asio::ssl::context::tls_server};
  std::string asked_for{};  // by SNI

  std::uint16_t port() const { return acceptor.local_endpoint().port(); }
};

coroutine<void> serve(std::shared_ptr<tls_server> at) {
  for (;;) {
    auto [ec, socket] = co_await at->acceptor.async_accept(use_tuple);
    if (ec) co_return;
    asio::ssl::stream<tcp_socket> stream(std::move(socket), at->context);
    auto [failed] = co_await stream.async_handshake(asio::ssl::stream_base::server, use_tuple);
    if (failed) continue;
    if (char const* const name = SSL_get_servername(stream.native_handle(), TLSEXT_NAMETYPE_host_name))
      at->asked_for = name;
    std::string text;
    co_await asio::async_read_until(stream, asio::dynamic_buffer(text), "\r\n\r\n", use_tuple);
    co_await asio::async_write(stream, asio::buffer(test::http_answer(200, "over TLS")), use_tuple);
    co_await stream.async_shutdown(use_tuple);
  }
}

coroutine<http::reply> nobody(http::request&) {
  co_return http::response{.headers = {}, .body = nullptr};
}
std::string nothing(int, std::string const&, std::string const&) {
  return "{}";
}

// SSL_CERT_FILE as it was, afterwards.
class authority_in_environment {
public:
  explicit authority_in_environment(std::string const& file) { setenv("SSL_CERT_FILE", file.c_str(), 1); }
  ~authority_in_environment() { unsetenv("SSL_CERT_FILE"); }
};

class tls : public testing::Test {
protected:
  void SetUp() override {
    if (!test::program_exists("openssl")) GTEST_SKIP() << "openssl is not installed";
    serve_as("DNS:localhost,IP:127.0.0.1");
  }
  // With a certificate for these names, which nobody but itself vouches for.
  void serve_as(std::string const& names) {
    test::output_of("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=test" +
                    (" -addext subjectAltName=" + names) + " -keyout " + (folder / "key.pem") + " -out " +
                    (folder / "cert.pem") + " 2>&1");
    server = std::make_shared<tls_server>(loop, folder / "cert.pem", folder / "key.pem");
    asio::co_spawn(loop, serve(server), asio::detached);
  }
  result<whole_answer> ask(std::string host) {
    http_client client({.type = endpoint::kind::https, .host = std::move(host), .port = server->port()}, {});
    return test::run_coroutine(loop, client.call({.target = "/"}));
  }
  test::temp_folder folder;
  asio::io_context loop{1};
  std::shared_ptr<tls_server> server;
};

TEST_F(tls, refuses_a_certificate_that_nobody_vouches_for) {
  auto const answer = ask("127.0.0.1");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().reason, reason::tls_failed);
  EXPECT_TRUE(is_unreachable(answer.error()));
  EXPECT_THAT(answer.error().message, HasSubstr("has a certificate that does not verify: self-signed certificate"));
  EXPECT_THAT(answer.error().message, HasSubstr("SSL_CERT_FILE"));
}

TEST_F(tls, takes_one_of_an_authority_that_the_environment_names) {
  authority_in_environment const known(folder / "cert.pem");
  for (std::string const host : {"127.0.0.1", "localhost"}) {
    auto const answer = ask(host);
    ASSERT_TRUE(answer) << host << ": " << answer.error().message;
    EXPECT_EQ(answer->body, "over TLS");
  }
  EXPECT_EQ(server->asked_for, "localhost");
}

TEST_F(tls, refuses_a_certificate_for_another_host) {
  serve_as("DNS:krane.example,IP:192.0.2.1");
  authority_in_environment const known(folder / "cert.pem");
  for (auto const& [host, says] : {std::pair("localhost", "hostname mismatch"), {"127.0.0.1", "IP address mismatch"}}) {
    auto const answer = ask(host);
    ASSERT_FALSE(answer) << host;
    EXPECT_EQ(answer.error().reason, reason::tls_failed);
    EXPECT_THAT(answer.error().message, HasSubstr(says));
  }
}

TEST_F(tls, says_that_the_other_side_speaks_none) {
  auto other = *http::make_server(loop.get_executor(), "127.0.0.1", 0, {}, nobody, nothing);
  other->start();
  http_client client({.type = endpoint::kind::https, .host = "127.0.0.1", .port = other->port()}, {});
  auto const secret = test::run_coroutine(loop, client.call({.target = "/"}));
  ASSERT_FALSE(secret);
  EXPECT_EQ(secret.error().reason, reason::tls_failed);
  EXPECT_THAT(secret.error().message, HasSubstr("does not speak TLS; if this is the right server, write http://"));
  test::run_coroutine(loop, other->stop(std::chrono::milliseconds{0}));
}

}  // namespace
}  // namespace krane::client
