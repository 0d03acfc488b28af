// krane init, validate, schema, version, man: what needs no server.
#include <gmock/gmock.h>

#include <filesystem>

#include "e2e/harness/person.hpp"

namespace krane::e2e {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class cli_files : public testing::Test {
protected:
  person ada;
};

TEST_F(cli_files, of_a_new_deployment_come_from_a_few_questions) {
  auto const terminal = ada.sits_at({"init"});
  ASSERT_TRUE(terminal->shows("name [work]: ")) << terminal->output();
  terminal->types("Not A Name\n");
  ASSERT_TRUE(terminal->shows("name may only hold lower-case letters")) << terminal->output();
  ASSERT_TRUE(terminal->shows("name [work]: ")) << terminal->output();
  terminal->types("web\n");
  ASSERT_TRUE(terminal->shows("image (for example davidcasta/docker-to-node): ")) << terminal->output();
  terminal->types("\n");
  ASSERT_TRUE(terminal->shows("image ")) << terminal->output();
  ASSERT_TRUE(terminal->shows("image (for example davidcasta/docker-to-node): ")) << terminal->output();
  terminal->types("davidcasta/docker-to-node\n");
  ASSERT_TRUE(terminal->shows("tag [latest]: ")) << terminal->output();
  terminal->types("1.10\n");
  ASSERT_TRUE(terminal->shows("registry [docker.io]: ")) << terminal->output();
  terminal->types("\n");
  ASSERT_TRUE(terminal->shows("container_port (empty for none): ")) << terminal->output();
  terminal->types("8080\n");
  ASSERT_TRUE(terminal->shows("host_port (empty for none): ")) << terminal->output();
  terminal->types("9002\n");
  EXPECT_EQ(terminal->wait(), 0) << terminal->output();
  EXPECT_THAT(terminal->output(), HasSubstr("Wrote krane.yaml, and krane.schema.json for editors. Next: krane deploy"));

  auto const text = read_file(ada.file("krane.yaml"));
  EXPECT_THAT(text, StartsWith("# yaml-language-server: $schema=./krane.schema.json\n"));
  EXPECT_THAT(text, HasSubstr("\nname: web\n"));
  EXPECT_THAT(text, HasSubstr("\n  tag: \"1.10\"\n"));
  EXPECT_THAT(text, HasSubstr("\n  # registry: ghcr.io\n"));
  EXPECT_THAT(text, HasSubstr("\n  host_port: 9002\n"));
  EXPECT_EQ(read_file(ada.file("krane.schema.json")), ada.types({"schema"}).out);
  auto const checked = ada.types({"validate"});
  EXPECT_EQ(checked.status, 0) << checked.all();
  EXPECT_EQ(checked.out,
            "krane.yaml is right: web runs docker.io/davidcasta/docker-to-node:1.10, its port 8080 at the host's "
            "9002\n");
}

TEST_F(cli_files, of_a_new_deployment_come_from_flags_where_nobody_can_be_asked) {
  auto const refused = ada.types({"init"});
  EXPECT_EQ(refused.status, 2);
  EXPECT_THAT(refused.err, HasSubstr("--image"));
  auto const made = ada.types({"init", "--image", "ghcr.io/a/b:2", "--port", "9002:8080"});
  EXPECT_EQ(made.status, 0) << made.all();
  EXPECT_EQ(made.out, "");
  EXPECT_EQ(ada.types({"validate", "-o", "json"}).out,
            R"({
  "file": "krane.yaml",
  "name": "work",
  "config": {
    "image": "a/b",
    "tag": "2",
    "registry": "ghcr.io",
    "container_port": "8080",
    "host_port": "9002",
    "publish": "front",
    "rollout": "rolling",
    "hold": "10s"
  }
}
)");
}

TEST_F(cli_files, that_are_there_are_not_overwritten_unasked) {
  write_file(ada.file("krane.yaml"), "mine\n");
  auto const refused = ada.types({"init", "--image", "a/b"});
  EXPECT_EQ(refused.status, 5);
  EXPECT_EQ(refused.err, "krane: krane.yaml is there already; --force writes it anew\n");
  auto const asked = ada.sits_at({"init", "--image", "a/b"});
  ASSERT_TRUE(asked->shows("Write it anew? [y/N] ")) << asked->output();
  asked->types("\n");
  EXPECT_EQ(asked->wait(), 5) << asked->output();
  EXPECT_EQ(read_file(ada.file("krane.yaml")), "mine\n");
  EXPECT_EQ(ada.types({"init", "--image", "a/b", "--force"}).status, 0);
  EXPECT_THAT(read_file(ada.file("krane.yaml")), HasSubstr("image: a/b"));
}

