#include "client/tls_stream.hpp"

#include <fmt/format.h>
#include <openssl/ssl.h>
#include <openssl/sslerr.h>
#include <openssl/x509_vfy.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>

#include "client/reason.hpp"

namespace krane::client {
namespace {

namespace ssl = asio::ssl;

error tls_failed(endpoint const& where, std::string_view why) {
  return make_error(errc::unavailable, reason::tls_failed, fmt::format("{} {}", where.text(), why));
}

class tls_stream final : public byte_stream {
public:
  tls_stream(stream_socket connected, endpoint where)
      : context_(ssl::context::tls_client), stream_(std::move(connected), context_), where_(std::move(where)) {}

  task<void> handshake();
  task<std::size_t> read_some(std::span<char> into) override;
  task<void> write(std::string_view all) override;
  bool looks_alive() override { return nothing_to_read(stream_.next_layer().native_handle()); }

private:
  bool expect_the_host();
  error explain(boost::system::error_code const& ec);

  ssl::context context_;
  ssl::stream<stream_socket> stream_;
  endpoint where_;
};

bool tls_stream::expect_the_host() {
  SSL* const handle = stream_.native_handle();
  SSL_CTX_set_default_verify_paths(SSL_get_SSL_CTX(handle));
  SSL_set_verify(handle, SSL_VERIFY_PEER, nullptr);
  SSL_set_min_proto_version(handle, TLS1_2_VERSION);
  boost::system::error_code no_address;
  asio::ip::make_address(where_.host, no_address);
  if (!no_address) return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(handle), where_.host.c_str()) == 1;
  SSL_set_hostflags(handle, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  return SSL_set1_host(handle, where_.host.c_str()) == 1 && SSL_set_tlsext_host_name(handle, where_.host.c_str()) == 1;
}

error tls_stream::explain(boost::system::error_code const& ec) {
  if (auto const fault = SSL_get_verify_result(stream_.native_handle()); fault != X509_V_OK)
    return tls_failed(where_,
                      fmt::format("has a certificate that does not verify: {}; if it is signed by an authority of "
                                  "your own, name its file in SSL_CERT_FILE",
                                  X509_verify_cert_error_string(fault)));
  int const cause = ERR_GET_REASON(static_cast<unsigned long>(ec.value()));
  if (ec.category() == asio::error::get_ssl_category() &&
      (cause == SSL_R_WRONG_VERSION_NUMBER || cause == SSL_R_PACKET_LENGTH_TOO_LONG || cause == SSL_R_HTTP_REQUEST))
    return tls_failed(where_, "does not speak TLS; if this is the right server, write http://");
  return tls_failed(where_, fmt::format("ended the TLS handshake: {}", plain_words(ec)));
}

task<void> tls_stream::handshake() {
  if (!expect_the_host()) co_return tls_failed(where_, "has a name that no certificate can be checked for");
  auto [ec] = co_await stream_.async_handshake(ssl::stream_base::client, use_tuple);
  if (ec) co_return explain(ec);
  co_return result<void>{};
}

task<std::size_t> tls_stream::read_some(std::span<char> into) {
  auto [ec, got] = co_await stream_.async_read_some(asio::buffer(into.data(), into.size()), use_tuple);
  if (ec == asio::error::eof) co_return std::size_t{0};
  if (ec) co_return connection_lost(where_, plain_words(ec));
  co_return got;
}

task<void> tls_stream::write(std::string_view all) {
  auto [ec, sent] = co_await asio::async_write(stream_, asio::buffer(all.data(), all.size()), use_tuple);
  if (ec) co_return connection_lost(where_, plain_words(ec));
  co_return result<void>{};
}

}  // namespace

task<std::unique_ptr<byte_stream>> start_tls(stream_socket connected, endpoint where) {
  auto stream = std::make_unique<tls_stream>(std::move(connected), std::move(where));
  if (auto const done = co_await stream->handshake(); !done) co_return done.error();
  co_return std::move(stream);
}

}  // namespace krane::client
