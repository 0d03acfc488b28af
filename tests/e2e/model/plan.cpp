#include "e2e/model/plan.hpp"

#include <array>
#include <utility>

namespace krane::e2e::model {
namespace {

// Of a hundred.
constexpr std::array<std::pair<verb, unsigned>, 9> weights{{{verb::run, 38},
                                                            {verb::rollback, 14},
                                                            {verb::scale, 10},
                                                            {verb::stop, 7},
                                                            {verb::start, 9},
                                                            {verb::restart, 6},
                                                            {verb::cancel, 3},
                                                            {verb::remove, 6},
                                                            {verb::put, 7}}};

constexpr unsigned longest_pause_ms = 500;
constexpr unsigned longest_life_ms = 2'000;
constexpr unsigned longest_recovery_ms = 300;

}  // namespace

std::vector<subject> subjects(std::string const& stem, std::vector<std::uint16_t> const& ports) {
  std::string const image = R"("image":"krane-test/web","tag":"1","container_port":"8080","pull":"missing")";
  auto const at = [&](std::size_t i) { return R"(,"host_port":")" + std::to_string(ports.at(i)) + '"'; };
  return {
      // Never removed: what is forgotten of it has no excuse.
      {stem + "-kept", ports.at(0), image + at(0), false, true},
      {stem + "-turns", ports.at(1), image + at(1) + R"(,"rollout":"recreate","settle":"200ms")", true, true},
      {stem + "-engine", ports.at(2), image + at(2) + R"(,"publish":"engine","settle":"200ms")", true, false},
      {stem + "-two", ports.at(3), image + at(3) + R"(,"replicas":2,"settle":"300ms")", true, true},
      {stem + "-plain", 0, image, true, true},
  };
}

std::string body_of(std::string const& tag) {
  return "web " + tag + "\n";
}

bool comes_up(std::string const& tag) {
  return tag != "crash";
}

client_plan::client_plan(std::uint32_t seed, int client, std::vector<subject> const& all)
    : random_(seed * 1'000'003U + static_cast<std::uint32_t>(client)), all_(all) {}

wish client_plan::next() {
  wish out;
  out.pause = std::chrono::milliseconds(random_() % longest_pause_ms);
  out.subject = random_() % all_.size();
  unsigned at = random_() % 100;
  for (auto const& [what, weight] : weights) {
    out.what = what;
    if (at < weight) break;
    at -= weight;
  }
  subject const& of = all_[out.subject];
  if ((out.what == verb::remove && !of.can_be_removed) || (out.what == verb::scale && !of.can_scale))
    out.what = verb::run;
  if (out.what == verb::run) out.tag = random_() % 8 == 0 ? "crash" : std::to_string(1 + random_() % 3);
  if (out.what == verb::scale) out.replicas = 1 + random_() % 3;
  out.keyed = out.what != verb::remove && random_() % 4 != 0;
  out.waits = random_() % 2 == 0;
  return out;
}

end_of_server end_plan::next() {
  end_of_server out;
  out.at_once = random_() % 5 < 3;
  out.in_recovery = random_() % 3 == 0;
  out.after = std::chrono::milliseconds(random_() % (out.in_recovery ? longest_recovery_ms : longest_life_ms));
  return out;
}

}  // namespace krane::e2e::model
