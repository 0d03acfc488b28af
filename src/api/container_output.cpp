#include "api/container_output.hpp"

#include <fmt/format.h>

#include <utility>

#include "base/async.hpp"
#include "base/clock.hpp"
#include "streams/line_splitter.hpp"

namespace krane {
namespace {

// Between looks at a container that the engine is just starting again.
constexpr std::chrono::milliseconds look_again{200};

task<void> nothing_to_do() {
  co_return result<void>{};
}

// The engine gives what is later than `since`.
std::string just_before_start(container_details const& seen) {
  auto const started = parse_rfc3339(seen.started_at);
  return started ? to_rfc3339(*started - std::chrono::microseconds{1}) : std::string();
}

class follower {
public:
  follower(engine& docker, output_request what, scrubber const& hides, sse_pipe& to)
      : docker_(docker), what_(std::move(what)), hides_(hides), to_(to) {}

  coroutine<void> run();

private:
  // Whether the line that the client had last is still in the engine's log.
  task<bool> is_there(output_place place);
  task<void> read_once();
  task<void> put_lines(std::vector<output_line> lines, std::optional<output_skip>& skip);
  task<void> put_event(std::string name, std::string data);
  // Waits while it is being started again. No value: it is gone.
  task<std::optional<container_details>> look_until_settled();
  task<void> prepare_next(container_details const& seen);

  engine& docker_;
  output_request what_;
  scrubber const& hides_;
  sse_pipe& to_;
  output_numbering numbering_;
  std::optional<output_place> last_;
};

task<bool> follower::is_there(output_place place) {
  auto stream = co_await docker_.logs(what_.container,
                                      {.follow = false, .tail = {}, .since = read_from(place), .timestamps = true});
  if (!stream) co_return stream.error();
  line_splitter splitter;
  output_numbering numbering;
  for (;;) {
    auto chunk = co_await (*stream)->next();
    if (!chunk) co_return chunk.error();
    auto const lines = *chunk
                           ? splitter.add((*chunk)->source == log_source::err, (*chunk)->bytes, (*chunk)->begins_record)
                           : splitter.finish();
    for (output_line const& line : lines) {
      auto const here = numbering.next(line.time);
      if (here == place) co_return true;
      if (here && is_past(place, here->time)) co_return false;
    }
    if (!*chunk) co_return false;
  }
}

task<void> follower::put_event(std::string name, std::string data) {
  std::string text;
  append_sse(text, {.name = name, .data = hides_.clean(std::move(data))});
  return to_.put(std::move(text));
}

task<void> follower::put_lines(std::vector<output_line> lines, std::optional<output_skip>& skip) {
  std::string text;
  for (output_line const& line : lines) {
    auto const place = numbering_.next(line.time);
    if (skip && !skip->is_new(place)) continue;
    if (place) last_ = place;
    append_sse(text, {.id = place ? place->text() : std::string(), .data = hides_.clean(line.text)});
  }
  if (text.empty()) return nothing_to_do();
  return to_.put(std::move(text));
}

task<void> follower::read_once() {
  log_options options{.follow = what_.follow, .tail = what_.tail, .since = what_.since, .timestamps = true};
  std::optional<output_skip> skip;
  if (what_.after) {
    auto const found = co_await is_there(*what_.after);
    if (!found) co_return found.error();
    skip.emplace(*what_.after, *found);
    options.tail.reset();
    options.since = read_from(*what_.after);
    if (!*found && what_.tell_gap) {
      auto const told = co_await put_event("gap", "what followed " + what_.after->text() + " may be missing");
      if (!told) co_return told.error();
    }
  }
  auto stream = co_await docker_.logs(what_.container, std::move(options));
  if (!stream) co_return stream.error();
  line_splitter splitter;
  numbering_ = {};
  for (;;) {
    auto chunk = co_await (*stream)->next();
    if (!chunk) co_return chunk.error();
    auto lines = *chunk ? splitter.add((*chunk)->source == log_source::err, (*chunk)->bytes, (*chunk)->begins_record)
                        : splitter.finish();
    if (auto const put = co_await put_lines(std::move(lines), skip); !put) co_return put.error();
    if (!*chunk) co_return result<void>{};
  }
}

task<std::optional<container_details>> follower::look_until_settled() {
  for (;;) {
    auto seen = co_await docker_.find_container(what_.container.str());
    if (!seen || !*seen || (*seen)->status != "restarting") co_return seen;
    co_await sleep_for(look_again);
  }
}

// It runs: its lines until now are known, what it writes from now on is wanted.
task<void> follower::prepare_next(container_details const& seen) {
  bool const restarted = seen.started_at != what_.started_at;
  if (last_)
    what_.after = last_;
  else if (restarted)
    what_.since = just_before_start(seen);
  if (last_ || restarted) what_.tail.reset();
  what_.tell_gap = true;
  if (!restarted) {
    // It is just stopping, or the engine ended the stream for reasons of its own.
    co_await sleep_for(look_again);
    co_return result<void>{};
  }
  what_.started_at = seen.started_at;
  co_return co_await put_event("restart", seen.started_at);
}

coroutine<void> follower::run() {
  for (;;) {
    auto const read = co_await read_once();
    if (!read && read.error().code != errc::not_found) {
      // The client comes back by itself, and goes on after its last line.
      if (co_await put_event("interrupted", read.error().message)) to_.finish();
      co_return;
    }
    auto const seen = co_await look_until_settled();
    if (!seen) {
      if (co_await put_event("interrupted", seen.error().message)) to_.finish();
      co_return;
    }
    bool const runs = *seen && (*seen)->running;
    if (runs && what_.follow) {
      if (!co_await prepare_next(**seen)) co_return;
      continue;
    }
    if (!runs && !co_await put_event("end", *seen ? std::to_string((*seen)->exit_code) : "gone")) co_return;
    to_.finish();
    co_return;
  }
}

}  // namespace

coroutine<void> follow_output(engine& docker, output_request what, scrubber const& hides, sse_pipe& to) {
  follower one(docker, std::move(what), hides, to);
  co_await one.run();
}

}  // namespace krane
