#pragma once
// The file of a key: 32 bytes that nobody but the server's own user may read.
//
// Failure: sentences for the person who starts the server, naming the file.
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "secrets/sealing.hpp"

namespace krane {

inline constexpr std::string_view master_key_name = "the master key of the secrets";

// `what`: the key, as it is called in what goes wrong.
// errc::not_found: there is none. errc::forbidden: others can read it, or it is not ours. errc::invalid: not 32 bytes.
result<master_key> read_key_file(std::string const& path, std::string_view what = master_key_name);
// A new random one, on the disk when it returns; mode 0600. errc::conflict: there is a file already.
result<master_key> make_key_file(std::string const& path, std::string_view what = master_key_name);

}  // namespace krane
