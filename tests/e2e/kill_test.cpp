// The server is killed at every point of every kind of run, and started again: what it had accepted is finished, once,
// and nothing is left over. The engine is a scripted one, so that a kill takes less than a second.
//   KRANE_KILLS=2000         so many kills, at every point once at least; else at half of the points, each time others
//   KRANE_KILL_ONLY="a stop" only in scenarios whose title has that in it
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <boost/json/array.hpp>
#include <cstdlib>
#include <functional>
#include <map>
#include <mutex>
#include <random>
#include <set>
#include <sstream>
#include <thread>

#include "e2e/harness/krane.hpp"
#include "front/command_socket.hpp"
#include "front/haproxy_places.hpp"
#include "support/run_coroutine.hpp"
#include "support/scripted_engine.hpp"

namespace krane::e2e {
namespace {

using test::scripted_engine;

constexpr char name[] = "app";
// A deploy during the recovery comes to one of so many kills.
constexpr std::size_t more_of = 4;
// Of the points so many are one kill, unless a number of kills is asked for: all of them take a quarter of an hour.
constexpr std::size_t points_of_one = 2;
constexpr char config[] = R"("image":"krane-test/web","container_port":"8080")";

// What a caller knows when the server has died under it.
enum class told { nothing, accepted, refused };

struct stage {
  scripted_engine engine;
  std::unique_ptr<krane_server> server;
  std::string stranger;
  std::uint16_t port = free_port();  // of the host

  // By the engine, which the scripted one only says it does.
  std::string config_with_port() const {
    return R"("image":"krane-test/web","container_port":"8080","publish":"engine","host_port":")" +
           std::to_string(port) + '"';
  }
  std::string config_with_front(std::string const& more = {}) const {
    return R"("image":"krane-test/web","container_port":"8080","host_port":")" + std::to_string(port) + "\"" + more;
  }
  // The addresses that HAProxy leads new connections to.
  std::set<std::string> led_to() const {
    asio::io_context loop;
    haproxy::command_socket const commands(server->state_folder() + "/front/master.sock");
    auto const text = test::run_coroutine(loop, commands.ask("@1 show servers state p" + std::to_string(port)));
    std::istringstream lines(text.value_or(""));
    std::set<std::string> found;
    for (std::string line; std::getline(lines, line);) {
      std::istringstream words(line);
      std::string backend, proxy, number, place, address, state;
      words >> backend >> proxy >> number >> place >> address >> state;
      bool const leads = state == "2" && address != haproxy::nowhere_address;
      if (proxy == "p" + std::to_string(port) && leads) found.insert(address);
    }
    return found;
  }

  stage() {
    engine.registry_has("docker.io/krane-test/web:latest", {.listens = {8080}});
    engine.registry_has("docker.io/krane-test/web:v2", {.listens = {8080}});
    engine.registry_has("docker.io/krane-test/web:crash", {.exits = 3});
    engine.engine_has("docker.io/strangers/own:1");
    server = std::make_unique<krane_server>(server_options{engine.address(), {}, {}, {}, true});
    server->token();
  }

  told ask(std::string const& method, std::string const& target, std::string const& body = {}, fields headers = {}) {
    try {
      auto const got = server->call(method, target, body, std::move(headers));
      return got.status / 100 == 2 ? told::accepted : told::refused;
    } catch (std::exception const&) {
      return told::nothing;
    }
  }
};

// Its key is the sender's: the server does it once, however often it is sent.
told ask_once(stage& s, std::string const& target) {
  return s.ask("POST", target, {}, {{"Idempotency-Key", "kill-test"}});
}

struct scenario {
  std::string title;
  std::function<void(stage&)> prepare;  // before the kill is armed
  std::function<told(stage&)> act;
  std::string method;      // of what was accepted, for the checker
  bool brings_up = false;  // a new release; else the one before it serves on, or nothing
  bool removes = false;
  bool comes_again = false;   // after each kill the same is sent again, with the same key
  std::size_t replicas = 1;   // before it, and of a new release
  std::size_t scaled_to = 1;  // of method "scale"
  bool keeps = false;         // a release that was replaced is kept, paused
};

void deploy_first(stage& s, std::string const& with) {
  s.server->create(name, with);
  auto const got = s.server->run(name);
  if (got.at("/data/status") != "running") throw std::runtime_error("the first release does not run: " + got.body);
}

