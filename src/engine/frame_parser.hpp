#pragma once
// A container's output as the engine frames it when there is no terminal: eight bytes (source, three zeros, length)
// before each piece. Takes the bytes as they arrive, cut anywhere, and gives what was written.
// Source: Docker Engine API, "ContainerAttach", stream format.
#include <array>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

#include "engine/engine.hpp"

namespace krane::docker {

class frame_parser {
public:
  // What follows from one source is put into one chunk, as long as each frame ends in a line end. errc::internal,
  // engine_error: these are no frames, or the engine reports a failure of its own within the stream; nothing can be
  // read after that.
  result<void> add(std::string_view bytes, std::deque<log_chunk>& out);
  // False within a frame: an end of the stream there is a loss.
  bool between_frames() const { return header_bytes_ == 0 && left_ == 0; }

private:
  enum class source : std::uint8_t { in, out, err, engine };
  result<void> begin_frame();
  result<void> end_frame();
  void give(std::string_view part, std::deque<log_chunk>& out);

  std::array<unsigned char, 8> header_{};
  std::size_t header_bytes_ = 0;
  std::uint32_t left_ = 0;  // of the frame's bytes
  source source_ = source::out;
  bool at_frame_start_ = false;
  std::string engine_words_;
};

// Puts `part` behind what the same source wrote last, so that a read of many small pieces gives few chunks; but a
// record that begins behind one without a line end is a chunk of its own.
void append_output(log_source from, std::string_view part, bool begins_record, std::deque<log_chunk>& out);

}  // namespace krane::docker
