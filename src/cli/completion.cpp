#include <fmt/format.h>
#include <fmt/ranges.h>

#include <chrono>

#include "base/async.hpp"
#include "cli/command_context.hpp"
#include "cli/completion_scripts.hpp"
#include "cli/failure.hpp"
#include "cli/families.hpp"
#include "cli/word_completion.hpp"

namespace krane::cli {
namespace {

// Longer than this nobody waits for a word.
constexpr std::chrono::seconds patience{2};

task<std::vector<client::deployment_item>> list_for_a_word(client::krane_api& api) {
  return with_deadline(api.list_deployments(), patience, make_error(errc::timed_out, "the server takes too long"));
}

// Whatever fails, there is just nothing to complete with.
coroutine<void> add_names(command_context& with, completions& to) {
  std::vector<completions::candidate> names;
  if (to.more == completion::deployments) {
    auto const api = with.connect();
    if (!api) co_return;
    auto const all = co_await list_for_a_word(**api);
    if (!all) co_return;
    for (auto const& one : *all) names.push_back({one.name, one.status});
  } else if (to.more == completion::contexts) {
    auto const files = context_files::find(with.env);
    if (!files) co_return;
    auto const book = files->read();
    if (!book) co_return;
    for (auto const& one : book->contexts) names.push_back({one.name, one.endpoint});
  }
  for (auto& one : names)
    if (one.word.starts_with(to.begin)) to.words.push_back(std::move(one));
}

// --context and --output of the line that is being typed count for us too.
std::optional<std::string> typed_context(std::vector<std::string> const& line) {
  for (std::size_t i = 0; i + 1 < line.size(); ++i) {
    if (line[i] == "--context" && i + 2 < line.size()) return line[i + 1];
    if (line[i].starts_with("--context=")) return line[i].substr(std::string_view("--context=").size());
  }
  return std::nullopt;
}

task<exit_code> complete_words(command_context& with, arguments given) {
  auto const& line = given.all("WORD");
  if (auto named = typed_context(line)) with.context_name = std::move(named);
  auto found = complete(line, all_commands());
  co_await add_names(with, found);
  for (auto const& [word, meaning] : found.words)
    with.out.write(fmt::format("{}{}{}{}\n", found.before, word, meaning.empty() ? "" : "\t", meaning));
  if (found.more == completion::files) with.out.write(fmt::format("{}\n", files_directive));
  co_return exit_code::done;
}

task<exit_code> show_script(command_context& with, arguments given) {
  std::string const& shell = given.get("SHELL");
  auto const script = completion_script(shell);
  if (script.empty())
    co_return usage_error(fmt::format("SHELL: \"{}\" is not one of {}", shell, fmt::join(completed_shells, ", ")));
  with.out.write(script);
  co_return exit_code::done;
}

}  // namespace

std::vector<command> completion_commands() {
  return {{.path = {"completion"},
           .group = command_group::program,
           .summary = "Print what a shell needs to complete commands and names",
           .description = "Completes commands, options, contexts, and the names of deployments as the server knows "
                          "them. Put the line of your shell, as below, into its start-up file.",
           .arguments = {{.name = "SHELL", .meaning = "bash, zsh or fish"}},
           .examples = {{". <(krane completion bash)", "in ~/.bashrc"},
                        {"source <(krane completion zsh)", "in ~/.zshrc, behind compinit"},
                        {"krane completion fish | source", "in ~/.config/fish/config.fish"}},
           .run = show_script},
          {.path = {"complete"},
           .summary = "Print what the last of these words can become",
           .arguments = {{.name = "WORD", .meaning = "what was typed behind krane", .required = false, .many = true}},
           .run = complete_words,
           .hidden = true}};
}

}  // namespace krane::cli