// The first release, and v2 that serves.
void deploy_two(stage& s, std::string const& with) {
  deploy_first(s, with);
  auto const got = s.server->run(name, "?tag=v2");
  if (got.at("/data/serving/number") != "2") throw std::runtime_error("the second release does not run: " + got.body);
}

void deploy_and_stop(stage& s, std::string const& with) {
  deploy_first(s, with);
  s.ask("POST", "/deployments/app/stop");
  auto const got = s.server->settled(name);
  if (got.at("/data/status") != "stopped") throw std::runtime_error("it does not stop: " + got.body);
}

std::vector<scenario> const& scenarios() {
  auto const ask_to = [](std::string const& what) {
    return [what](stage& s) { return s.ask("POST", "/deployments/app/" + what); };
  };
  auto const run_v2 = [](stage& s) { return s.ask("POST", "/deployments/app/run?tag=v2"); };
  auto const once = [](std::string const& what) {
    return [what](stage& s) { return ask_once(s, "/deployments/app/" + what); };
  };
  static std::vector<scenario> const all{
      {"a first release", [](stage& s) { s.server->create(name, config); }, run_v2, "run", true, false},
      {"a release beside the old one", [](stage& s) { deploy_first(s, config); }, run_v2, "run", true, false},
      {"a release on the old one's host port", [](stage& s) { deploy_first(s, s.config_with_port()); }, run_v2, "run",
       true, false},
      {"a broken release on the old one's host port", [](stage& s) { deploy_first(s, s.config_with_port()); },
       [](stage& s) { return s.ask("POST", "/deployments/app/run?tag=crash"); }, "run", false, false},
      {"a broken release beside the old one", [](stage& s) { deploy_first(s, config); },
       [](stage& s) { return s.ask("POST", "/deployments/app/run?tag=crash"); }, "run", false, false},
      {"a release whose container was removed behind our back", [](stage& s) { deploy_first(s, config); },
       [](stage& s) {
         std::string gone;
         for (auto const& c : s.engine.containers())
           if (c.name.starts_with("app-")) gone = c.id.str();
         s.engine.remove_container(container_id{gone});
         // It is back, or the server died of bringing it back.
         eventually([&] {
           return !s.server->runs() || std::ranges::any_of(s.engine.containers(), [&](auto const& c) {
             return c.name.starts_with("app-") && c.id.str() != gone && c.status == "running";
           });
         });
         return told::nothing;
       },
       "none", false, false},
      {"a first release at the front", [](stage& s) { s.server->create(name, s.config_with_front()); }, run_v2, "run",
       true, false},
      {"a release behind the front", [](stage& s) { deploy_first(s, s.config_with_front()); }, run_v2, "run", true,
       false},
      {"a release that replaces the old one while the front holds",
       [](stage& s) { deploy_first(s, s.config_with_front(R"(,"rollout":"recreate")")); }, run_v2, "run", true, false},
      {"a release that is watched behind the front",
       [](stage& s) { deploy_first(s, s.config_with_front(R"(,"settle":"100ms")")); }, run_v2, "run", true, false},
      {"a release that is watched and replaces the old one while the front holds",
       [](stage& s) { deploy_first(s, s.config_with_front(R"(,"rollout":"recreate","settle":"100ms")")); }, run_v2,
       "run", true, false},
      {"a broken release behind the front", [](stage& s) { deploy_first(s, s.config_with_front()); },
       [](stage& s) { return s.ask("POST", "/deployments/app/run?tag=crash"); }, "run", false, false},
      {"a removal of what the front holds", [](stage& s) { deploy_first(s, s.config_with_front()); },
       [](stage& s) { return s.ask("DELETE", "/deployments/app?wait=0"); }, "remove", false, true},
      {"a removal", [](stage& s) { deploy_first(s, s.config_with_port()); },
       [](stage& s) { return s.ask("DELETE", "/deployments/app?wait=0"); }, "remove", false, true},
      {"a removal while a release comes up", [](stage& s) { deploy_first(s, config); },
       [](stage& s) {
         s.ask("POST", "/deployments/app/run?tag=v2");
         return s.ask("DELETE", "/deployments/app?wait=0");
       },
       "remove", false, true},
      {"going back beside the release that serves", [](stage& s) { deploy_two(s, config); }, ask_to("rollback"), "run",
       true, false},
      {"going back on the host port of the release that serves", [](stage& s) { deploy_two(s, s.config_with_port()); },
       ask_to("rollback"), "run", true, false},
      {"going back behind the front", [](stage& s) { deploy_two(s, s.config_with_front()); }, ask_to("rollback"), "run",
       true, false},
      {"a stop", [](stage& s) { deploy_first(s, s.config_with_port()); }, ask_to("stop"), "stop", false, false},
      {"a stop behind the front", [](stage& s) { deploy_first(s, s.config_with_front()); }, ask_to("stop"), "stop",
       false, false},
      {"a start", [](stage& s) { deploy_and_stop(s, s.config_with_port()); }, ask_to("start"), "start", false, false},
      {"a start behind the front", [](stage& s) { deploy_and_stop(s, s.config_with_front()); }, ask_to("start"),
       "start", false, false},
      {"a restart behind the front", [](stage& s) { deploy_first(s, s.config_with_front()); }, ask_to("restart"),
       "restart", false, false},
      {"a broken release of what is stopped", [](stage& s) { deploy_and_stop(s, config); },
       [](stage& s) { return s.ask("POST", "/deployments/app/run?tag=crash"); }, "run of what is stopped", false,
       false},
      {"replicas behind the front", [](stage& s) { deploy_first(s, s.config_with_front(R"(,"replicas":2)")); }, run_v2,
       "run", true, false, false, 2},
      {"broken replicas behind the front", [](stage& s) { deploy_first(s, s.config_with_front(R"(,"replicas":2)")); },
       [](stage& s) { return s.ask("POST", "/deployments/app/run?tag=crash"); }, "run", false, false, false, 2},
      {"a scaling up behind the front", [](stage& s) { deploy_first(s, s.config_with_front()); },
       [](stage& s) { return s.ask("POST", "/deployments/app/scale", R"({"replicas":3})"); }, "scale", false, false,
       false, 1, 3},
      {"a scaling down behind the front", [](stage& s) { deploy_first(s, s.config_with_front(R"(,"replicas":2)")); },
       [](stage& s) { return s.ask("POST", "/deployments/app/scale", R"({"replicas":1})"); }, "scale", false, false,
       false, 2, 1},
      {"a release that is kept behind the front",
       [](stage& s) { deploy_first(s, s.config_with_front(R"(,"keep_warm":"5m")")); }, run_v2, "run", true, false,
       false, 1, 1, true},
      {"going back to what is kept behind the front",
       [](stage& s) { deploy_two(s, s.config_with_front(R"(,"keep_warm":"5m")")); }, ask_to("rollback"), "run", true,
       false, false, 1, 1, true},
      {"a release that is asked for again", [](stage& s) { deploy_first(s, config); }, once("run?tag=v2"), "run", true,
       false, true},
      {"a broken release that is asked for again", [](stage& s) { deploy_first(s, config); }, once("run?tag=crash"),
       "run", false, false, true},
      {"going back that is asked for again", [](stage& s) { deploy_two(s, config); }, once("rollback"), "run", true,
       false, true},
      {"a stop that is asked for again", [](stage& s) { deploy_first(s, config); }, once("stop"), "stop", false, false,
       true},
  };
  return all;
}

