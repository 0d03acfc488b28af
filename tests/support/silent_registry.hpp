#pragma once
// Stands in for every registry where a test is not about them: none can be reached, so that nothing leaves the machine.
#include "model/reason.hpp"
#include "registry/registry.hpp"

namespace krane::test {

class silent_registry final : public registry {
public:
  task<remote_image> look_up(image_ref, std::optional<registry_login>, pull_habits,
                             std::chrono::milliseconds) override {
    co_return make_error(errc::unavailable, reason::registry_unreachable, "no registry can be reached");
  }
  void stop() override {}
};

}  // namespace krane::test
