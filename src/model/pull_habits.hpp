#pragma once
#include <string>
#include <vector>

namespace krane {

// How an engine pulls, as it tells of itself: what krane asks a registry, it asks as the engine will.
struct pull_habits {
  std::string os;                     // of its machine, in the words of images: "linux"
  std::string architecture;           // "amd64"
  std::vector<std::string> mirrors;   // of docker.io, asked before it, in this order: "https://mirror.example.org/"
  std::vector<std::string> insecure;  // networks and hosts that may be asked without TLS: "10.0.0.0/8", "registry:5000"
  friend bool operator==(pull_habits const&, pull_habits const&) = default;
};

}  // namespace krane
