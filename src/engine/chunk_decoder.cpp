#include "engine/chunk_decoder.hpp"

#include <algorithm>

#include "model/reason.hpp"

namespace krane::docker {
namespace {

constexpr std::size_t max_framing_bytes = 16 * 1024;

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

result<std::size_t> chunk_decoder::add(std::string_view bytes, std::string& out) {
  std::size_t taken = 0;
  while (taken < bytes.size() && state_ != state::done) {
    if (state_ == state::data) {
      std::size_t const part = static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size() - taken));
      out.append(bytes.data() + taken, part);
      taken += part;
      left_ -= part;
      if (left_ == 0) state_ = state::data_cr;
    } else if (++framing_bytes_ > max_framing_bytes || !framing(bytes[taken++])) {
      return make_error(errc::internal, reason::engine_error, "the engine's answer is not chunked as HTTP has it");
    }
  }
  return taken;
}

bool chunk_decoder::framing(char c) {
  switch (state_) {
    case state::size_first:
    case state::size:
      if (int const digit = hex_value(c); digit >= 0) {
        if (left_ >> 59 != 0) return false;
        left_ = left_ << 4 | static_cast<std::uint64_t>(digit);
        state_ = state::size;
        return true;
      }
      if (state_ == state::size_first) return false;
      if (c == '\r') {
        state_ = state::size_lf;
        return true;
      }
      state_ = state::extension;
      return c == ';' || c == ' ' || c == '\t';
    case state::extension:
      if (c == '\r') state_ = state::size_lf;
      return c != '\n';
    case state::size_lf:
      framing_bytes_ = 0;
      state_ = left_ == 0 ? state::trailer_start : state::data;
      return c == '\n';
    case state::data_cr:
      state_ = state::data_lf;
      return c == '\r';
    case state::data_lf:
      state_ = state::size_first;
      return c == '\n';
    case state::trailer_start:
      state_ = c == '\r' ? state::end_lf : state::trailer;
      return c != '\n';
    case state::trailer:
      if (c == '\r') state_ = state::trailer_lf;
      return c != '\n';
    case state::trailer_lf:
      state_ = state::trailer_start;
      return c == '\n';
    case state::end_lf:
      state_ = state::done;
      return c == '\n';
    case state::data:
    case state::done:
      break;
  }
  return false;
}

}  // namespace krane::docker
