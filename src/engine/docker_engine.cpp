#include <fmt/format.h>

#include "base/async.hpp"
#include "engine/answers.hpp"
#include "engine/api_version.hpp"
#include "engine/create_body.hpp"
#include "engine/docker_engine_impl.hpp"
#include "engine/failures.hpp"
#include "engine/requests.hpp"
#include "engine/tar.hpp"
#include "model/reason.hpp"

namespace krane {

result<std::unique_ptr<engine>> make_docker_engine(executor network, std::string address, engine_deadlines deadlines) {
  auto where = docker::parse_endpoint(address);
  if (!where) return where.error();
  return std::unique_ptr<engine>(std::make_unique<docker::docker_engine>(network, std::move(*where), deadlines));
}

namespace docker {
namespace {

error no_such_image(std::string_view what) {
  return make_error(errc::not_found, reason::image_not_found, fmt::format("the engine has no image {}", what));
}

}  // namespace

docker_engine::docker_engine(executor network, endpoint where, engine_deadlines deadlines)
    : client_(network, std::move(where), deadlines.connect), deadlines_(deadlines), networks_(network, 1) {}

task<response> docker_engine::ask(request what, std::chrono::milliseconds limit, std::string doing) {
  auto answer = co_await with_deadline(ask_versioned(std::move(what)), limit, late(doing, limit));
  if (!answer && answer.error().code == errc::unavailable) version_prefix_.clear();
  co_return answer;
}

task<response> docker_engine::ask_versioned(request what) {
  auto const prefix = co_await version_prefix();
  if (!prefix) co_return prefix.error();
  what.target = *prefix + what.target;
  co_return co_await client_.call(std::move(what));
}

task<std::unique_ptr<response_stream>> docker_engine::open(request what, std::chrono::milliseconds limit,
                                                           std::string doing) {
  auto opened = co_await with_deadline(open_versioned(std::move(what)), limit, late(doing, limit));
  if (!opened && opened.error().code == errc::unavailable) version_prefix_.clear();
  co_return opened;
}

task<std::unique_ptr<response_stream>> docker_engine::open_versioned(request what) {
  auto const prefix = co_await version_prefix();
  if (!prefix) co_return prefix.error();
  what.target = *prefix + what.target;
  co_return co_await client_.open(std::move(what));
}

task<std::string> docker_engine::version_prefix() {
  if (version_prefix_.empty()) co_return co_await negotiate();
  co_return version_prefix_;
}

task<std::string> docker_engine::negotiate() {
  auto const pong = co_await client_.call({.target = "/_ping"});
  if (!pong) co_return pong.error();
  if (!is_success(*pong)) co_return engine_failure(*pong, "answer a ping");
  int theirs = 0;
  int oldest_of_theirs = 0;
  if (!pong->head.api_version.empty()) {
    auto const said = parse_api_minor(pong->head.api_version);
    if (!said) co_return said.error();
    theirs = *said;
  }
  // The ping does not tell whether an engine newer than us still speaks what we speak.
  if (theirs == 0 || theirs > newest_minor) {
    auto const answer = co_await client_.call({.target = "/version"});
    if (!answer) co_return answer.error();
    if (!is_success(*answer)) co_return engine_failure(*answer, "tell its version");
    auto const said = read_version(answer->body);
    if (!said) co_return said.error();
    auto const newest = parse_api_minor(said->api_version);
    if (!newest) co_return newest.error();
    theirs = *newest;
    if (auto const oldest = parse_api_minor(said->min_api_version)) oldest_of_theirs = *oldest;
  }
  auto const agreed = agree_on_minor(theirs, oldest_of_theirs);
  if (!agreed) co_return agreed.error();
  version_prefix_ = fmt::format("/v1.{}", *agreed);
  co_return version_prefix_;
}

task<void> docker_engine::ping() {
  auto const limit = deadlines_.ping;
  auto const pong = co_await ask({.target = "/_ping"}, limit, "answer a ping");
  if (!pong) co_return pong.error();
  if (!is_success(*pong)) co_return engine_failure(*pong, "answer a ping");
  co_return result<void>{};
}

task<engine_version> docker_engine::version() {
  auto const answer = co_await ask({.target = "/version"}, deadlines_.look, "tell its version");
  if (!answer) co_return answer.error();
  if (!is_success(*answer)) co_return engine_failure(*answer, "tell its version");
  auto said = read_version(answer->body);
  if (!said) co_return said.error();
  // Another call may have lost the engine meanwhile, and forgotten what was agreed.
  auto const prefix =
      co_await with_deadline(version_prefix(), deadlines_.look, late("tell its version", deadlines_.look));
  if (!prefix) co_return prefix.error();
  co_return engine_version{std::move(said->version), prefix->substr(2), std::move(said->os),
                           std::move(said->architecture)};
}

task<std::string> docker_engine::storage_folder() {
  auto const answer = co_await ask({.target = "/info"}, deadlines_.look, "tell about itself");
  if (!answer) co_return answer.error();
  if (!is_success(*answer)) co_return engine_failure(*answer, "tell about itself");
  co_return read_storage_folder(answer->body);
}

task<container_id> docker_engine::create_container(container_spec what) {
  std::string const doing = fmt::format("create container {}", what.name);
  auto const answer = co_await ask({.method = "POST",
                                    .target = fmt::format("/containers/create?name={}", percent_encoded(what.name)),
                                    .body = create_body(what),
                                    .repeatable = false},
                                   deadlines_.create, doing);
  if (!answer) co_return answer.error();
  if (answer->head.status == 409)
    co_return make_error(errc::conflict, reason::name_conflict,
                         fmt::format("a container named {} exists already: {}", what.name, read_message(answer->body)));
  if (answer->head.status == 404) {
    // Only a look tells an image that is gone from anything else that is missing.
    auto const image = co_await find_image(what.image);
    if (image && !*image) co_return no_such_image(what.image);
  }
  if (!is_success(*answer)) co_return create_failure(*answer, what.name);
  auto id = read_created_id(answer->body);
  if (!id) co_return id.error();
  co_return container_id{std::move(*id)};
}

task<void> docker_engine::put_files(container_id id, std::string folder, std::vector<container_file> files) {
  if (!is_container_name(id.str())) co_return no_such_container(id.str());
  std::string const doing = fmt::format("put files into container {}", id.str());
  auto const answer =
      co_await ask({.method = "PUT",
                    .target = fmt::format("/containers/{}/archive?path={}", id.str(), percent_encoded(folder)),
                    .body = make_tar(files),
                    .type = "application/x-tar"},
                   deadlines_.create, doing);
  if (!answer) co_return answer.error();
  if (is_success(*answer)) co_return result<void>{};
  if (answer->head.status == 404)
    co_return make_error(
        errc::not_found, reason::container_gone,
        fmt::format("container {} has no folder {}, or is gone: {}", id.str(), folder, read_message(answer->body)));
  co_return engine_failure(*answer, doing);
}

task<void> docker_engine::start_container(container_id id) {
  if (!is_container_name(id.str())) co_return no_such_container(id.str());
  auto const answer =
      co_await ask({.method = "POST", .target = fmt::format("/containers/{}/start", id.str()), .repeatable = false},
                   deadlines_.start, fmt::format("start container {}", id.str()));
  if (!answer) co_return answer.error();
  if (is_success(*answer) || answer->head.status == 304) co_return result<void>{};
  if (answer->head.status == 404) {
    // A network that is missing answers 404 too.
    auto const there = co_await find_container(id.str());
    if (!there) co_return there.error();
    if (!*there) co_return no_such_container(id.str());
  }
  co_return start_failure(*answer, id.str());
}

task<void> docker_engine::stop_container(container_id id, std::chrono::seconds grace) {
  if (!is_container_name(id.str())) co_return result<void>{};
  std::string const doing = fmt::format("stop container {}", id.str());
  // Not every engine stops what is paused, and a program that stands still cannot end.
  auto const there = co_await find_container(id.str());
  if (!there) co_return there.error();
  if (!*there) co_return result<void>{};
  if ((*there)->status == "paused")
    if (auto woken = co_await unpause_container(id); !woken && woken.error().code != errc::not_found)
      co_return woken.error();
  auto const answer =
      co_await ask({.method = "POST", .target = fmt::format("/containers/{}/stop?t={}", id.str(), grace.count())},
                   std::chrono::milliseconds(grace) + deadlines_.stop_beyond_grace, doing);
  if (!answer) co_return answer.error();
  if (is_success(*answer) || answer->head.status == 304 || answer->head.status == 404) co_return result<void>{};
  co_return engine_failure(*answer, doing);
}

task<void> docker_engine::set_restart_policy(container_id id, std::optional<restart_policy> policy) {
  if (!is_container_name(id.str())) co_return no_such_container(id.str());
  std::string const doing = fmt::format("change when container {} is started again", id.str());
  auto const answer = co_await ask(
      {.method = "POST", .target = fmt::format("/containers/{}/update", id.str()), .body = restart_body(policy)},
      deadlines_.look, doing);
  if (!answer) co_return answer.error();
  if (is_success(*answer)) co_return result<void>{};
  if (answer->head.status == 404) co_return no_such_container(id.str());
  co_return engine_failure(*answer, doing);
}

task<void> docker_engine::pause_container(container_id id) {
  if (!is_container_name(id.str())) co_return no_such_container(id.str());
  std::string const doing = fmt::format("pause container {}", id.str());
  auto const answer =
      co_await ask({.method = "POST", .target = fmt::format("/containers/{}/pause", id.str())}, deadlines_.look, doing);
  if (!answer) co_return answer.error();
  if (is_success(*answer)) co_return result<void>{};
  if (answer->head.status == 404) co_return no_such_container(id.str());
  // 409 is said of one that is paused, and of one that does not run.
  auto const there = co_await find_container(id.str());
  if (!there) co_return there.error();
  if (!*there) co_return no_such_container(id.str());
  if ((*there)->status == "paused") co_return result<void>{};
  if (answer->head.status == 409)
    co_return make_error(errc::conflict, reason::container_exited,
                         fmt::format("container {} does not run, so it cannot be paused", id.str()));
  co_return engine_failure(*answer, doing);
}

task<void> docker_engine::unpause_container(container_id id) {
  if (!is_container_name(id.str())) co_return no_such_container(id.str());
  std::string const doing = fmt::format("unpause container {}", id.str());
  auto const answer = co_await ask({.method = "POST", .target = fmt::format("/containers/{}/unpause", id.str())},
                                   deadlines_.look, doing);
  if (!answer) co_return answer.error();
  if (is_success(*answer)) co_return result<void>{};
  if (answer->head.status == 404) co_return no_such_container(id.str());
  // One that is not paused is answered 500.
  auto const there = co_await find_container(id.str());
  if (!there) co_return there.error();
  if (!*there) co_return no_such_container(id.str());
  if ((*there)->status != "paused") co_return result<void>{};
  co_return engine_failure(*answer, doing);
}

task<void> docker_engine::remove_container(container_id id, anonymous_volumes its) {
  if (!is_container_name(id.str())) co_return result<void>{};
  auto const limit = deadlines_.remove;
  auto const when_late = late(fmt::format("remove container {}", id.str()), limit);
  co_return co_await with_deadline(remove_until_gone(std::move(id), its), limit, when_late);
}

task<void> docker_engine::remove_until_gone(container_id id, anonymous_volumes its) {
  std::string const doing = fmt::format("remove container {}", id.str());
  for (std::chrono::milliseconds pause{20};; pause = std::min(pause * 2, std::chrono::milliseconds{500})) {
    auto const answer = co_await ask(
        {.method = "DELETE",
         .target = fmt::format("/containers/{}?force=1&v={}", id.str(), its == anonymous_volumes::go ? 1 : 0)},
        deadlines_.remove, doing);
    if (!answer) co_return answer.error();
    if (is_success(*answer) || answer->head.status == 404) co_return result<void>{};
    // 409: its removal is under way already, by another's wish. Done is when it is gone.
    if (answer->head.status != 409) co_return engine_failure(*answer, doing);
    if (!co_await sleep_for(pause)) co_return make_error(errc::cancelled, "cancelled");
  }
}

task<std::optional<container_details>> docker_engine::find_container(std::string id_or_name) {
  if (!is_container_name(id_or_name)) co_return std::nullopt;
  std::string const doing = fmt::format("tell about container {}", id_or_name);
  auto const answer = co_await ask({.target = fmt::format("/containers/{}/json", id_or_name)}, deadlines_.look, doing);
  if (!answer) co_return answer.error();
  if (answer->head.status == 404) co_return std::nullopt;
  if (!is_success(*answer)) co_return engine_failure(*answer, doing);
  auto details = read_container(answer->body);
  if (!details) co_return details.error();
  co_return std::optional<container_details>{std::move(*details)};
}

task<std::vector<container_summary>> docker_engine::list_containers(labels having) {
  std::string const doing = "list its containers";
  auto const answer = co_await ask({.target = fmt::format("/containers/json?all=1&filters={}", filters(having))},
                                   deadlines_.look, doing);
  if (!answer) co_return answer.error();
  if (!is_success(*answer)) co_return engine_failure(*answer, doing);
  co_return read_container_list(answer->body);
}

}  // namespace docker
}  // namespace krane
