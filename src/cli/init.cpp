#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "cli/command_context.hpp"
#include "cli/failure.hpp"
#include "cli/families.hpp"
#include "cli/port_pair.hpp"
#include "cli/spec_schema.hpp"
#include "cli/spec_template.hpp"
#include "model/spec_fields.hpp"

namespace krane::cli {
namespace {

constexpr std::string_view default_file = "krane.yaml";

// What is wrong with one field of several, were the others right.
std::optional<std::string> fault_of(spec_field const& field, spec_input input) {
  for (spec_field const& other : spec_fields())
    if (other.required && !(input.*other.slot)) input.*other.slot = std::string(other.example);
  auto const made = make_spec(input);
  if (made) return std::nullopt;
  for (fault const& one : made.error().details)
    if (one.path == path_of(field)) return one.error;
  return std::nullopt;
}

// Asks until the answer is right; an empty one takes the proposal.
result<void> ask_field(terminal& term, spec_field const& field, std::string const& proposal, spec_input& into) {
  while (true) {
    std::string const shown = !proposal.empty() ? fmt::format(" [{}]", proposal)
                              : field.required  ? fmt::format(" (for example {})", field.example)
                                                : std::string(" (empty for none)");
    auto answer = term.ask(fmt::format("{}\n  {}{}: ", field.meaning, field.key, shown));
    if (!answer) return answer.error();
    spec_input tried = into;
    tried.*field.slot = answer->empty() ? proposal : *answer;
    auto const wrong = fault_of(field, tried);
    if (!wrong) {
      into = std::move(tried);
      return {};
    }
    term.write_message(fmt::format("  {} {}\n", field.key, *wrong));
  }
}

// The folder's name, made into one that a deployment may have.
std::string proposed_name() {
  std::error_code ec;
  std::string name;
  for (char c : std::filesystem::current_path(ec).filename().string()) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    bool const fits = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    if (fits || !name.empty()) name += fits ? c : '-';
  }
  name.resize(std::min<std::size_t>(name.size(), 63));
  while (!name.empty() && (name.back() == '-' || name.back() == '_')) name.pop_back();
  return parse_deployment_name(name) ? name : std::string("web");
}

result<void> ask_rest(terminal& term, spec_input& answers) {
  for (spec_field const& field : spec_fields()) {
    if (answers.*field.slot || field.rare) continue;
    // A host port leads to a container port.
    if (field.slot == &spec_input::host_port && answers.container_port.value_or("").empty()) continue;
    std::string const proposal = field.slot == &spec_input::name ? proposed_name() : std::string(field.fallback);
    if (auto asked = ask_field(term, field, proposal, answers); !asked) return asked;
  }
  return {};
}

result<spec_input> from_flags(arguments const& given) {
  spec_input out{.name = given.find("NAME"), .image = given.find("image"), .tag = given.find("tag")};
  if (auto const ports = given.find("port")) {
    auto const pair = parse_port_pair(*ports);
    if (!pair) return pair.error();
    out.container_port = pair->container;
    out.host_port = pair->host.value_or("");
  }
  return out;
}

// "ghcr.io/a/b:2" as its own fields, so that the file has one place for each.
spec_input apart(spec_input written, spec const& checked) {
  if (checked.digest) return written;
  written.image = checked.image;
  written.tag = checked.tag;
  written.registry = checked.registry;
  for (spec_field const& field : spec_fields())
    if (written.*field.slot == std::string(field.fallback)) (written.*field.slot).reset();
  return written;
}

// With the mode that the person's files have: it is meant to be shared.
result<void> write_file(std::string const& path, std::string const& text) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << text;
  file.close();
  if (file) return {};
  return make_error(errc::internal, "file_unusable",
                    fmt::format("{} cannot be written: {}", path, std::strerror(errno)));
}

result<void> may_write(command_context& with, std::string const& path, bool force) {
  std::error_code ec;
  if (force || !std::filesystem::exists(path, ec)) return {};
  if (with.term.can_ask()) {
    auto const yes = with.term.confirm(fmt::format("{} is there already. Write it anew? [y/N] ", path));
    if (!yes) return yes.error();
    if (*yes) return {};
  }
  return make_error(errc::conflict, "file_exists", fmt::format("{} is there already; --force writes it anew", path));
}

task<exit_code> init(command_context& with, arguments given) {
  std::string const path = given.find("file").value_or(std::string(default_file));
  if (!path.ends_with(".yaml") && !path.ends_with(".yml"))
    co_return usage_error(fmt::format("--file: {} does not end with .yaml", path));
  if (auto const may = may_write(with, path, given.has("force")); !may) co_return may.error();
  auto answers = from_flags(given);
  if (!answers) co_return answers.error();
  if (!answers->image && !with.term.can_ask())
    co_return usage_error("there is no terminal to ask on: say what to run with --image, and see krane init --help");
  if (!answers->image) {
    if (auto const asked = ask_rest(with.term, *answers); !asked) co_return asked.error();
  } else if (!answers->name) {
    answers->name = proposed_name();
  }
  auto const checked = make_spec(*answers);
  if (!checked) co_return checked.error();
  auto const schema = std::filesystem::path(path).parent_path() / schema_file_name;
  if (auto const made = write_file(schema.string(), to_pretty_json(spec_schema())); !made) co_return made.error();
  if (auto const made = write_file(path, spec_template(apart(*answers, *checked))); !made) co_return made.error();
  with.say.line(fmt::format("Wrote {}, and {} for editors. Next: krane deploy", path, schema.string()));
  co_return exit_code::done;
}

}  // namespace

std::vector<command> init_commands() {
  return {
      {.path = {"init"},
       .group = command_group::file,
       .summary = "Write a krane.yaml, from a few questions or from flags",
       .description = "Asks what it is not told, where there is a terminal and --image is not given. The file says "
                      "of each field what it is for; beside it lies its JSON Schema, by which editors complete "
                      "and check it.",
       .arguments = {{.name = "NAME", .meaning = "the deployment; the folder's name unless given", .required = false}},
       .options = {{.name = "image", .value = "IMAGE", .meaning = "the image to run"},
                   {.name = "tag", .value = "TAG", .meaning = "its tag"},
                   {.name = "port",
                    .value = "HOST:CONTAINER",
                    .meaning = "a port of the server's machine, and the container's that it leads to"},
                   {.name = "file",
                    .letter = 'f',
                    .value = "FILE",
                    .meaning = "write this file instead of krane.yaml",
                    .completes = completion::files},
                   {.name = "force", .meaning = "write it anew if it is there"}},
       .examples = {{"krane init", "asks"},
                    {"krane init web --image davidcasta/docker-to-node --port 9002:8080", "asks nothing"}},
       .run = init}};
}

}  // namespace krane::cli
