#include "e2e/model/observe.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/json/array.hpp>
#include <charconv>
#include <sstream>
#include <stdexcept>

#include "front/command_socket.hpp"
#include "front/haproxy_places.hpp"
#include "support/run_coroutine.hpp"

namespace krane::e2e::model {
namespace {

namespace json = boost::json;

answer must_get(krane_server& server, std::string const& target) {
  auto got = server.get(target);
  if (got.status != 200) throw std::runtime_error(fmt::format("GET {}: {} {}", target, got.status, got.body));
  return got;
}

json::array list_of(answer const& got) {
  return got.json().at("data").as_array();
}

// Where there is none.
std::string text_or(json::value const& from, std::string_view pointer, std::string otherwise = {}) {
  auto text = text_at(from, pointer);
  return text == "(missing)" ? otherwise : text;
}

std::uint64_t number_at(json::value const& from, std::string_view pointer, std::uint64_t otherwise = 0) {
  auto const text = text_at(from, pointer);
  std::uint64_t number = 0;
  auto const read = std::from_chars(text.data(), text.data() + text.size(), number);
  return read.ec == std::errc{} ? number : otherwise;
}

seen_run run_of(json::value const& from) {
  return {.id = text_at(from, "/id"),
          .number = number_at(from, "/number"),
          .kind = text_at(from, "/kind"),
          .tag = text_or(from, "/tag"),
          .state = text_at(from, "/state"),
          .finished = text_at(from, "/finished") == "true",
          .restores = number_at(from, "/restores"),
          .failure = text_or(from, "/failure/reason") + ": " + text_or(from, "/failure/message")};
}

void read_events(krane_server& server, std::string const& name, seen_deployment& into) {
  constexpr std::size_t page = 1'000;
  std::map<std::string, std::vector<std::string>> phases;
  while (true) {
    auto const all =
        list_of(must_get(server, fmt::format("/deployments/{}/events?limit={}&since={}", name, page, into.last_event)));
    for (auto const& one : all) {
      auto const id = number_at(one, "/Id");
      auto const phase = text_at(one, "/Phase");
      if (id <= into.last_event) throw std::runtime_error(fmt::format("event {} of {} comes again", id, name));
      if (phase == "gap") throw std::runtime_error("events are lost between two quiet moments");
      into.last_event = id;
      auto const run = text_or(one, "/Run");
      if (!run.empty()) phases[run].push_back(phase);
      into.events.push_back(
          fmt::format("{} event {} {} {}: {}", text_at(one, "/Timestamp"), id, run, phase, text_at(one, "/Message")));
    }
    if (all.size() < page) break;
  }
  for (seen_run& one : into.runs) one.phases = phases[one.id];
}

seen_deployment deployment_of(krane_server& server, std::string const& name, seen_world const& before) {
  auto const got = must_get(server, "/deployments/" + name).json();
  seen_deployment out{.status = text_at(got, "/data/status"),
                      .created_at = text_at(got, "/data/created_at"),
                      .serving = text_or(got, "/data/serving/id"),
                      .serving_number = number_at(got, "/data/serving/number")};
  for (auto const& container : got.at("data").at("containers").as_array())
    if (auto const* ports = container.as_object().if_contains("Ports"); ports != nullptr && ports->is_array())
      for (auto const& port : ports->get_array())
        if (auto const shown = number_at(port, "/PublicPort"); shown != 0)
          out.shown.insert(static_cast<std::uint16_t>(shown));
  for (auto const& one : list_of(must_get(server, "/deployments/" + name + "/runs?limit=1000")))
    out.runs.push_back(run_of(one));
  std::ranges::reverse(out.runs);
  if (out.serving_number != 0) {
    auto const release = must_get(server, fmt::format("/deployments/{}/releases/{}", name, out.serving_number)).json();
    out.replicas = static_cast<unsigned>(number_at(release, "/data/config/replicas", 1));
  }
  if (auto const at = before.deployments.find(name);
      at != before.deployments.end() && at->second.created_at == out.created_at)
    out.last_event = at->second.last_event;
  read_events(server, name, out);
  return out;
}

std::vector<seen_container> containers_of(docker const& engine, std::string const& name) {
  std::vector<seen_container> out;
  for (auto const& one : engine.with_label("deployment.name=" + name)) {
    auto const* const networks = one.at("NetworkSettings").as_object().if_contains("Networks");
    std::string address;
    if (networks != nullptr && networks->is_object())
      for (auto const& [network, settings] : networks->get_object()) address = text_or(settings, "/IPAddress");
    auto const* const labels = one.as_object().if_contains("Labels");
    auto const* const run = labels == nullptr ? nullptr : labels->as_object().if_contains("krane.run");
    out.push_back({.name = text_at(one, "/Names/0").substr(1),
                   .run = run == nullptr ? "" : std::string(run->as_string()),
                   .state = text_at(one, "/State"),
                   .address = address});
  }
  return out;
}

// What comes from the port; several times, since replicas share its connections out.
std::set<std::string> answers_of(std::uint16_t port) {
  constexpr int tries = 6;
  std::set<std::string> out;
  for (int i = 0; i < tries; ++i) {
    try {
      out.insert(exchange(endpoint::tcp(port), "GET", "/", {}, {}, std::chrono::seconds(15)).body);
    } catch (std::exception const& e) {
      std::string const what = e.what();
      // Closed, as it should be where nothing serves.
      if (!what.starts_with("cannot connect")) out.insert(what);
    }
  }
  return out;
}

// From HAProxy itself: each port that it holds, with the addresses that it leads to.
std::map<std::uint16_t, std::set<std::string>> led_by_front(krane_server const& server) {
  std::map<std::uint16_t, std::set<std::string>> out;
  if (server.front_master() == 0) return out;
  asio::io_context loop;
  haproxy::command_socket const commands(server.state_folder() + "/front/master.sock");
  auto const text = test::run_coroutine(loop, commands.ask("@1 show servers state"));
  std::istringstream lines(text.value_or(""));
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string backend, proxy, number, place, address, state;
    words >> backend >> proxy >> number >> place >> address >> state;
    std::uint16_t port = 0;
    if (!proxy.starts_with('p') ||
        std::from_chars(proxy.data() + 1, proxy.data() + proxy.size(), port).ptr != proxy.data() + proxy.size())
      continue;
    auto& led = out[port];
    // Where nothing listens: what connections wait at while all others refuse.
    if (state == "2" && address != haproxy::nowhere_address) led.insert(address);
  }
  return out;
}

}  // namespace

