#include "e2e/harness/person.hpp"

#include <sys/stat.h>

#include <filesystem>
#include <stdexcept>

namespace krane::e2e {
namespace {

std::vector<std::string> krane(person::words const& line) {
  std::vector<std::string> out{program_folder() + "/krane"};
  out.insert(out.end(), line.begin(), line.end());
  return out;
}

}  // namespace

person::person()
    : environment_{{"HOME", home()},      {"XDG_CONFIG_HOME", ""}, {"XDG_RUNTIME_DIR", ""}, {"SSH_AUTH_SOCK", ""},
                   {"SSH_ASKPASS", ""},   {"DISPLAY", ""},         {"NO_COLOR", ""},        {"TERM", "xterm-256color"},
                   {"LC_ALL", "C.UTF-8"}, {"LANG", "C.UTF-8"},     {"COLUMNS", ""}} {
  std::filesystem::create_directory(folder());
  std::filesystem::create_directory(home() + "/.ssh");
  chmod((home() + "/.ssh").c_str(), 0700);
}

person::variables person::environment(variables const& more) const {
  auto out = environment_;
  for (auto const& [name, value] : more) out[name] = value;
  return out;
}

void person::has_key(test::test_key const& key, std::string const& name, std::string const& comment) {
  auto const path = home() + "/.ssh/" + name;
  write_file(path, key.openssh_private_key(comment));
  chmod(path.c_str(), 0600);
  write_file(path + ".pub", key.authorized_keys_line(comment) + "\n");
}

person::said person::types(words const& line, variables const& more, std::string_view input) const {
  test::temp_folder const streams;
  write_file(streams / "in", input);
  process program(krane(line), environment(more),
                  process::streams{.output_file = streams / "out",
                                   .error_file = streams / "err",
                                   .input_file = streams / "in",
                                   .folder = folder()});
  auto const status = program.wait(std::chrono::seconds(60));
  said out{.status = status.value_or(-1), .out = read_file(streams / "out"), .err = read_file(streams / "err")};
  if (!status) throw std::runtime_error("krane does not end; it said: " + out.all());
  return out;
}

std::unique_ptr<process> person::starts(words const& line, std::string const& output_file,
                                        std::string const& error_file) const {
  return std::make_unique<process>(
      krane(line), environment(),
      process::streams{.output_file = output_file, .error_file = error_file, .folder = folder()});
}

std::unique_ptr<pseudo_terminal> person::sits_at(words const& line, terminal_size size, variables const& more) const {
  return std::make_unique<pseudo_terminal>(krane(line), environment(more), folder(), size);
}

}  // namespace krane::e2e
