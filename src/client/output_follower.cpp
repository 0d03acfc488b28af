#include "client/output_follower.hpp"

#include "client/reason.hpp"
#include "client/sse_stream.hpp"

namespace krane::client {

std::string_view output_item::time() const {
  return std::string_view(place).substr(0, place.find('/'));
}

struct output_follower::parts {
  krane_api& api;
  std::string container;
  output_from from;
  retry_pause pause;
  std::optional<std::string> last{};  // the place of the last line
  std::unique_ptr<sse_stream> stream{};
  bool ended = false;

  task<void> find_now();
  task<void> open();
  task<void> reopen(error why);
  // None: it is not for the caller.
  std::optional<output_item> read(sse_event from);
};

// What is written from now on begins after the line that is the last one now; so a connection that breaks before the
// first new line loses none.
task<void> output_follower::parts::find_now() {
  auto newest = co_await api.open_output(container, {.tail = "1", .follow = false}, std::nullopt);
  if (!newest) co_return newest.error();
  for (;;) {
    auto const came = co_await (*newest)->next();
    if (!came) co_return came.error();
    if (!*came) break;
    if (!(*came)->id.empty()) last = (*came)->id;
  }
  if (!last) from.tail = "all";
  co_return result<void>{};
}

task<void> output_follower::parts::open() {
  if (from.follow && from.tail == "0" && !last)
    if (auto const found = co_await find_now(); !found) co_return found.error();
  auto opened = co_await api.open_output(container, from, last);
  if (!opened) co_return opened.error();
  stream = std::move(*opened);
  co_return result<void>{};
}

task<void> output_follower::parts::reopen(error why) {
  stream.reset();
  for (;;) {
    auto const waited = co_await pause.after(why);
    if (!waited) co_return waited.error();
    auto const opened = co_await open();
    if (opened) co_return result<void>{};
    why = opened.error();
  }
}

// An exit code, or "gone"; a sentence is why the server ends the stream, and no end of the container.
bool is_end_of_container(std::string_view text) {
  return text == "gone" || (!text.empty() && text.find_first_not_of("-0123456789") == text.npos);
}

std::optional<output_item> output_follower::parts::read(sse_event from_server) {
  using kind = output_item::kind;
  if (from_server.name.empty()) {
    if (!from_server.id.empty()) last = from_server.id;
    return output_item{kind::line, std::move(from_server.data), std::move(from_server.id)};
  }
  if (from_server.name == "restart") return output_item{kind::restart, std::move(from_server.data), {}};
  if (from_server.name == "gap") return output_item{kind::gap, std::move(from_server.data), {}};
  if (from_server.name == "end" && is_end_of_container(from_server.data)) {
    ended = true;
    return output_item{kind::end, std::move(from_server.data), {}};
  }
  return std::nullopt;
}

output_follower::output_follower(krane_api& api, std::string container, output_from from, retry_rules rules)
    : parts_(new parts{api, std::move(container), std::move(from), retry_pause(std::move(rules))}) {}
output_follower::~output_follower() = default;

task<void> output_follower::start() {
  if (parts_->stream) co_return result<void>{};
  co_return co_await parts_->open();
}

task<std::optional<output_item>> output_follower::next() {
  if (!parts_->ended && !parts_->stream)
    if (auto const started = co_await parts_->open(); !started) co_return started.error();
  while (!parts_->ended) {
    auto came = co_await parts_->stream->next();
    if (came && !*came && !parts_->from.follow) break;
    error why =
        came ? make_error(errc::unavailable, reason::connection_lost, "the server ended the stream") : came.error();
    if (came && *came) {
      if ((*came)->name != "interrupted") parts_->pause.succeeded();
      why.message += ": " + (*came)->data;
      if (auto item = parts_->read(std::move(**came))) co_return item;
    }
    auto const again = co_await parts_->reopen(why);
    if (again) continue;
    if (again.error().code != errc::not_found) co_return again.error();
    parts_->ended = true;
    co_return output_item{output_item::kind::end, "gone", {}};
  }
  parts_->ended = true;
  co_return std::optional<output_item>();
}

}  // namespace krane::client
