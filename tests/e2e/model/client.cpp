#include "e2e/model/client.hpp"

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <charconv>
#include <stdexcept>
#include <thread>

namespace krane::e2e::model {
namespace {

using namespace std::chrono_literals;
using clock = std::chrono::system_clock;

constexpr auto between_tries = 3ms;
constexpr auto answer_limit = 30s;
constexpr auto give_up_after = 40s;  // a server that does not come back

struct request {
  std::string method;
  std::string target;
  std::string body = {};
};

request request_for(wish const& what, subject const& of) {
  std::string const at = "/deployments/" + of.name;
  switch (what.what) {
    case verb::put:
      return {"POST", "/deployments", R"({"data":{"name":")" + of.name + R"(","config":{)" + of.config + "}}}"};
    case verb::run:
      return {"POST", at + "/run?tag=" + what.tag};
    case verb::scale:
      return {"POST", at + "/scale", fmt::format(R"({{"replicas":{}}})", what.replicas)};
    case verb::remove:
      return {"DELETE", at + (what.waits ? "?wait=5" : "?wait=0")};
    default:
      return {"POST", fmt::format("{}/{}", at, word_for(what.what))};
  }
}

// One try. Status 0: the connection broke. No value: it could not be made, so nothing was sent.
struct tried {
  answer got;
  std::string why = {};
};
std::optional<tried> try_once(server_access const& to, request const& what, fields const& headers) {
  try {
    return tried{exchange(to.where, what.method, what.target, headers, what.body, answer_limit)};
  } catch (std::exception const& e) {
    std::string why = e.what();
    if (why.starts_with("cannot connect")) return std::nullopt;
    return tried{{}, why.starts_with("no answer in time") ? "no answer in time" : "the connection broke"};
  }
}

void note_answer(operation& into, answer const& got) {
  into.status = got.status;
  if (got.status >= 300) {
    into.answer = told::refused;
    into.reason = got.reason();
    if (got.status == 503 && into.reason == "recovering" && got.header("Retry-After").empty())
      into.reason = "recovering without Retry-After";
    return;
  }
  into.answer = told::accepted;
  if (into.what == verb::put) return;
  if (into.what == verb::cancel) {
    auto const answer = got.json();
    for (auto const& one : answer.at("data").at("runs").as_array()) into.all.push_back(text_at(one, "/id"));
    return;
  }
  into.run = got.at("/data/run/id");
  auto const number = got.at("/data/run/number");
  std::from_chars(number.data(), number.data() + number.size(), into.number);
}

bool is_to_come_back(answer const& got) {
  return got.status == 503 || (got.status == 409 && got.reason() == "idempotency_key_in_use");
}

}  // namespace

operation client::carry_out(wish const& what, std::atomic<bool> const& end) {
  subject const& of = all_[what.subject];
  operation out{.client = number_,
                .name = of.name,
                .what = what.what,
                .tag = what.tag,
                .replicas = what.replicas,
                .keyed = what.keyed,
                .sent = clock::now()};
  request const sends = request_for(what, of);
  fields headers = to_.authorized;
  if (what.keyed) headers.emplace_back("Idempotency-Key", fmt::format("{}-{}-{}", seed_, number_, ++keys_));
  auto const until = clock::now() + give_up_after;
  bool may_be_done = false;  // by a try whose answer did not come
  while (true) {
    auto const got = try_once(to_, sends, headers);
    out.answered = clock::now();
    if (!got) {
      if (out.times_sent == 0) out.sent = out.answered;
    } else {
      ++out.times_sent;
      if (got->got.status != 0) {
        note_answer(out, got->got);
        if (!is_to_come_back(got->got)) return out;
        if (got->got.status == 503) ++out.put_off;
        if (may_be_done) out.answer = told::unknown;
      } else {
        may_be_done = true;
        out.answer = told::unknown;
        out.status = 0;
        out.reason = got->why.empty() ? "the connection broke" : got->why;
        if (!what.keyed || out.reason == "no answer in time") return out;
      }
    }
    bool const known = out.times_sent == 0 || out.answer == told::refused;
    if (out.answered > until || (end && known)) return out;
    std::this_thread::sleep_for(got ? 10 * between_tries : between_tries);
  }
}

void client::ask_until(std::atomic<bool> const& end) {
  while (!end) {
    wish what = plan_.next();
    std::this_thread::sleep_for(what.pause);
    if (end) return;
    auto const did = carry_out(what, end);
    if (did.times_sent > 0) history_.add(did);
    // What is not there is made and run, so that the rest has something to meet.
    if (did.status != 404 || did.what == verb::remove || did.what == verb::rollback) continue;
    for (auto const& [next, tag] : {std::pair(verb::put, ""), std::pair(verb::run, "1")}) {
      if (end) return;
      auto const more = carry_out({.subject = what.subject, .what = next, .tag = tag, .keyed = what.keyed}, end);
      if (more.times_sent > 0) history_.add(more);
    }
  }
}

void reader::read_until(std::atomic<bool> const& end, std::vector<subject> const& all) {
  for (std::size_t i = 0; !end; ++i) {
    std::string const target =
        i % 2 == 0 ? "/deployments" : "/deployments/" + all[i / 2 % all.size()].name + "/runs?limit=5";
    auto const got = try_once(to_, {"GET", target}, to_.authorized);
    bool const answers = got && got->got.status != 0;
    if (answers) ++answered_;
    bool const is_right = !answers || got->got.status == 200 || (i % 2 == 1 && got->got.status == 404) ||
                          (got->got.status == 503 && got->got.reason() == "stopping");
    if (!is_right)
      wrong_.push_back(fmt::format("GET {} is answered with {} {}", target, got->got.status, got->got.body));
    if (got && got->why == "no answer in time") wrong_.push_back(fmt::format("GET {} is not answered", target));
    std::this_thread::sleep_for(answers ? 50ms : 3ms);
  }
}

}  // namespace krane::e2e::model
