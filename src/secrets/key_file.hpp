#pragma once
// The file of the master key: 32 bytes that nobody but the server's own user may read.
//
// Failure: sentences for the person who starts the server, naming the file.
#include <string>

#include "base/result.hpp"
#include "secrets/sealing.hpp"

namespace krane {

// errc::not_found: there is none. errc::forbidden: others can read it, or it is not ours. errc::invalid: not 32 bytes.
result<master_key> read_master_key(std::string const& path);
// A new random one, on the disk when it returns; mode 0600. errc::conflict: there is a file already.
result<master_key> make_master_key(std::string const& path);

}  // namespace krane