std::string const& run_of(test::scripted_container const& c) {
  return c.marks.at("krane.run");
}

// P1, P2, P3 and P4 as seen from outside: the API, and the engine's own list. Empty when they hold.
std::string broken_promise(scenario const& what, stage& s, told answer, std::set<std::string> const& before,
                           std::string const& served_before) {
  auto const got = s.server->get("/deployments/app");
  std::vector<test::scripted_container> ours;
  for (auto const& c : s.engine.containers())
    if (c.name.starts_with("app-")) ours.push_back(c);
  if (!s.engine.container(s.stranger) || s.engine.container(s.stranger)->status != "running")
    return "a stranger's container was touched";

  if (what.removes) {
    if (got.status == 404 && !s.led_to().empty()) return "the front still holds the port of a removed deployment";
    if (got.status == 404) return ours.empty() ? "" : "containers are left of a removed deployment";
    if (answer == told::accepted) return "an accepted removal was forgotten: " + got.body;
  }
  if (got.status != 200) return "the deployment is lost: " + got.body;
  auto const all_runs = s.server->get("/deployments/app/runs?limit=100").json();
  auto const& runs = all_runs.at("data").as_array();
  std::set<std::string> serving_tags;
  std::size_t fresh = 0;
  for (auto const& r : runs) {
    if (text_at(r, "/finished") != "true") return "a run has not ended: " + text_at(r, "/state");
    if (!before.contains(text_at(r, "/id"))) ++fresh;
  }
  if (answer == told::accepted && fresh == 0) return "an accepted run was forgotten";
  if (what.comes_again && answer != told::accepted) return "what came again was not answered as accepted";
  if (what.comes_again && fresh != 1) return "what came again became " + std::to_string(fresh) + " runs";
  if (fresh > 1 && what.method == "run") return "one request became several runs";
  // A removal that was never accepted leaves the release that it would have interrupted.
  bool const removal_never_came = what.removes && fresh > 0 && text_at(runs.front(), "/state") == "done";
  bool const came_up = (fresh == 1 && what.brings_up) || removal_never_came;
  std::string const serves = came_up ? text_at(runs.front(), "/id") : served_before;
  bool const stopped = what.method == "stop"    ? fresh > 0
                       : what.method == "start" ? fresh == 0
                                                : what.method.ends_with("stopped");
  if (came_up && text_at(runs.front(), "/state") != "done") return "the run failed: " + got.body;
  for (auto const& one : ours) {
    bool const rests = !one.connected && one.restart == "no";
    bool const works = one.connected && !one.address.empty() && one.restart == "unless-stopped";
    if (one.status == "paused" && !rests) return "a container that is kept is not at rest: " + one.name;
    if (one.status == "running" && !works) return "a container that serves is cut off: " + one.name;
  }
  std::size_t const kept = std::erase_if(ours, [](test::scripted_container const& c) { return c.status == "paused"; });
  // What was kept before stays so when nothing comes of the run.
  std::size_t const kept_before = what.keeps && before.size() > 1 ? 1 : 0;
  std::size_t const to_be_kept = what.keeps && came_up ? 1 : kept_before;
  if (kept != to_be_kept) return std::to_string(kept) + " containers are kept";
  std::size_t const wanted_count = serves.empty()                        ? 0
                                   : what.method == "scale" && fresh > 0 ? what.scaled_to
                                                                         : what.replicas;
  if (ours.size() != wanted_count) return std::to_string(ours.size()) + " containers are there";
  bool const is_among = std::ranges::any_of(
      ours, [&](test::scripted_container const& c) { return c.id.str() == got.at("/data/serving/container"); });
  if (!serves.empty() && (got.at("/data/serving/id") != serves || !is_among))
    return "the wrong release serves: " + got.body;
  for (auto const& one : ours)
    if ((!what.keeps && run_of(one) != serves) || one.status != (stopped ? "exited" : "running"))
      return "the wrong container is there: " + one.name + " is " + one.status;
  if (stopped && got.at("/data/status") != "stopped") return "it is not known to be stopped: " + got.body;
  bool const at_front = what.title.find("front") != std::string::npos;
  std::set<std::string> wanted;
  if (at_front && !stopped)
    for (auto const& one : ours) wanted.insert(one.address);
  if (auto const led = s.led_to(); led != wanted)
    return fmt::format("connections are led to {} instead of {}", fmt::join(led, " "), fmt::join(wanted, " "));

  std::int64_t last = 0;
  std::map<std::string, int> ends;
  for (auto const& e : s.server->events(name)) {
    auto const id = e.at("Id").as_int64();
    if (id <= last) return "events do not grow";
    last = id;
    auto const phase = text_at(e, "/Phase");
    if (phase == "done" || phase == "failed") ++ends[text_at(e, "/Run")];
  }
  for (auto const& [run, times] : ends)
    if (times != 1) return "run " + run + " ended " + std::to_string(times) + " times";
  return "";
}

