#include "e2e/harness/http.hpp"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cctype>
#include <charconv>
#include <stdexcept>

namespace krane::e2e {
namespace {

using clock = std::chrono::steady_clock;

std::chrono::milliseconds time_left(clock::time_point until) {
  return std::max(std::chrono::milliseconds(0),
                  std::chrono::duration_cast<std::chrono::milliseconds>(until - clock::now()));
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\r')) text.remove_suffix(1);
  return text;
}

std::string request_text(endpoint const& where, std::string_view method, std::string_view target, fields const& headers,
                         std::string_view body) {
  auto const has = [&](std::string_view name) {
    return std::ranges::any_of(headers, [&](auto const& h) { return lower(h.first) == name; });
  };
  std::string out = std::string(method) + ' ' + std::string(target) + " HTTP/1.1\r\n";
  if (!has("host"))
    out += "Host: " + (where.path.empty() ? "127.0.0.1:" + std::to_string(where.port) : "docker") + "\r\n";
  if (!body.empty() && !has("content-type")) out += "Content-Type: application/json\r\n";
  if (!body.empty() || method == "POST" || method == "PUT")
    out += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  for (auto const& [name, value] : headers) out.append(name).append(": ").append(value).append("\r\n");
  return out + "\r\n" + std::string(body);
}

// The head that `raw` begins with, taken off it; no value while it is not all there.
std::optional<answer> take_head(std::string& raw) {
  auto const end = raw.find("\r\n\r\n");
  if (end == std::string::npos) return std::nullopt;
  std::string const head = raw.substr(0, end + 2);
  raw.erase(0, end + 4);
  answer out;
  auto line_end = head.find("\r\n");
  std::string const first = head.substr(0, line_end);
  if (!first.starts_with("HTTP/1.") || first.size() < 12) throw std::runtime_error("no HTTP answer: " + first);
  out.status = std::stoi(first.substr(9, 3));
  for (auto begin = line_end + 2; begin < head.size(); begin = line_end + 2) {
    line_end = head.find("\r\n", begin);
    std::string_view const line = std::string_view(head).substr(begin, line_end - begin);
    auto const colon = line.find(':');
    if (colon == std::string_view::npos) throw std::runtime_error("no header: " + std::string(line));
    out.headers[lower(line.substr(0, colon))] = std::string(trimmed(line.substr(colon + 1)));
  }
  return out;
}

answer read_head(wire& from, std::string& raw, std::chrono::milliseconds limit) {
  auto const until = clock::now() + limit;
  while (true) {
    if (auto head = take_head(raw)) {
      // 100 Continue and its like announce the real one.
      if (head->status >= 200 || head->status == 101) return *head;
      continue;
    }
    auto bytes = from.receive(time_left(until));
    if (!bytes) throw std::runtime_error("no answer in time; so far: '" + raw.substr(0, 200) + "'");
    if (bytes->empty()) return {};
    raw += *bytes;
  }
}

}  // namespace

std::string text_at(boost::json::value const& value, std::string_view pointer) {
  boost::system::error_code failed;
  auto const* found = value.find_pointer(pointer, failed);
  if (found == nullptr) return "(missing)";
  if (auto const* text = found->if_string()) return std::string(*text);
  return boost::json::serialize(*found);
}

boost::json::value answer::json() const {
  boost::system::error_code failed;
  auto value = boost::json::parse(body, failed);
  if (failed)
    throw std::runtime_error("the body is no JSON (status " + std::to_string(status) + "): " + body.substr(0, 300));
  return value;
}

std::string answer::at(std::string_view pointer) const {
  return text_at(json(), pointer);
}

std::string answer::header(std::string const& name) const {
  auto const found = headers.find(lower(name));
  return found == headers.end() ? "" : found->second;
}

body_reader::body_reader(endpoint const& where, std::string_view target, fields const& headers, std::string_view method,
                         std::string_view body)
    : wire_(where) {
  wire_.send(request_text(where, method, target, headers, body));
  head_ = read_head(wire_, raw_, std::chrono::seconds(30));
  chunked_ = lower(head_.header("transfer-encoding")) == "chunked";
  if (auto const length = head_.header("content-length"); !length.empty()) left_ = std::stoull(length);
  if (head_.status == 204 || head_.status == 304 || method == "HEAD") left_ = 0;
}

bool body_reader::take_chunk(std::string& out) {
  auto const line_end = raw_.find("\r\n");
  if (line_end == std::string::npos) return false;
  std::size_t size = 0;
  if (std::from_chars(raw_.data(), raw_.data() + line_end, size, 16).ec != std::errc{})
    throw std::runtime_error("no chunk size: " + raw_.substr(0, line_end));
  if (raw_.size() < line_end + 2 + size + 2) return false;
  out += raw_.substr(line_end + 2, size);
  raw_.erase(0, line_end + 2 + size + 2);
  if (size == 0) ended_ = true;
  return true;
}

std::optional<std::string> body_reader::next(std::chrono::milliseconds limit) {
  auto const until = clock::now() + limit;
  std::string out;
  while (true) {
    if (ended_) return out;
    if (chunked_) {
      while (!ended_ && take_chunk(out)) {
      }
    } else if (left_) {
      auto const n = std::min(*left_, raw_.size());
      out += raw_.substr(0, n);
      raw_.erase(0, n);
      *left_ -= n;
      ended_ = *left_ == 0;
    } else {
      out += std::exchange(raw_, {});
    }
    if (!out.empty()) return out;
    if (ended_) continue;
    auto bytes = wire_.receive(time_left(until));
    if (!bytes) return std::nullopt;
    if (bytes->empty()) ended_ = true;
    raw_ += *bytes;
  }
}

answer exchange(endpoint const& where, std::string_view method, std::string_view target, fields const& headers,
                std::string_view body, std::chrono::milliseconds limit) {
  fields all = headers;
  all.emplace_back("Connection", "close");
  body_reader reader(where, target, all, method, body);
  answer out = reader.head();
  auto const until = clock::now() + limit;
  while (true) {
    auto bytes = reader.next(time_left(until));
    if (!bytes) throw std::runtime_error(std::string(method) + " " + std::string(target) + ": the answer does not end");
    if (bytes->empty()) return out;
    out.body += *bytes;
  }
}

answer answer_to_bytes(endpoint const& where, std::string_view bytes, bool then_finish,
                       std::chrono::milliseconds limit) {
  wire connection(where);
  connection.try_send(bytes);
  if (then_finish) connection.finish_sending();
  std::string raw;
  auto out = read_head(connection, raw, limit);
  if (out.status == 0) return out;
  auto const length = out.header("content-length");
  auto const until = clock::now() + limit;
  while (length.empty() || raw.size() < std::stoull(length)) {
    auto more = connection.receive(time_left(until));
    if (!more || more->empty()) break;
    raw += *more;
  }
  out.body = raw;
  return out;
}

event_source::event_source(endpoint const& where, std::string_view target, fields headers)
    : body_(where, target, [&] {
        headers.emplace_back("Accept", "text/event-stream");
        return headers;
      }()) {}

answer event_source::rest() {
  auto out = body_.head();
  while (auto bytes = body_.next(std::chrono::seconds(10))) {
    if (bytes->empty()) break;
    out.body += *bytes;
  }
  return out;
}

std::optional<sse_event> event_source::next(std::chrono::milliseconds limit) {
  auto const until = clock::now() + limit;
  while (true) {
    if (auto const end = text_.find("\n\n"); end != std::string::npos) {
      std::string const block = text_.substr(0, end + 1);
      text_.erase(0, end + 2);
      sse_event out;
      bool any = false;
      bool first_data = true;
      for (std::size_t begin = 0; begin < block.size();) {
        auto const line_end = block.find('\n', begin);
        std::string_view const line = std::string_view(block).substr(begin, line_end - begin);
        begin = line_end + 1;
        if (line.starts_with(":")) {
          ++comments_;
          continue;
        }
        auto const colon = line.find(':');
        auto const name = line.substr(0, colon);
        auto value = colon == std::string_view::npos ? std::string_view{} : line.substr(colon + 1);
        if (value.starts_with(" ")) value.remove_prefix(1);
        if (name == "data") {
          if (!std::exchange(first_data, false)) out.data += '\n';
          out.data += value;
          any = true;
        } else if (name == "id") {
          out.id = value;
        } else if (name == "event") {
          out.name = value;
          any = true;
        }
      }
      if (any) return out;
      continue;
    }
    if (ended_) return std::nullopt;
    auto bytes = body_.next(time_left(until));
    if (!bytes) return std::nullopt;
    if (bytes->empty()) ended_ = true;
    text_ += *bytes;
  }
}

web_socket::web_socket(endpoint const& where, std::string_view target, fields const& headers) : wire_(where) {
  fields all = headers;
  all.insert(all.end(), {{"Upgrade", "websocket"},
                         {"Connection", "Upgrade"},
                         {"Sec-WebSocket-Version", "13"},
                         {"Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="}});
  wire_.send(request_text(where, "GET", target, all, {}));
  handshake_ = read_head(wire_, raw_, std::chrono::seconds(10));
  if (handshake_.status == 101) {
    // The answer to the key above, as RFC 6455 works it out.
    if (handshake_.header("sec-websocket-accept") != "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
      throw std::runtime_error("the WebSocket handshake is wrong");
    return;
  }
  auto const length = handshake_.header("content-length");
  while (!length.empty() && raw_.size() < std::stoull(length)) {
    auto more = wire_.receive(std::chrono::seconds(5));
    if (!more || more->empty()) break;
    raw_ += *more;
  }
  handshake_.body = std::exchange(raw_, {});
}

void web_socket::send_frame(int opcode, std::string_view payload) {
  // Client frames are masked; a mask of zeros is one. Tests send short texts only.
  if (payload.size() > 125) throw std::runtime_error("too long for a test's frame");
  std::string frame{static_cast<char>(0x80 | opcode),
                    static_cast<char>(0x80 | static_cast<int>(payload.size())),
                    '\0',
                    '\0',
                    '\0',
                    '\0'};
  wire_.try_send(frame + std::string(payload));
}

void web_socket::send_text(std::string_view text) {
  send_frame(1, text);
}

void web_socket::close(std::uint16_t code) {
  send_frame(8, std::string{static_cast<char>(code >> 8), static_cast<char>(code & 0xff)});
}

std::optional<std::string> web_socket::next(std::chrono::milliseconds limit) {
  auto const until = clock::now() + limit;
  auto const byte = [&](std::size_t i) { return static_cast<std::size_t>(static_cast<unsigned char>(raw_[i])); };
  while (!close_code_) {
    std::size_t head = 2;
    std::size_t size = 0;
    bool complete = raw_.size() >= 2;
    if (complete) {
      size = byte(1) & 0x7f;
      std::size_t const extra = size == 126 ? 2 : size == 127 ? 8 : 0;
      head += extra;
      complete = raw_.size() >= head;
      if (complete && extra != 0) {
        size = 0;
        for (std::size_t i = 0; i < extra; ++i) size = size << 8 | byte(2 + i);
      }
      if ((byte(1) & 0x80) != 0) throw std::runtime_error("a server's frame is masked");
      complete = complete && raw_.size() >= head + size;
    }
    if (!complete) {
      auto bytes = wire_.receive(time_left(until));
      if (!bytes) return std::nullopt;
      if (bytes->empty()) close_code_ = 1006;
      raw_ += *bytes;
      continue;
    }
    bool const last = (byte(0) & 0x80) != 0;
    auto const opcode = byte(0) & 0x0f;
    std::string const payload = raw_.substr(head, size);
    raw_.erase(0, head + size);
    if (opcode == 9) {
      send_frame(10, payload);
    } else if (opcode == 8) {
      close_code_ = payload.size() < 2 ? 1005
                                       : static_cast<int>(static_cast<unsigned char>(payload[0])) << 8 |
                                             static_cast<int>(static_cast<unsigned char>(payload[1]));
      close_reason_ = payload.size() > 2 ? payload.substr(2) : "";
      send_frame(8, payload.substr(0, 2));
    } else if (opcode <= 2) {
      message_ += payload;
      if (last) return std::exchange(message_, {});
    }
  }
  return std::nullopt;
}

}  // namespace krane::e2e
