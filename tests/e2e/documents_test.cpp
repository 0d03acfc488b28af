// The commands in the documents work, and print what is shown: each block marked "sh run" is run as a reader would, top
// to bottom; a "text" block behind one is what it prints, a "console" block has both. Numbers, ids and times may
// differ.
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <filesystem>
#include <regex>
#include <sstream>

#include "e2e/harness/krane.hpp"
#include "e2e/harness/person.hpp"

namespace krane::e2e {
namespace {

struct block {
  std::string text;
  bool until_interrupted = false;  // it follows something without an end
  std::optional<std::string> shown;
};

// "$ command" and what it prints, again and again: a block each.
std::vector<block> session_of(std::vector<std::string> const& lines) {
  std::vector<block> out;
  for (std::string const& line : lines) {
    if (line.starts_with("$ "))
      out.push_back({line.substr(2) + "\n", false, ""});
    else if (!out.empty())
      *out.back().shown += line + "\n";
  }
  return out;
}

std::vector<block> blocks_of(std::string const& document) {
  std::vector<block> out;
  std::istringstream text(read_file(std::string(KRANE_SOURCE_FOLDER "/") + document));
  std::optional<std::string> kind;
  std::vector<std::string> lines;
  for (std::string line; std::getline(text, line);) {
    if (!kind && line.starts_with("```")) {
      kind = line.substr(3);
      lines.clear();
    } else if (kind && line == "```") {
      std::string all;
      for (auto const& one : lines) all += one + "\n";
      if (kind->starts_with("sh run")) out.push_back({all, kind->ends_with("until interrupted"), {}});
      if (*kind == "text" && !out.empty()) out.back().shown = all;
      if (*kind == "console")
        for (auto& one : session_of(lines)) out.push_back(std::move(one));
      kind.reset();
    } else if (kind) {
      lines.push_back(line);
    }
  }
  return out;
}

std::string replaced(std::string text, std::string const& from, std::string const& to) {
  for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
  return text;
}

// What is the same each time.
std::string essence(std::string text) {
  static std::vector<std::pair<std::regex, char const*>> const rules{
      {std::regex("SHA256:[^ ,)]+"), "KEY"},
      {std::regex("krs_[A-Za-z0-9_-]+"), "TOKEN"},
      {std::regex("Up (Less than a|About a|About an|[0-9]+) [a-z]+"), "UP"},
      {std::regex("(just now|[0-9]+ [a-z]+ ago)"), "AGO"},
      {std::regex("in [0-9]+ (minutes?|hours?|days?|weeks?|months?)"), "SOON"},
      {std::regex("\\b[0-9a-f]{8,64}\\b"), "ID"},
      {std::regex("[0-9]+(\\.[0-9]+)? (ms|s|min [0-9]+ s)\\b"), "TIME"},
      {std::regex("[0-9]+(\\.[0-9]+)? [kMGT]?B\\b"), "SIZE"},
      {std::regex("[0-9]+"), "N"},
      {std::regex(" +"), " "},
      {std::regex(" +$"), ""},
  };
  for (auto const& [pattern, word] : rules) text = std::regex_replace(text, pattern, word);
  return text;
}

std::vector<std::string> essential_lines(std::string const& text) {
  std::vector<std::string> out;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);)
    if (auto one = essence(line); !one.empty() || !out.empty()) out.push_back(std::move(one));
  while (!out.empty() && out.back().empty()) out.pop_back();
  return out;
}

// "…" stands for any lines.
testing::AssertionResult prints(std::string const& shown, std::string const& printed) {
  auto const wanted = essential_lines(shown);
  auto const got = essential_lines(printed);
  std::size_t at = 0;
  bool anything = false;
  for (auto const& line : wanted) {
    if (line == "…") {
      anything = true;
      continue;
    }
    while (anything && at < got.size() && got[at] != line) ++at;
    if (at >= got.size() || got[at] != line)
      return testing::AssertionFailure() << "not printed: " << line << "\nit printed:\n" << printed;
    ++at;
    anything = false;
  }
  if (!anything && at < got.size())
    return testing::AssertionFailure() << "not shown: " << got[at] << "\nit printed:\n" << printed;
  return testing::AssertionSuccess();
}

class documents : public on_a_real_engine {
protected:
  void SetUp() override {
    on_a_real_engine::SetUp();
    if (!server_) return;
    // Keys as a person has them; the reader's home is the test's.
    auto const key = test::test_key::generate(test::key_kind::ed25519);
    reader_.has_key(key, "id_ed25519", "ada@lab");
    write_file(keys(), key.authorized_keys_line("ada@lab") + "\n");
    chmod(keys().c_str(), 0600);
    server_->stop();
    server_ = std::make_unique<krane_server>(server_options{
        .engine = {}, .environment = {{"KRANE_AUTHORIZED_KEYS", keys()}, {"KRANE_SETTLE", "100ms"}}, .arguments = {}});
  }
  // Who looks for what is left behind is let in again.
  void TearDown() override {
    if (server_) write_file(keys(), server().key().authorized_keys_line("tester") + "\n");
    on_a_real_engine::TearDown();
  }
  std::string keys() const { return reader_.home() + "/.ssh/authorized_keys"; }

