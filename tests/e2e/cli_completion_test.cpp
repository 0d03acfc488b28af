// Completion as the shells do it: the real shell, the script that krane prints, the names that the server has.
#include <gmock/gmock.h>

#include "e2e/harness/krane.hpp"
#include "e2e/harness/person.hpp"

namespace krane::e2e {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsSupersetOf;

class cli_completion : public on_a_real_engine {
protected:
  void SetUp() override {
    on_a_real_engine::SetUp();
    if (!server_) return;
    ada.has_key(server().key());
    ASSERT_EQ(ada.types({"login", server().url(), "--context", "home"}).status, 0);
    server().create("alpha-1", R"("image":"krane-test/sleep")");
    server().create("alpha-2", R"("image":"krane-test/sleep")");
    server().create("beta", R"("image":"krane-test/sleep")");
  }

  static std::vector<std::string> lines_of(std::string const& text) {
    std::vector<std::string> out;
    for (std::size_t at = 0; at < text.size();) {
      auto const end = std::min(text.find('\n', at), text.size());
      if (end > at) out.push_back(text.substr(at, end - at));
      at = end + 1;
    }
    return out;
  }

  std::string path() const { return program_folder() + ":" + std::getenv("PATH"); }

  // What bash makes of the words, the last being under the cursor; it cuts them at '=' by itself.
  std::vector<std::string> bash(std::string const& words) const {
    auto const said = run({"bash", "--norc", "-c",
                           "shopt -s extglob progcomp; . <(krane completion bash) || exit 9\n"
                           "COMP_WORDS=(" +
                               words +
                               ")\nCOMP_CWORD=$((${#COMP_WORDS[@]} - 1))\n"
                               "compopt() { echo \"compopt $*\"; }\n"
                               "_krane krane; printf '%s\\n' \"${COMPREPLY[@]}\"\n"},
                          ada.environment({{"PATH", path()}}));
    EXPECT_EQ(said.status, 0) << said.output;
    return lines_of(said.output);
  }

  static bool has(std::string const& program) { return run({"which", program}).status == 0; }

  person ada;
};

TEST_F(cli_completion, offers_commands_in_bash) {
  EXPECT_THAT(bash("krane con"), ElementsAre("context"));
  EXPECT_THAT(bash("krane context ''"), ElementsAre("ls", "use", "rm", "show"));
  EXPECT_THAT(bash("krane ''"), IsSupersetOf({"login", "list", "init"}));
}

TEST_F(cli_completion, offers_the_servers_deployments_in_bash) {
  EXPECT_THAT(bash("krane status al"), ElementsAre("alpha-1", "alpha-2"));
  EXPECT_THAT(bash("krane rm alpha-1 ''"), IsSupersetOf({"alpha-2", "beta"}));
}

TEST_F(cli_completion, offers_options_their_values_and_files_in_bash) {
  EXPECT_THAT(bash("krane ls --out"), ElementsAre("--output"));
  EXPECT_THAT(bash("krane ls --output = j"), ElementsAre("json"));
  EXPECT_THAT(bash("krane ls --context = ''"), ElementsAre("home"));
  EXPECT_THAT(bash("krane ls --context ''"), ElementsAre("home"));
  EXPECT_THAT(bash("krane validate -f kr"), ElementsAre("compopt -o default"));
}

TEST_F(cli_completion, is_silent_and_quick_without_a_server) {
  server().stop();
  auto const said = ada.types({"complete", "--", "status", ""});
  EXPECT_EQ(said.status, 0);
  EXPECT_EQ(said.all(), "");
}

TEST_F(cli_completion, offers_the_same_in_zsh) {
  if (!has("zsh")) GTEST_SKIP() << "zsh is not installed";
  auto const said = run({"zsh", "-f", "-c",
                         "compdef() { :; }\n_describe() { print -l -- \"${(@P)2}\"; }\n_files() { print files; }\n"
                         "source <(krane completion zsh) || exit 9\n"
                         "words=(krane status al); CURRENT=3; _krane\n"
                         "words=(krane validate -f ''); CURRENT=4; _krane\n"},
                        ada.environment({{"PATH", path()}}));
  EXPECT_EQ(said.status, 0) << said.output;
  EXPECT_THAT(lines_of(said.output), ElementsAre("alpha-1:idle", "alpha-2:idle", "files"));
}

TEST_F(cli_completion, offers_the_same_in_fish) {
  if (!has("fish")) GTEST_SKIP() << "fish is not installed";
  auto const said = run({"fish", "-N", "-c",
                         "krane completion fish | source; complete -C 'krane status al'; complete -C 'krane ls -o j'"},
                        ada.environment({{"PATH", path()}}));
  EXPECT_EQ(said.status, 0) << said.output;
  EXPECT_THAT(lines_of(said.output), ElementsAre("alpha-1\tidle", "alpha-2\tidle", "json"));
}

TEST_F(cli_completion, is_for_the_shells_it_knows) {
  auto const said = ada.types({"completion", "tcsh"});
  EXPECT_EQ(said.status, 2);
  EXPECT_THAT(said.err, HasSubstr("is not one of bash, zsh, fish"));
}

}  // namespace
}  // namespace krane::e2e
