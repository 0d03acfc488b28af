// The calls about what else is kept on the engine's disk: images and volumes.
#include <fmt/format.h>

#include "engine/answers.hpp"
#include "engine/docker_engine_impl.hpp"
#include "engine/failures.hpp"
#include "engine/image_answers.hpp"
#include "engine/requests.hpp"
#include "model/reason.hpp"

namespace krane::docker {

task<std::optional<image_details>> docker_engine::find_image(std::string id_or_reference) {
  if (!is_image_name(id_or_reference)) co_return std::nullopt;
  auto const answer = co_await ask({.target = fmt::format("/images/{}/json", id_or_reference)}, deadlines_.look,
                                   fmt::format("tell about image {}", id_or_reference));
  if (!answer) co_return answer.error();
  if (answer->head.status == 404) co_return std::nullopt;
  if (!is_success(*answer)) co_return engine_failure(*answer, fmt::format("tell about image {}", id_or_reference));
  auto details = read_image(answer->body);
  if (!details) co_return details.error();
  co_return std::optional<image_details>{std::move(*details)};
}

task<std::string> docker_engine::ask_registry(image_ref what, std::optional<registry_login> login) {
  std::string const name = what.text();
  auto const answer = co_await ask({.target = fmt::format("/distribution/{}/json", name),
                                    .registry_auth = login ? registry_auth(what.registry, *login) : std::string()},
                                   deadlines_.look, fmt::format("ask the registry for {}", name));
  if (!answer) co_return answer.error();
  if (!is_success(*answer))
    co_return pull_failure(answer->head.status, read_message(answer->body), name, "cannot be pulled");
  co_return read_distribution(answer->body);
}

task<bool> docker_engine::remove_image(std::string id_or_reference) {
  if (!is_image_name(id_or_reference)) co_return true;
  std::string const doing = fmt::format("remove image {}", id_or_reference);
  auto const answer = co_await ask({.method = "DELETE", .target = fmt::format("/images/{}", id_or_reference)},
                                   deadlines_.remove, doing);
  if (!answer) co_return answer.error();
  if (answer->head.status == 409) co_return false;
  if (is_success(*answer) || answer->head.status == 404) co_return true;
  co_return engine_failure(*answer, doing);
}

task<std::vector<image_summary>> docker_engine::list_images() {
  std::string const doing = "list its images";
  auto const answer = co_await ask({.target = "/images/json?all=1"}, deadlines_.look, doing);
  if (!answer) co_return answer.error();
  if (!is_success(*answer)) co_return engine_failure(*answer, doing);
  co_return read_image_list(answer->body);
}

task<std::vector<std::string>> docker_engine::list_volumes(labels having) {
  std::string const doing = "list its volumes";
  auto const answer =
      co_await ask({.target = fmt::format("/volumes?filters={}", filters(having))}, deadlines_.look, doing);
  if (!answer) co_return answer.error();
  if (!is_success(*answer)) co_return engine_failure(*answer, doing);
  co_return read_volume_names(answer->body);
}

task<std::optional<volume_details>> docker_engine::find_volume(std::string name) {
  if (!is_container_name(name)) co_return std::nullopt;
  std::string const doing = fmt::format("tell about volume {}", name);
  auto const answer = co_await ask({.target = fmt::format("/volumes/{}", name)}, deadlines_.look, doing);
  if (!answer) co_return answer.error();
  if (answer->head.status == 404) co_return std::nullopt;
  if (!is_success(*answer)) co_return engine_failure(*answer, doing);
  auto details = read_volume(answer->body);
  if (!details) co_return details.error();
  co_return std::optional<volume_details>{std::move(*details)};
}

task<volume_details> docker_engine::create_volume(std::string name, labels marks) {
  if (!is_container_name(name))
    co_return make_error(errc::invalid, fmt::format("\"{}\" cannot be the name of a volume", name));
  std::string const doing = fmt::format("make volume {}", name);
  auto const made = co_await ask({.method = "POST", .target = "/volumes/create", .body = volume_body(name, marks)},
                                 deadlines_.create, doing);
  if (!made) co_return made.error();
  if (!is_success(*made)) co_return engine_failure(*made, doing);
  // What a create answers of one that was there is not what it is in every version.
  auto const there = co_await find_volume(name);
  if (!there) co_return there.error();
  if (!*there)
    co_return make_error(errc::unavailable, reason::engine_error,
                         fmt::format("volume {} was removed as soon as it was made", name));
  co_return std::move(**there);
}

task<bool> docker_engine::remove_volume(std::string name) {
  if (!is_container_name(name)) co_return true;
  std::string const doing = fmt::format("remove volume {}", name);
  auto const answer =
      co_await ask({.method = "DELETE", .target = fmt::format("/volumes/{}", name)}, deadlines_.remove, doing);
  if (!answer) co_return answer.error();
  if (answer->head.status == 409) co_return false;
  if (is_success(*answer) || answer->head.status == 404) co_return true;
  co_return engine_failure(*answer, doing);
}

task<pull_habits> docker_engine::habits() {
  // The kind of machine is written otherwise in /info than in images.
  auto machine = co_await version();
  if (!machine) co_return machine.error();
  auto const answer = co_await ask({.target = "/info"}, deadlines_.look, "tell about itself");
  if (!answer) co_return answer.error();
  if (!is_success(*answer)) co_return engine_failure(*answer, "tell about itself");
  auto out = read_pull_habits(answer->body);
  if (!out) co_return out.error();
  out->os = std::move(machine->os);
  out->architecture = std::move(machine->architecture);
  co_return out;
}

}  // namespace krane::docker
