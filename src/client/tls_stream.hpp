#pragma once
// TLS to a server whose certificate verifies for the host that was asked for: against the system's authorities, or
// those that SSL_CERT_FILE and SSL_CERT_DIR name. There is no way round it.
//
// Failure: reason::tls_failed, saying what is wrong with the certificate, or that the other side speaks no TLS.
#include <memory>

#include "client/byte_stream.hpp"
#include "client/socket_stream.hpp"

namespace krane::client {

task<std::unique_ptr<byte_stream>> start_tls(stream_socket connected, endpoint where);

}  // namespace krane::client
