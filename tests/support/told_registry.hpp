#pragma once
// Stands in for every registry where a test is not about how they are asked: has what it is told to have, and else
// cannot be reached, so that nothing leaves the machine.
#include <optional>

#include "model/reason.hpp"
#include "registry/registry.hpp"

namespace krane::test {

class told_registry final : public registry {
public:
  task<remote_image> look_up(image_ref, std::optional<registry_login>, pull_habits,
                             std::chrono::milliseconds) override {
    if (has) co_return *has;
    co_return make_error(errc::unavailable, reason::registry_unreachable, "no registry can be reached");
  }
  void stop() override {}

  std::optional<remote_image> has;  // whatever is asked for
};

}  // namespace krane::test
