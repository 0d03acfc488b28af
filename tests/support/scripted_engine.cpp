#include "support/scripted_engine.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <set>

#include "support/scripted_server.hpp"

namespace krane::test {

std::string scripted_engine::address() const {
  return "unix://" + server_->path();
}

scripted_engine::scripted_engine() : server_(std::make_unique<server>()) {}
scripted_engine::~scripted_engine() = default;

void scripted_engine::registry_has(std::string reference, scripted_image image) {
  server_->change([&](scripted_world& w) { w.registry[reference] = with_id(reference, std::move(image)); });
}

void scripted_engine::engine_has(std::string reference, scripted_image image) {
  server_->change([&](scripted_world& w) { w.images[reference] = with_id(reference, std::move(image)); });
}

void scripted_engine::registry(registry_does what, int times) {
  server_->change([&](scripted_world& w) {
    if (times >= 1'000'000) w.registry_script.clear();
    w.registry_script.emplace_back(what, times);
  });
}

container_id scripted_engine::add_container(std::string name, std::string image, labels marks, bool running) {
  container_id id{random_container_id()};
  server_->change([&](scripted_world& w) {
    scripted_world::box made;
    made.now = {id, std::move(name), image, std::move(marks), "created", 0, "bridge", "", {}};
    made.image = w.images.contains(image) ? w.images[image] : with_id(image, {});
    auto& kept = w.boxes.emplace(id.str(), std::move(made)).first->second;
    w.happen(kept, "create");
    if (running) w.run(kept);
  });
  return id;
}

void scripted_engine::occupy_port(port p) {
  server_->change([&](scripted_world& w) { w.occupied.insert(p); });
}

void scripted_engine::release_port(port p) {
  server_->change([&](scripted_world& w) { w.occupied.erase(p); });
}

void scripted_engine::linger_ports(int starts) {
  server_->change([&](scripted_world& w) { w.lingering_starts = starts; });
}

std::string scripted_engine::add_network(std::string name, std::string driver, labels marks) {
  std::string const id = random_container_id();
  server_->change([&](scripted_world& w) { w.networks[id] = {id, name, driver, marks}; });
  return id;
}

void scripted_engine::disconnect(container_id const& id) {
  server_->change_container(id, [&](scripted_world& w, scripted_world::box& one) { w.part(one); });
}

void scripted_engine::reconnect(container_id const& id) {
  server_->change_container(id, [&](scripted_world& w, scripted_world::box& one) {
    if (auto const* const its = w.find_network(one.now.network)) w.join(one, its->id);
  });
}

void scripted_engine::move(container_id const& id, std::string network) {
  server_->change_container(id, [&](scripted_world& w, scripted_world::box& one) {
    one.now.network = network;
    if (auto const* const its = w.find_network(network)) w.join(one, its->id);
  });
}

void scripted_engine::remove_network(std::string name) {
  server_->change([&](scripted_world& w) {
    std::erase_if(w.networks, [&](auto const& entry) { return entry.second.name == name; });
  });
}

void scripted_engine::change_labels(container_id const& id, labels changed) {
  server_->change_container(id, [&](scripted_world&, scripted_world::box& one) {
    for (auto const& [name, value] : changed) {
      one.now.marks.erase(name);
      if (!value.empty()) one.now.marks[name] = value;
    }
  });
}

void scripted_engine::rename(container_id const& id, std::string name) {
  server_->change_container(id, [&](scripted_world& w, scripted_world::box& one) {
    one.now.name = name;
    w.happen(one, "rename");
  });
}

void scripted_engine::exit_container(container_id const& id, int code) {
  server_->change_container(id, [&](scripted_world& w, scripted_world::box& one) { w.end(one, code, false); });
}

void scripted_engine::oom_container(container_id const& id) {
  server_->change_container(id, [&](scripted_world& w, scripted_world::box& one) { w.end(one, 137, true); });
}

void scripted_engine::remove_container(container_id const& id) {
  server_->change_container(id, [&](scripted_world& w, scripted_world::box& one) { w.erase(one); });
}

void scripted_engine::set_status(container_id const& id, std::string status, std::uint32_t restarts) {
  server_->change_container(id, [&](scripted_world& w, scripted_world::box& one) {
    if (status == "running" && one.now.status != "running") w.run(one);
    one.now.status = status;
    one.restarts = restarts;
  });
}

void scripted_engine::write_output(container_id const& id, log_source from, std::string line) {
  server_->change_container(id, [&](scripted_world& w, scripted_world::box& one) { w.write(one, from, line); });
}

void scripted_engine::write_unended_output(container_id const& id, log_source from, std::string text) {
  server_->change_container(id, [&](scripted_world& w, scripted_world::box& one) { w.write(one, from, text, false); });
}

void scripted_engine::listen(container_id const& id, port p) {
  server_->change_container(id, [&](scripted_world& w, scripted_world::box& one) {
    if (!w.listen(one, p)) throw std::runtime_error(fmt::format("nothing can listen on {}:{}", one.now.address, p));
  });
}

void scripted_engine::stop_listening(container_id const& id, port p) {
  server_->change_container(id, [&](scripted_world& w, scripted_world::box& one) {
    w.stop_listening(one, p);
    std::erase(one.image.listens, p);  // also when it gets another address
  });
}

void scripted_engine::emit(container_id const& id, std::string action, labels more) {
  server_->change_container(id, [&](scripted_world& w, scripted_world::box& one) { w.happen(one, action, more); });
}

void scripted_engine::fail_next(route where, unsigned status, std::string message) {
  server_->add_fault(where, {scripted_fault::kind::answer, status, std::move(message), 0});
}

void scripted_engine::lose_answer(route where) {
  server_->add_fault(where, {scripted_fault::kind::cut, 0, "", 0});
}

void scripted_engine::lose_request(route where) {
  server_->add_fault(where, {scripted_fault::kind::close, 0, "", 0});
}

void scripted_engine::cut_after(route where, std::size_t bytes) {
  server_->add_fault(where, {scripted_fault::kind::cut, 0, "", bytes});
}

void scripted_engine::hang(route where, bool carried_out) {
  server_->set_hanging(where, true, carried_out);
}

void scripted_engine::let_go(route where) {
  server_->set_hanging(where, false, false);
}

void scripted_engine::close_idle_connections() {
  server_->close_connections(true);
}

void scripted_engine::restart() {
  server_->change([](scripted_world& w) {
    w.forgotten += w.happenings.size();
    w.happenings.clear();
  });
  server_->close_connections(false);
}

void scripted_engine::down() {
  server_->stop_accepting();
  server_->close_connections(false);
}

void scripted_engine::up() {
  server_->start_accepting();
}

void scripted_engine::lose_volume(std::string name) {
  server_->change([&](scripted_world& w) { w.known_volumes.erase(name); });
}

void scripted_engine::add_volume(std::string name, labels marks) {
  server_->change([&](scripted_world& w) { w.known_volumes[name] = marks; });
}

void scripted_engine::set_storage_folder(std::string folder) {
  server_->change([&](scripted_world& w) { w.storage_folder = folder; });
}

void scripted_engine::set_mirrors(std::vector<std::string> urls) {
  server_->change([&](scripted_world& w) { w.mirrors = urls; });
}

void scripted_engine::set_api_version(std::string newest, std::string oldest) {
  server_->change([&](scripted_world& w) {
    w.api_version = newest;
    w.min_api_version = oldest;
  });
}

std::vector<scripted_call> scripted_engine::calls() const {
  return server_->calls();
}

std::size_t scripted_engine::count(route where) const {
  auto const all = server_->calls();
  return static_cast<std::size_t>(std::ranges::count(all, where, &scripted_call::where));
}

void scripted_engine::forget_calls() {
  server_->forget_calls();
}

bool scripted_engine::wait_for_calls(route where, std::size_t at_least, std::chrono::milliseconds limit) const {
  return server_->wait_for_calls(where, at_least, limit);
}

std::vector<scripted_container> scripted_engine::containers() const {
  std::vector<scripted_container> all;
  server_->look([&](scripted_world const& w) {
    for (auto const& [id, one] : w.boxes) all.push_back(one.now);
  });
  return all;
}

std::optional<scripted_container> scripted_engine::container(std::string_view id_or_name) const {
  std::optional<scripted_container> found;
  server_->look([&](scripted_world const& w) {
    if (auto const* const one = w.find(id_or_name)) found = one->now;
  });
  return found;
}

std::vector<scripted_network> scripted_engine::networks() const {
  std::vector<scripted_network> all;
  server_->look([&](scripted_world const& w) {
    for (auto const& [id, one] : w.networks) all.push_back(one);
  });
  return all;
}

std::map<std::string, std::string> scripted_engine::images() const {
  std::map<std::string, std::string> all;
  server_->look([&](scripted_world const& w) {
    for (auto const& [reference, image] : w.images) all[reference] = image.id;
  });
  return all;
}

std::map<std::string, labels> scripted_engine::volumes() const {
  std::map<std::string, labels> all;
  server_->look([&](scripted_world const& w) { all = w.known_volumes; });
  return all;
}

std::size_t scripted_engine::connections() const {
  return server_->connections();
}

}  // namespace krane::test
