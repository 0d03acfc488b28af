#pragma once
// Colours, where they are wanted.
#include <string>
#include <string_view>

namespace krane::cli {

enum class colour { none, red, green, yellow, blue, magenta, cyan, grey, bold };

class style {
public:
  explicit style(bool enabled) : enabled_(enabled) {}
  bool enabled() const { return enabled_; }
  std::string paint(std::string_view text, colour with) const;

private:
  bool enabled_;
};

// Of a state of a deployment, a run or a container.
colour state_colour(std::string_view state);

}  // namespace krane::cli
