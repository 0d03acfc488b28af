#include "engine/frame_parser.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "model/reason.hpp"

namespace krane::docker {
namespace {
constexpr std::size_t max_engine_words = 4096;
}

result<void> frame_parser::add(std::string_view bytes, std::deque<log_chunk>& out) {
  while (!bytes.empty()) {
    if (left_ == 0) {
      std::size_t const wanted = std::min(header_.size() - header_bytes_, bytes.size());
      std::memcpy(header_.data() + header_bytes_, bytes.data(), wanted);
      header_bytes_ += wanted;
      bytes.remove_prefix(wanted);
      if (header_bytes_ < header_.size()) break;
      header_bytes_ = 0;
      if (auto begun = begin_frame(); !begun) return begun;
    } else {
      std::string_view const part = bytes.substr(0, left_);
      bytes.remove_prefix(part.size());
      left_ -= static_cast<std::uint32_t>(part.size());
      give(part, out);
      if (left_ > 0) break;
      if (auto ended = end_frame(); !ended) return ended;
    }
  }
  return {};
}

result<void> frame_parser::begin_frame() {
  if (header_[0] > 3 || header_[1] != 0 || header_[2] != 0 || header_[3] != 0)
    return make_error(
        errc::internal, reason::engine_error,
        fmt::format("the engine's output stream is not framed as it should be (a frame begins with {:02x} "
                    "{:02x} {:02x} {:02x})",
                    header_[0], header_[1], header_[2], header_[3]));
  source_ = static_cast<source>(header_[0]);
  left_ = static_cast<std::uint32_t>(header_[4]) << 24 | static_cast<std::uint32_t>(header_[5]) << 16 |
          static_cast<std::uint32_t>(header_[6]) << 8 | static_cast<std::uint32_t>(header_[7]);
  at_frame_start_ = true;
  if (left_ == 0) return end_frame();
  return {};
}

result<void> frame_parser::end_frame() {
  if (source_ != source::engine) return {};
  while (!engine_words_.empty() && (engine_words_.back() == '\n' || engine_words_.back() == '\r'))
    engine_words_.pop_back();
  return make_error(errc::internal, reason::engine_error,
                    fmt::format("the engine could not read the container's output: {}", engine_words_));
}

void frame_parser::give(std::string_view part, std::deque<log_chunk>& out) {
  // The engine sends each record of its log as a frame.
  bool const begins_record = std::exchange(at_frame_start_, false);
  switch (source_) {
    case source::engine:
      engine_words_ += part.substr(0, max_engine_words - std::min(max_engine_words, engine_words_.size()));
      break;
    case source::err:
      append_output(log_source::err, part, begins_record, out);
      break;
    case source::in:
    case source::out:
      append_output(log_source::out, part, begins_record, out);
      break;
  }
}

void append_output(log_source from, std::string_view part, bool begins_record, std::deque<log_chunk>& out) {
  bool const goes_on =
      !out.empty() && out.back().source == from && !(begins_record && !out.back().bytes.ends_with('\n'));
  if (!goes_on) out.push_back({from, {}, begins_record});
  out.back().bytes += part;
}

}  // namespace krane::docker
