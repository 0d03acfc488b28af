#pragma once
// HTTP's chunked coding taken off: whole reads are decoded at once, since a system call per chunk would halve the
// speed of container output.
// Source: RFC 9112, section 7.1.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace krane::docker {

class chunk_decoder {
public:
  // Appends what is decoded to `out` and answers how many of the bytes were taken: all, unless the last chunk's end was
  // among them. errc::internal, engine_error: this is not chunked coding.
  result<std::size_t> add(std::string_view bytes, std::string& out);
  bool done() const { return state_ == state::done; }

private:
  enum class state {
    size_first,
    size,
    extension,
    size_lf,
    data,
    data_cr,
    data_lf,
    trailer_start,
    trailer,
    trailer_lf,
    end_lf,
    done
  };
  // One byte of the framing; false: it does not belong there.
  bool framing(char c);

  state state_ = state::size_first;
  std::uint64_t left_ = 0;         // of the chunk's bytes
  std::size_t framing_bytes_ = 0;  // of the present chunk's header or of the trailers, which are bounded
};

}  // namespace krane::docker
