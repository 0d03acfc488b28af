#include "runs/foreign_image.hpp"

#include <fmt/format.h>

namespace krane {

coroutine<std::string> say_if_foreign(engine& docker, std::optional<image_id> image) {
  if (!image) co_return std::string{};
  auto const details = co_await docker.find_image(image->str());
  if (!details || !*details || (*details)->architecture.empty()) co_return std::string{};
  auto const here = co_await docker.version();
  if (!here || here->architecture.empty() || here->architecture == (*details)->architecture) co_return std::string{};
  co_return fmt::format("; the image is for {}, and this machine is {}: build it for this one, or for both",
                        (*details)->architecture, here->architecture);
}

}  // namespace krane
