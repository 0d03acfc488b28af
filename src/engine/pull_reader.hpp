#pragma once
// The lines of a pull: its progress summed up over the layers, and the failure that may be its last word although the
// status was 200.
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "engine/engine.hpp"

namespace krane::docker {

class pull_reader {
public:
  // No value: the line says nothing about progress. The failure is remembered.
  result<std::optional<pull_progress>> add(std::string_view line);
  // The engine's words, if the pull failed.
  std::optional<std::string> const& failure() const { return failure_; }

private:
  struct layer {
    std::uint64_t done = 0;
    std::uint64_t total = 0;
  };
  std::map<std::string, layer, std::less<>> layers_;
  std::optional<std::string> failure_;
};

}  // namespace krane::docker
