// The calls whose answers go on: pull, output, events.
#include <fmt/format.h>

#include <deque>

#include "base/async.hpp"
#include "base/clock.hpp"
#include "engine/answers.hpp"
#include "engine/docker_engine_impl.hpp"
#include "engine/failures.hpp"
#include "engine/frame_parser.hpp"
#include "engine/json_lines.hpp"
#include "engine/pull_reader.hpp"
#include "engine/requests.hpp"
#include "model/reason.hpp"

namespace krane::docker {
namespace {

error cut_off(std::string_view what) {
  return make_error(errc::unavailable, reason::engine_unavailable,
                    fmt::format("the engine ended {} in the middle", what));
}

// The rest of an answer that turned out to be no stream.
task<response> read_rest(response_stream& from) {
  constexpr std::size_t enough = 64 * 1024;
  response answer;
  answer.head = from.head();
  for (;;) {
    auto const more = co_await from.read_some(answer.body);
    if (!more) co_return more.error();
    if (!*more || answer.body.size() > enough) co_return answer;
  }
}

class docker_log_stream final : public log_stream {
public:
  docker_log_stream(std::unique_ptr<response_stream> from, bool framed) : from_(std::move(from)), framed_(framed) {}

  task<std::optional<log_chunk>> next() override {
    while (ready_.empty()) {
      if (failed_) co_return *failed_;
      bytes_.clear();
      auto const more = co_await from_->read_some(bytes_);
      if (!more) co_return more.error();
      if (!*more) {
        if (framed_ && !frames_.between_frames()) co_return cut_off("a container's output");
        co_return std::nullopt;
      }
      if (!framed_) {
        append_output(log_source::out, bytes_, false, ready_);
      } else if (auto taken = frames_.add(bytes_, ready_); !taken) {
        // What came before it is given first.
        failed_ = taken.error();
      }
    }
    std::optional<log_chunk> first{std::move(ready_.front())};
    ready_.pop_front();
    co_return first;
  }

private:
  std::unique_ptr<response_stream> from_;
  bool framed_;
  frame_parser frames_;
  std::string bytes_;
  std::deque<log_chunk> ready_;
  std::optional<error> failed_;
};

class docker_event_stream final : public engine_event_stream {
public:
  explicit docker_event_stream(std::unique_ptr<response_stream> from) : from_(std::move(from)) {}

