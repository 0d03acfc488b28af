#pragma once
// WebSocket's framing (RFC 6455 §5) for a server that has little to hear: writes frames, and reads the client's as
// strictly as the RFC asks, dropping what is in its messages. No I/O.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace krane::http {

enum class opcode : std::uint8_t { continuation = 0, text = 1, binary = 2, close = 8, ping = 9, pong = 10 };

// What Sec-WebSocket-Accept must be for a Sec-WebSocket-Key.
std::string websocket_accept(std::string_view key);

inline constexpr std::size_t max_frame_header = 10;
// Of a whole, unmasked frame.
void append_frame_header(std::string& out, opcode op, std::size_t payload_bytes);
std::string control_frame(opcode op, std::string_view payload);
// The reason is cut to the 123 bytes that fit, between characters.
std::string close_frame(std::uint16_t code, std::string_view reason);

// What a client sent that must be acted on.
struct client_frame {
  enum class kind { ping, pong, close, violation };
  kind what = kind::violation;
  std::string payload;     // of ping and pong
  std::uint16_t code = 0;  // what the answering close frame must carry; 0: nothing
};

class frame_reader {
public:
  explicit frame_reader(std::size_t max_message) : max_message_(max_message) {}

  // Takes bytes from the front of `bytes` until something must be acted on, or there are none left. After a close or a
  // violation nothing that follows has a meaning.
  std::optional<client_frame> next(std::string_view& bytes);

private:
  bool read_header(std::string_view& bytes);
  std::optional<client_frame> begin_frame();
  std::optional<client_frame> end_frame();

  std::size_t max_message_;
  std::string header_;
  std::string payload_;  // of a control frame
  std::uint8_t op_ = 0;
  std::uint64_t left_ = 0;  // of this frame's payload
  std::uint64_t message_bytes_ = 0;
  std::size_t at_ = 0;  // in the mask
  bool in_payload_ = false;
  bool is_final_ = false;
  bool in_message_ = false;  // its last frame has not come yet
};

}  // namespace krane::http
