#pragma once
// Takes the chunks of a request's body apart. Strict: sizes are plain hex digits, every line ends in CRLF; extensions
// and trailers are bounded and dropped. No I/O.
#include <cstddef>
#include <expected>
#include <string>
#include <string_view>

#include "http/refusal.hpp"

namespace krane::http {

class chunk_decoder {
public:
  explicit chunk_decoder(std::size_t max_body) : max_body_(max_body) {}

  // Takes what it can from `bytes`, appends the body's part of it to `out`, and gives how much it took. What follows
  // the body is not taken.
  std::expected<std::size_t, refusal> feed(std::string_view bytes, std::string& out);
  bool done() const { return state_ == state::done; }

private:
  enum class state { size_line, data, data_end, trailer_line, done };

  std::expected<void, refusal> end_of_line(std::string& out);
  std::expected<void, refusal> size_line(std::string_view line, std::size_t already);

  std::size_t max_body_;
  state state_ = state::size_line;
  std::size_t left_ = 0;      // of this chunk's data
  std::size_t trailers_ = 0;  // bytes
  std::string line_;
};

}  // namespace krane::http