  task<engine_event> next() override {
    while (ready_.empty()) {
      bytes_.clear();
      auto const more = co_await from_->read_some(bytes_);
      if (!more) co_return more.error();
      if (!*more) co_return cut_off("its events");
      auto lines = lines_.add(bytes_);
      if (!lines) co_return lines.error();
      for (auto& line : *lines) ready_.push_back(std::move(line));
    }
    std::string const line = std::move(ready_.front());
    ready_.pop_front();
    co_return read_event(line);
  }

private:
  std::unique_ptr<response_stream> from_;
  json_line_splitter lines_;
  std::string bytes_;
  std::deque<std::string> ready_;
};

}  // namespace

task<image_details> docker_engine::pull(image_ref what, std::function<void(pull_progress const&)> on_progress,
                                        std::optional<registry_login> login) {
  auto const limit = deadlines_.pull;
  auto const when_late = late(fmt::format("pull {}", what.text()), limit);
  co_return co_await with_deadline(pull_within_total(std::move(what), std::move(on_progress), std::move(login)), limit,
                                   when_late);
}

task<image_details> docker_engine::pull_within_total(image_ref what,
                                                     std::function<void(pull_progress const&)> on_progress,
                                                     std::optional<registry_login> login) {
  std::string const name = what.text();
  std::string const doing = fmt::format("say anything of its pull of {}", name);
  auto const query = pull_query(what);
  if (!query) co_return query.error();
  auto opened = co_await open({.method = "POST",
                               .target = "/images/create?" + *query,
                               .registry_auth = login ? registry_auth(what.registry, *login) : std::string()},
                              deadlines_.pull_silence, doing);
  if (!opened) co_return opened.error();
  response_stream& from = **opened;
  if (from.head().status != 200) {
    auto const answer = co_await read_rest(from);
    if (!answer) co_return answer.error();
    co_return pull_failure(answer->head.status, read_message(answer->body), name);
  }

  pull_reader reader;
  json_line_splitter splitter;
  std::string bytes;
  for (bool more = true; more;) {
    bytes.clear();
    auto const read =
        co_await with_deadline(from.read_some(bytes), deadlines_.pull_silence, late(doing, deadlines_.pull_silence));
    if (!read) co_return read.error();
    more = *read;
    auto lines = splitter.add(bytes);
    if (!lines) co_return lines.error();
    if (std::string rest = more ? std::string{} : splitter.finish(); !rest.empty()) lines->push_back(std::move(rest));
    for (auto const& line : *lines) {
      auto const progress = reader.add(line);
      if (!progress) co_return progress.error();
      if (*progress && on_progress) on_progress(**progress);
    }
  }
  if (reader.failure()) co_return pull_failure(200, *reader.failure(), name);

  auto image = co_await find_image(name);
  if (!image) co_return image.error();
  if (!*image)
    co_return make_error(errc::internal, reason::engine_error,
                         fmt::format("the engine says that it pulled {}, and does not have it", name));
  co_return std::move(**image);
}

task<std::unique_ptr<log_stream>> docker_engine::logs(container_id id, log_options options) {
  auto const query = logs_query(options);
  if (!query) co_return query.error();
  // Only the container's own setting tells whether its output is framed.
  auto const container = co_await find_container(id.str());
  if (!container) co_return container.error();
  if (!*container) co_return no_such_container(id.str());
  std::string const doing = fmt::format("give the output of container {}", id.str());
  auto opened = co_await open({.target = fmt::format("/containers/{}/logs?{}", (*container)->id.str(), *query)},
                              deadlines_.look, doing);
  if (!opened) co_return opened.error();
  if ((*opened)->head().status != 200) {
    auto const answer = co_await read_rest(**opened);
    if (!answer) co_return answer.error();
    if (answer->head.status == 404) co_return no_such_container(id.str());
    if (answer->head.status == 501) co_return output_not_kept((*container)->name);
    co_return engine_failure(*answer, doing);
  }
  co_return std::unique_ptr<log_stream>(std::make_unique<docker_log_stream>(std::move(*opened), !(*container)->tty));
}

// The time from which events are asked for, by the engine's clock. The engine sends the head of the answer just before
// it subscribes; what happens in between is in its memory, and comes too when it is asked for what is past.
task<std::string> docker_engine::events_begin() {
  if (client_.where().path.empty()) {
    auto const pong = co_await ask({.target = "/_ping"}, deadlines_.ping, "answer a ping");
    if (!pong) co_return pong.error();
    if (auto const seconds = parse_http_date(pong->head.date)) co_return std::to_string(*seconds);
  }
  auto const now = std::chrono::system_clock::now().time_since_epoch();
  auto const seconds = std::chrono::floor<std::chrono::seconds>(now);
  co_return fmt::format("{}.{:09}", seconds.count(), std::chrono::nanoseconds(now - seconds).count());
}

task<std::unique_ptr<engine_event_stream>> docker_engine::container_events(labels having) {
  std::string const doing = "tell its events";
  auto const since = co_await events_begin();
  if (!since) co_return since.error();
  auto opened =
      co_await open({.target = fmt::format("/events?since={}&filters={}", *since, filters(having, "container"))},
                    deadlines_.look, doing);
  if (!opened) co_return opened.error();
  if ((*opened)->head().status != 200) {
    auto const answer = co_await read_rest(**opened);
    if (!answer) co_return answer.error();
    co_return engine_failure(*answer, doing);
  }
  co_return std::unique_ptr<engine_event_stream>(std::make_unique<docker_event_stream>(std::move(*opened)));
}

}  // namespace krane::docker