TEST_F(cli_files, are_not_written_when_a_flag_is_wrong_or_the_person_leaves) {
  EXPECT_EQ(ada.types({"init", "--image", "A B"}).status, 1);
  EXPECT_EQ(ada.types({"init", "--image", "a", "--port", "many"}).status, 2);
  EXPECT_EQ(ada.types({"init", "--image", "a", "-f", "spec.json"}).status, 2);
  auto const left = ada.sits_at({"init"});
  ASSERT_TRUE(left->shows("name [work]: ")) << left->output();
  left->presses_control_c();
  EXPECT_EQ(left->wait(), 130) << left->output();
  EXPECT_TRUE(std::filesystem::is_empty(ada.folder()));
}

TEST_F(cli_files, are_checked_with_every_fault_at_once) {
  write_file(ada.file("bad.yaml"), "name: Web\nconfig:\n  imag: a/b\n  host_port: 99999\n");
  auto const said = ada.types({"validate", "-f", "bad.yaml"});
  EXPECT_EQ(said.status, 1);
  EXPECT_EQ(said.out, "");
  EXPECT_EQ(said.err,
            "krane: bad.yaml has 5 faults\n"
            "  bad.yaml:1:1: name: may only hold lower-case letters, digits, '-' and '_'\n"
            "  bad.yaml:3:3: config.imag: is not a known field; was \"image\" meant?\n"
            "  bad.yaml:4:3: config.host_port: must be a number from 1 to 65535\n"
            "  bad.yaml:4:3: config.host_port: needs a container_port that it leads to\n"
            "  bad.yaml: image: is missing\n");
}

TEST_F(cli_files, are_found_by_their_default_names) {
  auto const none = ada.types({"validate"});
  EXPECT_EQ(none.status, 3);
  EXPECT_THAT(none.err, HasSubstr("there is no krane.json, krane.yaml, deployment.json in this folder"));
  write_file(ada.file("deployment.json"), R"({"name": "one", "config": {"image": "a"}})");
  EXPECT_EQ(ada.types({"validate", "-o", "name"}).out, "one\n");
  write_file(ada.file("krane.yaml"), "name: two\nimage: a\n");
  EXPECT_EQ(ada.types({"validate", "-o", "name"}).out, "two\n");
  write_file(ada.file("krane.json"), R"({"name": "three", "image": "a"})");
  EXPECT_EQ(ada.types({"validate", "-o", "name"}).out, "three\n");
}

TEST_F(cli_files, may_come_from_standard_input) {
  EXPECT_EQ(ada.types({"validate", "-f", "-", "-o", "name"}, {}, "name: web\nimage: a\n").out, "web\n");
  EXPECT_THAT(ada.types({"validate", "-f", "-"}, {}, "name: web\n").err,
              HasSubstr("krane: standard input: image is missing"));
}

TEST_F(cli_files, say_where_they_stop_being_what_they_are) {
  write_file(ada.file("krane.yaml"), "name: web\nimage: [a\n");
  auto const said = ada.types({"validate"});
  EXPECT_EQ(said.status, 1);
  EXPECT_THAT(said.err, testing::ContainsRegex("^krane: krane.yaml:[0-9]+:[0-9]+: "));
}

TEST_F(cli_files, of_the_manual_are_written_for_an_installation) {
  auto const made = ada.types({"man", "--to", "pages"});
  ASSERT_EQ(made.status, 0) << made.all();
  EXPECT_TRUE(std::filesystem::exists(ada.file("pages/krane.1")));
  EXPECT_TRUE(std::filesystem::exists(ada.file("pages/krane-context-ls.1")));
  EXPECT_FALSE(std::filesystem::exists(ada.file("pages/krane-complete.1")));
  EXPECT_EQ(ada.types({"man", "context", "ls"}).out, read_file(ada.file("pages/krane-context-ls.1")));
  EXPECT_EQ(ada.types({"man", "nonsense"}).status, 2);
}

TEST_F(cli_files, are_not_needed_to_tell_the_version) {
  EXPECT_THAT(ada.types({"version"}).out, testing::MatchesRegex("krane [0-9]+\\.[0-9]+\\.[0-9]+\n"));
  EXPECT_THAT(ada.types({"version", "-o", "json"}).out, HasSubstr("\"name\": \"krane\""));
}

}  // namespace
}  // namespace krane::e2e
