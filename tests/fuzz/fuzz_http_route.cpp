// What strangers send before anyone knows them: a request's head, its chunks, a WebSocket client's frames, and the
// route that a path leads to. The same bytes must mean the same however they are cut.
#include <string>

#include "fuzz/property.hpp"
#include "http/chunk_decoder.hpp"
#include "http/head_parser.hpp"
#include "http/router.hpp"
#include "http/websocket_frames.hpp"

namespace {

using namespace krane::http;
using krane::test::must_hold;

router const& routes() {
  static router const table({{"GET", "/deployments", {}},
                             {"POST", "/deployments", {}},
                             {"GET", "/deployments/:name", {}},
                             {"POST", "/deployments/:name/run", {}},
                             {"GET", "/containers/:id/events", {}}});
  return table;
}

void route_of(request const& req) {
  auto const match = routes().find(req.method, req.path);
  for (auto const& [name, value] : match.params) {
    must_hold(!value.empty(), "no parameter is empty");
    must_hold(value.find('/') == value.npos, "a parameter is one part");
    must_hold(value.find('\0') == value.npos, "a parameter has no NUL");
  }
}

void head_and_body(std::string_view bytes) {
  limits const lim;
  head_scanner whole(lim);
  auto const at_once = whole.scan(bytes);
  head_scanner pieces(lim);
  auto in_pieces = pieces.scan({});
  for (std::size_t size = 1; size <= bytes.size() && in_pieces && !*in_pieces; ++size)
    in_pieces = pieces.scan(bytes.substr(0, size));
  // What is refused for its size may be refused at another byte, and then for another reason.
  if (at_once && *at_once) must_hold(in_pieces && *in_pieces == *at_once, "the head ends at the same byte");
  if (!at_once || !*at_once) return;

  auto const head = parse_head(bytes.substr(0, **at_once));
  if (!head) return;
  must_hold(head->body != body_kind::chunked || head->body_bytes == 0, "a body has one length");
  must_hold(head->req.path.starts_with('/') || head->req.path == "*", "a path is a path");
  for (auto const& [name, value] : head->req.headers)
    must_hold(value.find_first_of("\r\n") == value.npos, "a field is one line");
  route_of(head->req);
}

void chunks(std::string_view bytes) {
  constexpr std::size_t most = 64;
  std::string body;
  chunk_decoder at_once(most);
  auto const taken = at_once.feed(bytes, body);
  must_hold(body.size() <= most, "a body is bounded");
  std::string same;
  chunk_decoder in_pieces(most);
  std::size_t total = 0;
  for (std::size_t i = 0; i < bytes.size() && !in_pieces.done(); ++i) {
    auto const one = in_pieces.feed(bytes.substr(i, 1), same);
    if (!one) {
      must_hold(!taken, "what is refused in pieces is refused at once");
      return;
    }
    total += *one;
  }
  must_hold(taken && *taken == total && at_once.done() == in_pieces.done() && same == body,
            "chunks are the same in pieces");
}

void frames(std::string_view bytes) {
  frame_reader reader(256);
  while (!bytes.empty()) {
    auto const frame = reader.next(bytes);
    if (!frame) break;
    must_hold(frame->payload.size() <= 125, "control frames are short");
    if (frame->what == client_frame::kind::close || frame->what == client_frame::kind::violation) break;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  auto const bytes = krane::test::as_text(data, size);
  head_and_body(bytes);
  chunks(bytes);
  frames(bytes);
  request path_only;
  path_only.method = "GET";
  path_only.path = "/deployments/" + std::string(bytes);
  route_of(path_only);
  return 0;
}