std::map<std::string, std::string> under_way(krane_server& server) {
  std::map<std::string, std::string> out;
  for (auto const& one : list_of(must_get(server, "/deployments"))) {
    auto const name = text_at(one, "/name");
    auto const status = text_at(one, "/status");
    auto const got = server.get("/deployments/" + name + "/runs?limit=1000");
    if (got.status == 404) continue;
    if (status == "deleting" || status == "deploying") out[name] = status;
    for (auto const& run : list_of(got))
      if (text_at(run, "/finished") != "true")
        out[name] =
            fmt::format("run {} ({}) is {}", text_at(run, "/number"), text_at(run, "/kind"), text_at(run, "/state"));
  }
  return out;
}

seen_world observe(krane_server& server, docker const& engine, std::vector<subject> const& all,
                   seen_world const& before) {
  seen_world out;
  for (auto const& one : list_of(must_get(server, "/deployments"))) {
    auto const name = text_at(one, "/name");
    out.deployments[name] = deployment_of(server, name, before);
  }
  for (subject const& of : all) {
    if (auto there = containers_of(engine, of.name); !there.empty()) out.containers[of.name] = std::move(there);
    if (of.port != 0)
      if (auto answers = answers_of(of.port); !answers.empty()) out.answers[of.port] = std::move(answers);
  }
  out.led_to = led_by_front(server);
  return out;
}

}  // namespace krane::e2e::model