// The same where a deploy was asked for as soon as the server that had been killed listened again.
std::string broken_meanwhile(scenario const& what, stage& s, e2e::answer const& asked) {
  auto const got = s.server->get("/deployments/app");
  std::vector<test::scripted_container> ours;
  for (auto const& c : s.engine.containers())
    if (c.name.starts_with("app-") && c.status != "paused") ours.push_back(c);
  if (!s.engine.container(s.stranger) || s.engine.container(s.stranger)->status != "running")
    return "a stranger's container was touched";
  if (asked.status != 202) {
    bool const is_gone = what.removes && (asked.status == 404 || asked.status == 409) && got.status == 404;
    if (!is_gone) return "a deploy was refused: " + asked.body;
    return ours.empty() && s.led_to().empty() ? "" : "something is left of a removed deployment";
  }
  if (got.status != 200) return "the deployment is lost: " + got.body;
  std::string const newest = asked.at("/data/run/id");
  if (got.at("/data/serving/id") != newest) return "it is not the newest accepted release that serves: " + got.body;
  if (got.at("/data/run/id") != newest || got.at("/data/run/state") != "done") return "it is not done: " + got.body;
  std::set<std::string> addresses;
  for (auto const& one : ours) {
    if (run_of(one) != newest || one.status != "running") return "the wrong container is there: " + one.name;
    addresses.insert(one.address);
  }
  bool const at_front = what.title.find("front") != std::string::npos;
  if (ours.size() != 1 && !at_front) return std::to_string(ours.size()) + " containers are there";
  if (at_front && s.led_to() != addresses) return "connections are not led to what serves";
  for (auto const& [run, times] : s.server->ends_of(name))
    if (times != 1) return "run " + run + " ended " + std::to_string(times) + " times";
  return "";
}

