#pragma once
// What the word under the cursor can become, by the same descriptions of the commands that help is made from.
//
// Threads: any; nothing is asked of anybody: names of deployments and contexts are for the caller to fill in.
#include <string>
#include <utility>
#include <vector>

#include "cli/command.hpp"

namespace krane::cli {

struct completions {
  struct candidate {
    std::string word;
    std::string meaning;
    friend bool operator==(candidate const&, candidate const&) = default;
  };
  std::vector<candidate> words;  // only those that begin as the word does
  completion more = completion::nothing;
  std::string begin;   // how those words begin
  std::string before;  // stands before each: "--context=" of "--context=pr"
};

// `line`: what was typed behind "krane", word by word; the last one is the one under the cursor, often empty.
completions complete(std::vector<std::string> const& line, std::vector<command> const& all);

}  // namespace krane::cli
