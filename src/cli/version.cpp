#include "base/version.hpp"

#include <fmt/format.h>

#include <boost/json/object.hpp>

#include "cli/command_context.hpp"
#include "cli/families.hpp"

namespace krane::cli {
namespace {

task<exit_code> show_version(command_context& with, arguments) {
  with.out.show({.data = boost::json::object{{"name", "krane"}, {"version", krane::version}},
                 .names = {krane::version},
                 .text = fmt::format("krane {}\n", krane::version)});
  co_return exit_code::done;
}

}  // namespace

std::vector<command> version_commands() {
  return {{.path = {"version"},
           .group = command_group::program,
           .summary = "Print this program's version",
           .description = "krane doctor compares it with the server's.",
           .run = show_version}};
}

}  // namespace krane::cli
