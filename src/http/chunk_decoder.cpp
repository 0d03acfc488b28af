#include "http/chunk_decoder.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <utility>

#include <fmt/format.h>

#include "http/syntax.hpp"

namespace krane::http {
namespace {

constexpr std::size_t max_size_line = 256;
constexpr std::size_t max_trailers = 4 * 1024;

std::unexpected<refusal> malformed() {
  return std::unexpected(bad_request("the request's body is not in well-formed chunks"));
}

}  // namespace

std::expected<std::size_t, refusal> chunk_decoder::feed(std::string_view bytes, std::string& out) {
  std::size_t taken = 0;
  while (taken < bytes.size() && state_ != state::done) {
    if (state_ == state::data) {
      std::size_t const piece = std::min(left_, bytes.size() - taken);
      out.append(bytes.substr(taken, piece));
      taken += piece;
      left_ -= piece;
      if (left_ == 0) state_ = state::data_end;
      continue;
    }
    auto const end = bytes.find('\n', taken);
    std::string_view const piece = bytes.substr(taken, end == bytes.npos ? bytes.npos : end - taken + 1);
    std::size_t const longest = state_ == state::data_end    ? 2
                                : state_ == state::size_line ? max_size_line
                                                             : max_trailers - trailers_;
    if (line_.size() + piece.size() > longest) return malformed();
    line_ += piece;
    taken += piece.size();
    if (end == bytes.npos) break;
    if (auto ok = end_of_line(out); !ok) return std::unexpected(std::move(ok.error()));
  }
  return taken;
}

std::expected<void, refusal> chunk_decoder::end_of_line(std::string& out) {
  if (!line_.ends_with("\r\n")) return malformed();
  std::string const whole = std::exchange(line_, {});
  std::string_view const line = std::string_view(whole).substr(0, whole.size() - 2);
  if (!is_field_value(line)) return malformed();
  switch (state_) {
    case state::size_line:
      return size_line(line, out.size());
    case state::data_end:
      if (!line.empty()) return malformed();
      state_ = state::size_line;
      return {};
    case state::trailer_line:
      trailers_ += whole.size();
      if (line.empty())
        state_ = state::done;
      else if (!is_token(line.substr(0, std::min(line.find(':'), line.size()))) || line.find(':') == line.npos)
        return malformed();
      return {};
    case state::data:
    case state::done:
      break;
  }
  std::unreachable();
}

std::expected<void, refusal> chunk_decoder::size_line(std::string_view line, std::size_t already) {
  std::string_view const digits = trim_blanks(line.substr(0, std::min(line.find(';'), line.size())));
  // A blank is allowed before an extension, and nowhere else.
  if (digits.empty() || digits.front() != line.front() || (digits.size() != line.size() && line.find(';') == line.npos))
    return malformed();
  std::uint64_t bytes = 0;
  auto const [end, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), bytes, 16);
  if (end != digits.data() + digits.size() || digits.front() == '-') return malformed();
  if (failed == std::errc::result_out_of_range || bytes > max_body_ - already)
    return std::unexpected(refusal{413, "too_large", fmt::format("a request's body may have {} bytes", max_body_)});
  if (failed != std::errc{}) return malformed();
  left_ = bytes;
  state_ = bytes == 0 ? state::trailer_line : state::data;
  return {};
}

}  // namespace krane::http
