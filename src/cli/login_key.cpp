#include "cli/login_key.hpp"

#include <fmt/format.h>

namespace krane::cli {

std::string login_key::name() const {
  if (!known()) return source();
  std::string const whose = known()->comment.empty() ? "" : ", " + known()->comment;
  return fmt::format("{} ({} {}{})", source(), known()->type, known()->fingerprint(), whose);
}

}  // namespace krane::cli
