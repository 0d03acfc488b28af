#pragma once
// What a seed says: the deployments, what each client asks for one after the other, and when the server is ended.
// Only how all of it meets is left to the machine.
#include <chrono>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "e2e/model/history.hpp"

namespace krane::e2e::model {

// A deployment that the clients share.
struct subject {
  std::string name;
  std::uint16_t port = 0;  // of the host; 0: none
  std::string config;      // the inside of the config object
  bool can_be_removed = true;
  bool can_scale = true;
};
// `ports`: four free ones.
std::vector<subject> subjects(std::string const& stem, std::vector<std::uint16_t> const& ports);

// What a deployed container answers, and whether it comes up at all.
std::string body_of(std::string const& tag);
bool comes_up(std::string const& tag);

struct wish {
  std::size_t subject = 0;
  verb what = verb::put;
  std::string tag = {};
  unsigned replicas = 0;
  bool keyed = false;
  bool waits = false;                    // remove: for its end
  std::chrono::milliseconds pause = {};  // before it
};

class client_plan {
public:
  client_plan(std::uint32_t seed, int client, std::vector<subject> const& all);
  wish next();

private:
  std::mt19937 random_;
  std::vector<subject> const& all_;
};

struct end_of_server {
  bool at_once = true;                   // SIGKILL; else SIGTERM
  bool in_recovery = false;              // meant to come before the server is ready
  std::chrono::milliseconds after = {};  // its start
};

class end_plan {
public:
  explicit end_plan(std::uint32_t seed) : random_(seed) {}
  end_of_server next();
  // How long it is left alone after the last one of a round.
  std::chrono::milliseconds rest() { return std::chrono::milliseconds(random_() % 1'000); }

private:
  std::mt19937 random_;
};

}  // namespace krane::e2e::model
