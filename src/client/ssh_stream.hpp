#pragma once
// byte_stream through the user's own ssh, with their keys, known hosts and configuration: "ssh -W 127.0.0.1:port host"
// leads to a server that listens on that host's loopback only. What ssh asks, it asks at the terminal itself.
//
// Failure: reason::ssh_failed, with the last that ssh said; reason::unreachable when ssh reached the host and nothing
//          listens there.
#include <memory>

#include "client/byte_stream.hpp"

namespace krane::client {

task<std::unique_ptr<byte_stream>> start_ssh(endpoint where);

}  // namespace krane::client
