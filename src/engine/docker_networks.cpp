// docker_engine, as far as it is about networks.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/async.hpp"
#include "engine/answers.hpp"
#include "engine/docker_engine_impl.hpp"
#include "engine/failures.hpp"
#include "engine/requests.hpp"
#include "model/reason.hpp"

namespace krane::docker {
namespace {

bool bears(network_details const& one, labels const& marks) {
  return std::ranges::all_of(marks, [&](auto const& mark) {
    auto const found = one.marks.find(mark.first);
    return found != one.marks.end() && found->second == mark.second;
  });
}

error no_network_name(std::string const& name) {
  return make_error(errc::invalid, fmt::format("\"{}\" cannot be the name of a network", name));
}

bool is_connected(container_details const& there, std::string const& network) {
  return std::ranges::any_of(there.networks,
                             [&](auto const& one) { return one.first == network || one.second == network; });
}

}  // namespace

task<std::vector<network_details>> docker_engine::find_networks(std::string name) {
  auto const answer = co_await ask({.target = fmt::format("/networks?filters={}", name_filter(name))}, deadlines_.look,
                                   "list its networks");
  if (!answer) co_return answer.error();
  if (!is_success(*answer)) co_return engine_failure(*answer, "list its networks");
  auto all = read_network_list(answer->body);
  if (!all) co_return all.error();
  std::erase_if(*all, [&](network_details const& one) { return one.name != name; });
  co_return std::move(*all);
}

task<network_details> docker_engine::ensure_network(std::string name, labels marks) {
  // One at a time: the engine makes two networks of one name when it is asked twice at once, and knows neither by its
  // name from then on.
  auto const turn = co_await networks_.acquire();
  if (!turn) co_return turn.error();
  if (!is_container_name(name)) co_return no_network_name(name);
  std::string const doing = fmt::format("make network {}", name);
  for (bool made = false;; made = true) {
    auto all = co_await find_networks(name);
    if (!all) co_return all.error();
    if (!all->empty()) {
      auto const own = std::ranges::find_if(*all, [&](network_details const& one) { return bears(one, marks); });
      network_details const& found = own == all->end() ? all->front() : *own;
      if (found.driver == "bridge") co_return found;
      co_return make_error(
          errc::conflict, reason::engine_error,
          fmt::format("the engine's network {} is of kind {}, and a bridge network is needed", name, found.driver));
    }
    if (made) co_return make_error(errc::internal, reason::engine_error, "the engine does not list a network it made");
    auto const answer = co_await ask(
        {.method = "POST", .target = "/networks/create", .body = network_body(name, marks), .repeatable = false},
        deadlines_.create, doing);
    if (!answer) co_return answer.error();
    // 409: another made it in between.
    if (!is_success(*answer) && answer->head.status != 409) co_return engine_failure(*answer, doing);
  }
}

task<void> docker_engine::remove_network(std::string id) {
  if (!is_container_name(id)) co_return result<void>{};
  std::string const doing = fmt::format("remove network {}", id);
  auto const answer =
      co_await ask({.method = "DELETE", .target = fmt::format("/networks/{}", id)}, deadlines_.remove, doing);
  if (!answer) co_return answer.error();
  if (is_success(*answer) || answer->head.status == 404) co_return result<void>{};
  if (answer->head.status == 403 || answer->head.status == 409)
    co_return make_error(errc::conflict, reason::engine_error,
                         fmt::format("network {} is in use: {}", id, read_message(answer->body)));
  co_return engine_failure(*answer, doing);
}

task<void> docker_engine::connect_network(std::string network, container_id id, std::vector<std::string> aliases) {
  if (!is_container_name(network)) co_return no_network_name(network);
  if (!is_container_name(id.str())) co_return no_such_container(id.str());
  std::string const doing = fmt::format("connect container {} to network {}", id.str(), network);
  auto const answer = co_await ask(
      {.method = "POST", .target = fmt::format("/networks/{}/connect", network), .body = connect_body(id, aliases)},
      deadlines_.create, doing);
  if (!answer) co_return answer.error();
  if (is_success(*answer)) co_return result<void>{};
  // One that is connected is answered 403 or 500, by version.
  auto const there = co_await find_container(id.str());
  if (!there) co_return there.error();
  if (!*there) co_return no_such_container(id.str());
  if (answer->head.status != 404 && is_connected(**there, network)) co_return result<void>{};
  co_return engine_failure(*answer, doing);
}

task<void> docker_engine::disconnect_network(std::string network, container_id id) {
  if (!is_container_name(network)) co_return no_network_name(network);
  if (!is_container_name(id.str())) co_return result<void>{};
  std::string const doing = fmt::format("disconnect container {} from network {}", id.str(), network);
  auto const answer = co_await ask(
      {.method = "POST", .target = fmt::format("/networks/{}/disconnect", network), .body = disconnect_body(id)},
      deadlines_.create, doing);
  if (!answer) co_return answer.error();
  if (is_success(*answer)) co_return result<void>{};
  auto const there = co_await find_container(id.str());
  if (!there) co_return there.error();
  if (!*there || !is_connected(**there, network)) co_return result<void>{};
  co_return engine_failure(*answer, doing);
}

}  // namespace krane::docker