// False too while the server is dead or dying.
bool all_ended(stage& s) {
  try {
    auto const got = s.server->get("/deployments/app");
    if (got.status == 404) return true;
    if (got.status != 200) return false;
    auto const status = got.at("/data/status");
    return status != "deploying" && status != "deleting";
  } catch (std::exception const&) {
    return false;
  }
}

struct outcome {
  bool died = false;
  std::vector<std::string> points;  // that were passed in the last life: of the recovery, if something died
  std::string broken;
};

enum class then {
  recovers,
  dies_again,    // at the same point, on the way that recovery takes
  is_asked_more  // for another release, before it has recovered
};

// `failpoint` empty: nothing dies.
outcome play(scenario const& what, std::string const& failpoint, then after) {
  stage s;
  what.prepare(s);
  std::set<std::string> before;
  std::string served_before;
  if (auto const got = s.server->get("/deployments/app"); got.status == 200 && got.at("/data/serving") != "(missing)")
    served_before = got.at("/data/serving/id");
  if (auto const list = s.server->get("/deployments/app/runs"); list.status == 200) {
    auto const parsed = list.json();
    for (auto const& r : parsed.at("data").as_array()) before.insert(text_at(r, "/id"));
  }
  auto copied = s.engine.containers();
  s.stranger =
      s.engine.add_container("strangers-own", "docker.io/strangers/own:1", copied.empty() ? labels{} : copied[0].marks)
          .str();
  s.server->arm_failpoint(failpoint);

  told answer = what.act(s);
  e2e::answer more;
  outcome seen;
  eventually([&] { return !s.server->runs() || all_ended(s); });
  seen.died = !s.server->runs();
  if (seen.died && after == then::dies_again) {
    if (s.server->try_start() && what.comes_again) answer = what.act(s);
    eventually([&] { return !s.server->runs() || all_ended(s); });
  }
  if (!failpoint.empty()) {
    // One that still runs may reach the point at any later moment, also while it is looked at.
    if (s.server->runs()) s.server->kill();
    s.server->arm_failpoint("");
    if (after == then::is_asked_more) {
      s.server->launch();
      more = s.server->call_as_soon_as_it_listens("POST", "/deployments/app/run?tag=latest");
    } else {
      s.server->start();
      if (what.comes_again) answer = what.act(s);
    }
  }
  // Between two runs the status is for a moment what the first has left.
  bool const waits_for_more = after == then::is_asked_more && more.status == 202;
  auto const more_has_ended = [&] {
    return !waits_for_more ||
           s.server->get("/deployments/app/runs/" + more.at("/data/run/id")).at("/data/finished") == "true";
  };
  if (!eventually([&] { return more_has_ended() && all_ended(s); }, std::chrono::seconds(30))) {
    seen.broken = "it does not end: " + s.server->get("/deployments/app").body + "\n" + s.server->log();
    return seen;
  }
  // What recovery removes on the side may take a moment longer.
  auto const broken = [&] {
    return after == then::is_asked_more ? broken_meanwhile(what, s, more)
                                        : broken_promise(what, s, answer, before, served_before);
  };
  eventually([&] { return broken().empty(); }, std::chrono::seconds(5));
  seen.broken = broken();
  if (!seen.broken.empty()) seen.broken += "\n" + s.server->log();
  seen.points = s.server->points_passed();
  return seen;
}

