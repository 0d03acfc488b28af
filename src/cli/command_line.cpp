#include "cli/command_line.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "base/json.hpp"
#include "cli/failure.hpp"

namespace krane::cli {
namespace {

option const* find_global(std::string_view typed) {
  for (option const& one : global_options())
    if (typed == "--" + one.name || (one.letter != '\0' && typed == std::string{'-', one.letter})) return &one;
  return nullptr;
}

bool begins_with(command const& one, std::vector<std::string> const& words) {
  return one.path.size() >= words.size() && std::equal(words.begin(), words.end(), one.path.begin());
}

// With the last word replaced by what it is short for.
std::vector<std::string> without_alias(std::vector<std::string> words, std::vector<command> const& all) {
  for (command const& one : all) {
    if (one.path.size() != words.size() || std::ranges::find(one.aliases, words.back()) == one.aliases.end()) continue;
    if (std::equal(words.begin(), words.end() - 1, one.path.begin())) return one.path;
  }
  return words;
}

error unknown_word(std::vector<std::string> const& known, std::string const& word, std::vector<command> const& all) {
  std::vector<std::string_view> candidates;
  for (command const& one : all)
    if (!one.hidden && begins_with(one, known) && one.path.size() > known.size())
      candidates.push_back(one.path[known.size()]);
  std::string before = "krane";
  for (std::string const& each : known) before += " " + each;
  auto const meant = nearest(word, candidates);
  return usage_error(meant.empty()
                         ? fmt::format("\"{} {}\" is no command; {} --help lists them", before, word, before)
                         : fmt::format("\"{} {}\" is no command; was \"{} {}\" meant?", before, word, before, meant));
}

struct found_command {
  command const* what = nullptr;
  std::vector<std::string> rest;  // the line without the command's own words
  bool help = false;              // asked for by the word "help"
};

result<found_command> find_command(std::vector<std::string> const& line, std::vector<command> const& all) {
  found_command out;
  std::vector<std::string> words;
  bool skip_value = false;
  for (auto at = line.begin(); at != line.end(); ++at) {
    bool const is_word = !skip_value && !at->starts_with('-');
    auto const* const global = skip_value ? nullptr : find_global(*at);
    skip_value = global != nullptr && !global->value.empty();
    if (!is_word) {
      out.rest.push_back(*at);
      continue;
    }
    if (words.empty() && !out.help && *at == "help") {
      out.help = true;
      continue;
    }
    auto longer = words;
    longer.push_back(*at);
    longer = without_alias(std::move(longer), all);
    auto const exact = std::ranges::find_if(all, [&](command const& one) { return one.path == longer; });
    if (exact == all.end()) return unknown_word(words, *at, all);
    words = std::move(longer);
    out.what = &*exact;
    if (exact->run == nullptr) continue;
    out.rest.insert(out.rest.end(), at + 1, line.end());
    break;
  }
  return out;
}

std::string cli11_names(option const& one) {
  return one.letter == '\0' ? "--" + one.name : fmt::format("-{},--{}", one.letter, one.name);
}

class one_command_line {
public:
  explicit one_command_line(command const* what) : what_(what) {
    app_.set_help_flag();
    app_.allow_extras();
    for (option const& one : global_options()) add(one);
    if (what_ == nullptr) return;
    for (option const& one : what_->options) add(one);
    for (argument const& one : what_->arguments) {
      auto& all = values_[one.name];
      if (one.many)
        app_.add_option(one.name, all)->expected(0, CLI::detail::expected_max_vector_size);
      else
        // A list would take a word too many for one of its own.
        single_[one.name] = app_.add_option(one.name, words_[one.name]);
    }
  }

  result<arguments> read(std::vector<std::string> rest) {
    std::ranges::reverse(rest);  // CLI11 takes them last first
    try {
      app_.parse(std::move(rest));
    } catch (CLI::ParseError const& e) {
      return usage_error(with_help(e.what()));
    }
    for (auto const& [name, flag] : flags_)
      if (flag->count() > 0) values_[name] = {""};
    for (auto const& [name, slot] : single_)
      if (slot->count() > 0) values_[name] = {words_[name]};
    // A missing argument does not matter to who asks for help.
    if (values_.at("help").empty())
      if (auto const fit = check(); !fit) return fit.error();
    return arguments({std::make_move_iterator(values_.begin()), std::make_move_iterator(values_.end())});
  }

private:
  void add(option const& one) {
    auto& slot = values_[one.name];
    if (one.value.empty()) {
      flags_[one.name] = app_.add_flag(cli11_names(one));
      return;
    }
    auto* const added = app_.add_option(cli11_names(one), slot)->expected(1)->allow_extra_args(false);
    added->multi_option_policy(one.many ? CLI::MultiOptionPolicy::TakeAll : CLI::MultiOptionPolicy::TakeLast);
  }

  std::string program() const { return what_ == nullptr ? "krane" : "krane " + what_->name(); }

  std::string with_help(std::string const& text) const {
    return fmt::format("{}; {} --help shows what it takes", text, program());
  }

  result<void> check() const {
    // The mark behind which nothing is an option is left over as well.
    for (std::string const& extra : app_.remaining())
      if (extra != "--") return unexpected(extra);
    for (option const& one : global_options())
      if (auto const fit = check(one); !fit) return fit;
    if (what_ == nullptr) return {};
    for (option const& one : what_->options)
      if (auto const fit = check(one); !fit) return fit;
    for (argument const& one : what_->arguments)
      if (one.required && values_.at(one.name).empty())
        return usage_error(with_help(fmt::format("{} is missing ({})", one.name, one.meaning)));
    return {};
  }

  result<void> check(option const& one) const {
    if (one.choices.empty()) return {};
    for (std::string const& value : values_.at(one.name))
      if (std::ranges::find(one.choices, value) == one.choices.end())
        return usage_error(
            fmt::format("--{} is \"{}\", and must be one of: {}", one.name, value, fmt::join(one.choices, ", ")));
    return {};
  }

  error unexpected(std::string const& word) const {
    if (!word.starts_with('-')) return usage_error(with_help(fmt::format("\"{}\" is one word too many", word)));
    std::vector<std::string> names;
    for (option const& one : global_options()) names.push_back("--" + one.name);
    if (what_ != nullptr)
      for (option const& one : what_->options) names.push_back("--" + one.name);
    auto const typed = word.substr(0, word.find('='));
    auto const meant = nearest(typed, {names.begin(), names.end()});
    if (meant.empty()) return usage_error(with_help(fmt::format("{} has no option {}", program(), typed)));
    return usage_error(fmt::format("{} has no option {}; was {} meant?", program(), typed, meant));
  }

  command const* what_;
  CLI::App app_;
  std::map<std::string, std::vector<std::string>, std::less<>> values_;
  std::map<std::string, CLI::Option*> flags_;
  std::map<std::string, CLI::Option*> single_;  // arguments that are one word
  std::map<std::string, std::string> words_;    // theirs
};

}  // namespace

result<typed_command> read_command_line(std::vector<std::string> line, std::vector<command> const& all) {
  auto found = find_command(line, all);
  if (!found) return found.error();
  bool const is_heading = found->what == nullptr || found->what->run == nullptr;
  auto given = one_command_line(found->what).read(found->help ? std::vector<std::string>{} : std::move(found->rest));
  bool const help = found->help || is_heading || (given && given->has("help"));
  if (!given && !found->help) return given.error();
  return typed_command{.wants = help ? typed_command::kind::help : typed_command::kind::run,
                       .what = found->what,
                       .given = given ? std::move(*given) : arguments({})};
}

}  // namespace krane::cli
