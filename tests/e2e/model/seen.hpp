#pragma once
// The world as it is when all runs have ended: what the API says, what the engine has, and where host ports lead.
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace krane::e2e::model {

struct seen_run {
  std::string id;
  std::uint64_t number = 0;
  std::string kind;  // deploy, stop, …
  std::string tag = {};
  std::string state;
  bool finished = true;
  std::uint64_t restores = 0;            // the release that it goes back to
  std::string failure = {};              // why, in words
  std::vector<std::string> phases = {};  // of its events, in their order
};

struct seen_container {
  std::string name;
  std::string run;  // by its label
  std::string state;
  std::string address = {};  // in its network, while it runs
};

struct seen_deployment {
  std::string status;
  std::string created_at;
  std::string serving = {};              // the id of the run
  std::uint64_t serving_number = 0;      // 0: nothing serves
  unsigned replicas = 1;                 // of the release that serves
  std::vector<seen_run> runs = {};       // oldest first
  std::set<std::uint16_t> shown = {};    // host ports of its containers, as the API has them
  std::vector<std::string> events = {};  // for people, since the last time
  std::uint64_t last_event = 0;
};

struct seen_world {
  std::map<std::string, seen_deployment> deployments;             // by name
  std::map<std::string, std::vector<seen_container>> containers;  // by the name on their label
  std::map<std::uint16_t, std::set<std::string>> answers;         // of each host port; none: it is closed
  std::map<std::uint16_t, std::set<std::string>> led_to;          // by the front, of each port that it holds
};

}  // namespace krane::e2e::model