struct kill {
  scenario const* what;
  std::string point;
  int visit;
  std::string failpoint() const { return point + ":" + std::to_string(visit); }
};

// Every point that each scenario passes, with the number of the visit.
std::vector<kill> find_kills() {
  std::vector<kill> kills;
  char const* const only = std::getenv("KRANE_KILL_ONLY");
  for (scenario const& what : scenarios()) {
    if (only != nullptr && what.title.find(only) == std::string::npos) continue;
    auto const seen = play(what, "", then::recovers);
    if (!seen.broken.empty()) throw std::runtime_error(what.title + ", undisturbed: " + seen.broken);
    std::map<std::string, int> visits;
    for (std::string const& point : seen.points) kills.push_back({&what, point, ++visits[point]});
  }
  return kills;
}

std::size_t wanted_kills(std::size_t points) {
  char const* const more = std::getenv("KRANE_KILLS");
  return more == nullptr ? points : std::strtoul(more, nullptr, 10);
}

std::vector<kill> each_of(std::vector<kill> const& all, std::size_t every, std::size_t shift) {
  std::vector<kill> chosen;
  for (std::size_t at = shift % every; at < all.size(); at += every) chosen.push_back(all[at]);
  return chosen;
}

TEST(kill, at_every_point_of_every_run_leaves_what_was_accepted_to_be_finished_once) {
  std::size_t const shift = std::random_device{}() % (points_of_one * more_of);
  bool const all_points = std::getenv("KRANE_KILLS") != nullptr || std::getenv("KRANE_KILL_ONLY") != nullptr;
  std::vector<kill> const kills = each_of(find_kills(), all_points ? 1 : points_of_one, shift);
  ASSERT_FALSE(kills.empty()) << "no scenario passes any point, or none has the title that was asked for";
  std::size_t const rounds = (wanted_kills(kills.size()) + kills.size() - 1) / kills.size();
  std::size_t const total = kills.size() * rounds;
  std::atomic<std::size_t> next{0};
  std::atomic<std::size_t> died{0};
  std::atomic<std::size_t> again{0};
  std::atomic<std::size_t> asked_more{0};
  std::mutex failures_mutex;
  std::vector<std::string> failures;
  std::map<then, std::string> const suffixes{
      {then::recovers, ": "}, {then::dies_again, " twice: "}, {then::is_asked_more, " and asked for more at once: "}};
  // What the recovery from it passes; nothing when that went wrong.
  auto const kill_at = [&](kill const& k, then after) -> std::vector<std::string> {
    std::string broken;
    try {
      auto seen = play(*k.what, k.failpoint(), after);
      if (after == then::recovers) died += seen.died ? 1 : 0;
      if (seen.broken.empty()) return std::move(seen.points);
      broken = seen.broken;
    } catch (std::exception const& e) {
      broken = e.what();
    }
    std::lock_guard const lock(failures_mutex);
    failures.push_back(k.what->title + ", killed at " + k.failpoint() + suffixes.at(after) + broken);
    return {};
  };
  // Much of the time of a run is waiting, so several worlds are played at once.
  std::vector<std::jthread> players;
  for (int i = 0; i < 4; ++i)
    players.emplace_back([&] {
      for (std::size_t at = next++; at < total; at = next++) {
        kill const& k = kills[at % kills.size()];
        // Where the recovery comes to the same point, it is killed there too.
        auto const passed = kill_at(k, then::recovers);
        if ((at + shift / points_of_one) % more_of == 0) {
          ++asked_more;
          kill_at(k, then::is_asked_more);
        }
        if (std::ranges::count(passed, k.point) < k.visit) continue;
        ++again;
        kill_at(k, then::dies_again);
      }
    });
  players.clear();
  std::cout << died << " kills over " << total << " cases, and " << again << " more with one in the recovery too, and "
            << asked_more << " with a deploy in it\n";
  EXPECT_GE(died.load(), total * 9 / 10) << "most points must be reached, else this shows nothing";
  for (std::size_t i = 0; i < failures.size() && i < 5; ++i) ADD_FAILURE() << failures[i];
  EXPECT_EQ(failures.size(), 0U);
}

}  // namespace
}  // namespace krane::e2e