  // As the reader's machine has it: this server's port, and a host port that is free.
  std::string localized(std::string text) {
    text = replaced(std::move(text), "krane login\n", "krane login " + server().url() + "\n");
    text = replaced(std::move(text), "http://127.0.0.1:8080", server().url());
    return replaced(std::move(text), "9002", std::to_string(host_port_));
  }
  // And back, as the documents have it.
  std::string documented(std::string text) {
    text = replaced(std::move(text), server().url(), "http://127.0.0.1:8080");
    return replaced(std::move(text), reader_.home(), "/home/ada");
  }

  void run_all(std::vector<block> const& blocks) {
    ASSERT_FALSE(blocks.empty());
    std::string script =
        "set -euo pipefail\nset -a\n"
        "curl() { command curl -sS --fail-with-body \"$@\"; }\nexport -f curl\n";
    for (std::size_t i = 0; i < blocks.size(); ++i) {
      script += "echo; echo '=== block " + std::to_string(i) + "'\n";
      if (blocks[i].until_interrupted) {
        auto const file = reader_.file("block" + std::to_string(i));
        write_file(file, localized(blocks[i].text));
        script += "timeout --signal=INT 2 bash " + file + " || [ $? = 124 ] || [ $? = 130 ]\n";
      } else if (blocks[i].shown) {
        // What is shown may be a failure, whose exit code a reader does not see.
        script += "{ " + blocks[i].text + "} || true\n";
      } else {
        script += blocks[i].text;
      }
      // A reader goes on when the run is over.
      script +=
          "for _ in $(seq 150); do { krane list -o json 2>/dev/null || true; } | grep -q '\"deploying\"' || break\n"
          "  sleep 0.2; done\n";
    }
    script += "echo; echo '=== end'\n";
    write_file(reader_.home() + "/script", localized(script));
    auto const environment =
        reader_.environment({{"PATH", program_folder() + ":" + std::getenv("PATH")}, {"PWD", reader_.folder()}});
    auto const ended = run({"bash", "-c", "cd '" + reader_.folder() + "' && exec bash '" + reader_.home() + "/script'"},
                           environment, std::chrono::seconds(120));
    EXPECT_EQ(ended.status, 0) << ended.output;
    for (std::size_t i = 0; i < blocks.size(); ++i)
      if (blocks[i].shown)
        EXPECT_TRUE(prints(*blocks[i].shown, documented(output_of(ended.output, i)))) << blocks[i].text;
  }

  static std::string output_of(std::string const& all, std::size_t block) {
    std::string const mark = "=== block " + std::to_string(block) + "\n";
    auto const begin = all.find(mark);
    if (begin == std::string::npos) return "(it was not reached)";
    auto const from = begin + mark.size();
    return all.substr(from, all.find("\n=== ", from - 1) - from);
  }

  person reader_;
  std::uint16_t host_port_ = documented_host_port();
};

TEST_F(documents, the_readmes_commands_work_and_print_what_it_shows) {
  auto const blocks = blocks_of("README.md");
  std::size_t shown = 0;
  for (auto const& one : blocks) shown += one.shown.has_value() ? 1 : 0;
  EXPECT_GE(shown, 5u);
  run_all(blocks);
}

TEST_F(documents, the_recorded_session_happens_as_it_is_shown) {
  run_all(blocks_of("docs/terminal-session.md"));
}

TEST_F(documents, the_commands_of_the_other_documents_work) {
  // They go on from the README: logged in, and the example runs.
  auto begun = blocks_of("README.md");
  begun.resize(2);
  for (std::string const document : {"docs/operations.md", "docs/api.md"}) {
    auto blocks = begun;
    auto const own = blocks_of(document);
    blocks.insert(blocks.end(), own.begin(), own.end());
    run_all(blocks);
    if (HasFailure()) return;
    // The next one begins anew.
    run_all({{"krane rm -y docker-to-node\n", false, {}}});
  }
}

TEST(settings_table, of_the_readme_has_every_setting_with_its_variable) {
  auto const help = run({program_folder() + "/krane-server", "--help"}).output;
  auto const readme = read_file(KRANE_SOURCE_FOLDER "/README.md");
  std::regex const setting(R"(--([a-z-]+) VALUE[^\n]*\(environment: ([A-Z_]+))");
  int seen = 0;
  for (std::sregex_iterator one(help.begin(), help.end(), setting), end; one != end; ++one, ++seen)
    EXPECT_THAT(readme, testing::HasSubstr("| `--" + (*one)[1].str() + "` | `" + (*one)[2].str() + "` |"));
  EXPECT_GE(seen, 10) << help;
}

}  // namespace
}  // namespace krane::e2e
