#include <cstdlib>
#include <optional>
#include <string>

#include "cli/program.hpp"

namespace {

std::optional<std::string> process_environment(std::string_view name) {
  char const* const value = std::getenv(std::string(name).c_str());
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

}  // namespace

int main(int argc, char** argv) {
  return krane::cli::run_program({argv + 1, argv + argc}, process_environment);
}
