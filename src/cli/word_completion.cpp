#include "cli/word_completion.hpp"

#include <algorithm>

namespace krane::cli {
namespace {

bool is_option(std::string_view word) {
  return word.size() > 1 && word.front() == '-';
}

class completer {
public:
  completer(std::vector<std::string> const& line, std::vector<command> const& all)
      : typed_(line.begin(), line.end()), all_(all) {
    if (typed_.empty()) typed_.emplace_back();
    current_ = typed_.back();
    typed_.pop_back();
  }

  completions complete() {
    if (option const* const waiting = read_typed()) return values_of(*waiting, current_, "");
    if (!only_arguments_ && is_option(current_)) return complete_option();
    completions out{.words = {}, .more = {}, .begin = current_, .before = {}};
    if (arguments_ == 0) add_commands(out);
    if (command_ != nullptr && !command_->arguments.empty()) {
      auto const& wanted = command_->arguments;
      if (arguments_ < wanted.size())
        out.more = wanted[arguments_].completes;
      else if (wanted.back().many)
        out.more = wanted.back().completes;
    }
    return out;
  }

private:
  // Finds the command and counts its arguments; gives the option whose value is being typed, if one is.
  option const* read_typed() {
    option const* waiting = nullptr;
    for (std::string const& word : typed_) {
      if (waiting != nullptr) {
        waiting = nullptr;
      } else if (!only_arguments_ && word == "--") {
        only_arguments_ = true;
      } else if (!only_arguments_ && is_option(word)) {
        option const* const found = find_option(word);
        if (found != nullptr && !found->value.empty() && word.find('=') == word.npos) waiting = found;
      } else if (arguments_ > 0 || !enter(word)) {
        ++arguments_;
      }
    }
    return waiting;
  }

  // True if the word goes on with the command's name.
  bool enter(std::string const& word) {
    for (command const& one : all_) {
      bool const below =
          one.path.size() == path_.size() + 1 && std::equal(path_.begin(), path_.end(), one.path.begin());
      if (!below) continue;
      if (one.path.back() != word && std::ranges::find(one.aliases, word) == one.aliases.end()) continue;
      path_ = one.path;
      command_ = &one;
      return true;
    }
    return false;
  }

  void add_commands(completions& out) const {
    for (command const& one : all_) {
      bool const below =
          one.path.size() == path_.size() + 1 && std::equal(path_.begin(), path_.end(), one.path.begin());
      if (below && !one.hidden && one.path.back().starts_with(current_))
        out.words.push_back({one.path.back(), one.summary});
    }
  }

  template <class Use>
  void for_each_option(Use use) const {
    if (command_ != nullptr)
      for (option const& one : command_->options) use(one);
    for (option const& one : global_options()) use(one);
  }

  // "--tail", "--tail=3", "-n"; of several letters in one word the last one counts, which alone may take a value.
  option const* find_option(std::string_view word) const {
    option const* found = nullptr;
    for_each_option([&](option const& one) {
      bool const fits = word.starts_with("--") ? word.substr(2, word.find('=') - 2) == one.name
                                               : one.letter != '\0' && word.back() == one.letter;
      if (fits && found == nullptr) found = &one;
    });
    return found;
  }

  completions complete_option() const {
    if (auto const equals = current_.find('='); current_.starts_with("--") && equals != current_.npos) {
      option const* const found = find_option(current_);
      if (found == nullptr || found->value.empty()) return {};
      return values_of(*found, current_.substr(equals + 1), current_.substr(0, equals + 1));
    }
    completions out{.words = {}, .more = {}, .begin = current_, .before = {}};
    for_each_option([&](option const& one) {
      std::string const word = "--" + one.name;
      bool const given = std::ranges::find(typed_, word) != typed_.end();
      if (word.starts_with(current_) && (!given || one.many)) out.words.push_back({word, one.meaning});
    });
    return out;
  }

  static completions values_of(option const& of, std::string const& begin, std::string const& before) {
    completions out{.words = {}, .more = of.completes, .begin = begin, .before = before};
    for (std::string const& choice : of.choices)
      if (choice.starts_with(begin)) out.words.push_back({choice, ""});
    return out;
  }

  std::vector<std::string> typed_;
  std::string current_;
  std::vector<command> const& all_;
  std::vector<std::string> path_;
  command const* command_ = nullptr;
  std::size_t arguments_ = 0;
  bool only_arguments_ = false;
};

}  // namespace

completions complete(std::vector<std::string> const& line, std::vector<command> const& all) {
  return completer(line, all).complete();
}

}  // namespace krane::cli
