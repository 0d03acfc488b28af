#include "http/websocket_frames.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <array>

#include "base/utf8.hpp"

namespace krane::http {
namespace {

constexpr std::uint16_t protocol_error = 1002;
constexpr std::uint16_t bad_text = 1007;
constexpr std::uint16_t too_big = 1009;
constexpr std::size_t max_control_payload = 125;
constexpr std::size_t mask_bytes = 4;

client_frame violation(std::uint16_t code) {
  return {client_frame::kind::violation, {}, code};
}

bool is_control(std::uint8_t op) {
  return (op & 8) != 0;
}

bool may_be_sent(std::uint16_t code) {
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999);
}

std::uint64_t big_endian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (char const byte : bytes) value = value << 8 | static_cast<unsigned char>(byte);
  return value;
}

client_frame read_close(std::string_view payload) {
  client_frame frame{client_frame::kind::close, {}, 0};
  if (payload.empty()) return frame;
  if (payload.size() < 2) return violation(protocol_error);
  frame.code = static_cast<std::uint16_t>(big_endian(payload.substr(0, 2)));
  if (!may_be_sent(frame.code)) return violation(protocol_error);
  if (!is_valid_utf8(payload.substr(2))) return violation(bad_text);
  return frame;
}

}  // namespace

std::string websocket_accept(std::string_view key) {
  std::string const text = std::string(key) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  if (EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha1(), nullptr) != 1) return {};
  std::array<unsigned char, 2 * EVP_MAX_MD_SIZE> base64{};
  int const length = EVP_EncodeBlock(base64.data(), digest.data(), static_cast<int>(size));
  return {base64.begin(), base64.begin() + length};
}

void append_frame_header(std::string& out, opcode op, std::size_t payload_bytes) {
  constexpr unsigned char final_frame = 0x80;
  out += static_cast<char>(final_frame | static_cast<unsigned char>(op));
  int bytes = 0;
  if (payload_bytes < 126) {
    out += static_cast<char>(payload_bytes);
  } else if (payload_bytes <= 0xFFFF) {
    out += static_cast<char>(126);
    bytes = 2;
  } else {
    out += static_cast<char>(127);
    bytes = 8;
  }
  for (int shift = (bytes - 1) * 8; shift >= 0; shift -= 8)
    out += static_cast<char>(static_cast<std::uint64_t>(payload_bytes) >> shift);
}

std::string control_frame(opcode op, std::string_view payload) {
  payload = payload.substr(0, max_control_payload);
  std::string frame;
  append_frame_header(frame, op, payload.size());
  return frame += payload;
}

std::string close_frame(std::uint16_t code, std::string_view reason) {
  std::size_t length = std::min(reason.size(), max_control_payload - 2);
  while (length < reason.size() && length > 0 && (static_cast<unsigned char>(reason[length]) & 0xC0) == 0x80) --length;
  std::string payload{static_cast<char>(code >> 8), static_cast<char>(code & 0xFF)};
  return control_frame(opcode::close, payload.append(reason.substr(0, length)));
}

// True once the header is whole.
bool frame_reader::read_header(std::string_view& bytes) {
  while (!bytes.empty()) {
    header_ += bytes.front();
    bytes.remove_prefix(1);
    if (header_.size() < 2) continue;
    std::size_t const length = static_cast<unsigned char>(header_[1]) & 0x7F;
    if (header_.size() == 2 + (length == 126 ? 2U : length == 127 ? 8U : 0U) + mask_bytes) return true;
  }
  return false;
}

std::optional<client_frame> frame_reader::begin_frame() {
  auto const first = static_cast<unsigned char>(header_[0]);
  auto const second = static_cast<unsigned char>(header_[1]);
  std::size_t const short_length = second & 0x7F;
  left_ = short_length < 126 ? short_length : big_endian(std::string_view(header_).substr(2, header_.size() - 6));
  op_ = first & 0x0F;
  is_final_ = (first & 0x80) != 0;
  bool const is_known = op_ <= 2 || (op_ >= 8 && op_ <= 10);
  bool const is_shortest = short_length < 126 || left_ >= (short_length == 126 ? 126U : 0x10000U);
  if ((first & 0x70) != 0 || !is_known || !is_shortest || left_ >> 63 != 0) return violation(protocol_error);
  if (is_control(op_)) {
    if (!is_final_ || left_ > max_control_payload) return violation(protocol_error);
    payload_.clear();
  } else {
    bool const continues = op_ == static_cast<std::uint8_t>(opcode::continuation);
    if (continues != in_message_) return violation(protocol_error);
    if (!continues) message_bytes_ = 0;
    if (left_ > max_message_ - message_bytes_) return violation(too_big);
    message_bytes_ += left_;
    in_message_ = !is_final_;
  }
  in_payload_ = true;
  at_ = 0;
  return std::nullopt;
}

std::optional<client_frame> frame_reader::end_frame() {
  in_payload_ = false;
  header_.clear();
  switch (static_cast<opcode>(op_)) {
    case opcode::ping:
      return client_frame{client_frame::kind::ping, payload_, 0};
    case opcode::pong:
      return client_frame{client_frame::kind::pong, payload_, 0};
    case opcode::close:
      return read_close(payload_);
    case opcode::continuation:
    case opcode::text:
    case opcode::binary:
      break;
  }
  return std::nullopt;
}

std::optional<client_frame> frame_reader::next(std::string_view& bytes) {
  for (;;) {
    if (!in_payload_) {
      // Known from its second byte on, and a client that does not mask may send nothing more.
      bool const is_whole = read_header(bytes);
      if (header_.size() >= 2 && (static_cast<unsigned char>(header_[1]) & 0x80) == 0) return violation(protocol_error);
      if (!is_whole) return std::nullopt;
      if (auto bad = begin_frame()) return bad;
    }
    std::size_t const piece = static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size()));
    if (is_control(op_)) {
      std::string_view const mask = std::string_view(header_).substr(header_.size() - mask_bytes);
      for (std::size_t i = 0; i < piece; ++i) payload_ += static_cast<char>(bytes[i] ^ mask[at_++ % mask_bytes]);
    }
    bytes.remove_prefix(piece);
    left_ -= piece;
    if (left_ > 0) return std::nullopt;
    if (auto frame = end_frame()) return frame;
  }
}

}  // namespace krane::http
