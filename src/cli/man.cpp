#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "cli/command_context.hpp"
#include "cli/failure.hpp"
#include "cli/families.hpp"
#include "cli/man_page.hpp"

namespace krane::cli {
namespace {

result<void> write_page(std::string const& folder, command const* what) {
  auto const path = (std::filesystem::path(folder) / man_page_name(what)).string();
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << man_page(what, all_commands());
  file.close();
  if (file) return {};
  return make_error(errc::internal, "file_unusable",
                    fmt::format("{} cannot be written: {}", path, std::strerror(errno)));
}

result<void> write_pages(std::string const& folder) {
  std::error_code ec;
  std::filesystem::create_directories(folder, ec);
  if (auto made = write_page(folder, nullptr); !made) return made;
  for (command const& one : all_commands())
    if (!one.hidden)
      if (auto made = write_page(folder, &one); !made) return made;
  return {};
}

task<exit_code> man(command_context& with, arguments given) {
  if (auto const folder = given.find("to")) {
    if (auto const made = write_pages(*folder); !made) co_return made.error();
    co_return exit_code::done;
  }
  auto const& path = given.all("COMMAND");
  command const* found = nullptr;
  for (command const& one : all_commands())
    if (one.path == path) found = &one;
  if (found == nullptr && !path.empty())
    co_return usage_error(fmt::format("COMMAND: there is no krane {}", fmt::join(path, " ")));
  with.out.write(man_page(found, all_commands()));
  co_return exit_code::done;
}

}  // namespace

std::vector<command> man_commands() {
  return {
      {.path = {"man"},
       .summary = "Print a manual page, or write all of them into a folder",
       .arguments =
           {{.name = "COMMAND", .meaning = "whose page; krane's own unless given", .required = false, .many = true}},
       .options =
           {{.name = "to", .value = "FOLDER", .meaning = "write every page into it", .completes = completion::files}},
       .run = man,
       .hidden = true}};
}

}  // namespace krane::cli
