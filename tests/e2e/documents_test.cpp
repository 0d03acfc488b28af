// The commands in the documents work: each block marked "sh run" is run as a reader would, top to bottom.
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <filesystem>
#include <regex>
#include <sstream>

#include "e2e/harness/krane.hpp"

namespace krane::e2e {
namespace {

struct block {
  std::string text;
  bool until_interrupted = false;  // it follows something without an end
};

std::vector<block> blocks_of(std::string const& document) {
  std::vector<block> out;
  std::istringstream lines(read_file(std::string(KRANE_SOURCE_FOLDER "/") + document));
  bool inside = false;
  for (std::string line; std::getline(lines, line);) {
    if (!inside && line.starts_with("```sh run")) {
      out.push_back({{}, line.ends_with("until interrupted")});
      inside = true;
    } else if (inside && line == "```") {
      inside = false;
    } else if (inside) {
      out.back().text += line + "\n";
    }
  }
  return out;
}

std::string replaced(std::string text, std::string const& from, std::string const& to) {
  for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
  return text;
}

class documents : public on_a_real_engine {
protected:
  void SetUp() override {
    on_a_real_engine::SetUp();
    if (!server_) return;
    // Keys as a person has them; the reader's home is the test's.
    std::filesystem::create_directory(home() + "/.ssh");
    chmod((home() + "/.ssh").c_str(), 0700);
    server_->stop();
    server_ = std::make_unique<krane_server>(
        server_options{.engine = {}, .environment = {{"KRANE_AUTHORIZED_KEYS", keys()}}, .arguments = {}});
    write_file(keys(), server().key().authorized_keys_line("tester") + "\n");
    chmod(keys().c_str(), 0600);
  }
  std::string home() const { return home_.path().string(); }
  std::string keys() const { return home() + "/.ssh/authorized_keys"; }

  // As the reader's machine has it: this server's port, and a host port that is free.
  std::string localized(std::string const& text) {
    return replaced(replaced(replaced(text, "http://127.0.0.1:8080", server().url()), "http://127.0.0.1:9002",
                             "http://127.0.0.1:" + std::to_string(host_port_)),
                    R"("host_port": "9002")", R"("host_port": ")" + std::to_string(host_port_) + '"');
  }

  void run_all(std::vector<block> const& blocks) {
    ASSERT_FALSE(blocks.empty());
    std::string script =
        "set -euo pipefail\nset -a\n"
        "curl() { command curl -sS --fail-with-body \"$@\"; }\nexport -f curl\n"
        "cd '" KRANE_SOURCE_FOLDER "'\n";
    int number = 0;
    for (auto const& one : blocks) {
      script += "echo; echo '--- block " + std::to_string(++number) + "'\n";
      if (one.until_interrupted) {
        auto const file = home_ / ("block" + std::to_string(number));
        write_file(file, localized(one.text));
        script += "timeout --signal=INT 2 bash " + file + " || [ $? = 124 ]\n";
      } else {
        script += one.text;
      }
      // A reader goes on when the run is over.
      script +=
          "for _ in $(seq 150); do [ -n \"${TOKEN:-}\" ] || break\n"
          "  command curl -s http://127.0.0.1:8080/deployments -H \"Authorization: Bearer $TOKEN\" | "
          "grep -q '\"deploying\"' || break; sleep 0.2; done\n";
    }
    write_file(home_ / "script", localized(script));
    auto const ended = run({"bash", home_ / "script"}, {{"HOME", home()}}, std::chrono::seconds(90));
    EXPECT_EQ(ended.status, 0) << ended.output;
    output_ = ended.output;
  }

  test::temp_folder home_;
  std::uint16_t host_port_ = documented_host_port();
  std::string output_;
};

TEST_F(documents, the_readmes_first_deploy_works_as_it_is_written) {
  run_all(blocks_of("README.md"));
  EXPECT_THAT(output_, testing::HasSubstr("Hello from docker-to-node, version 1.0.0"));
  EXPECT_THAT(output_, testing::HasSubstr("data: Listening on port 8080"));
  EXPECT_THAT(output_, testing::HasSubstr("\"Phase\":\"done\""));
}

TEST_F(documents, the_commands_of_the_other_documents_work) {
  // They go on from the README: logged in, and the example runs.
  for (std::string const document : {"docs/operations.md", "docs/api.md"}) {
    auto blocks = blocks_of("README.md");
    blocks.resize(3);
    if (document != "docs/operations.md") blocks[0] = {"TOKEN=\n", false};
    auto const own = blocks_of(document);
    if (document != "docs/operations.md") blocks.resize(1);
    blocks.insert(blocks.end(), own.begin(), own.end());
    run_all(blocks);
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
