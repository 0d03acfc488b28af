#include "cli/spec_file.hpp"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "support/temp_folder.hpp"

namespace krane::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// The only deployment of a text.
result<spec_file> read_spec(std::string_view text, std::string const& path, spec_input const& instead = {}) {
  auto all = read_specs(text, path, instead);
  if (!all) return all.error();
  return std::move(all->front());
}

template <class T>
std::vector<std::string> faults_of(result<T> const& outcome) {
  std::vector<std::string> all;
  if (!outcome)
    for (auto const& one : outcome.error().details) all.push_back(one.path + " " + one.error);
  return all;
}

template <class T>
std::string message_of(result<T> const& outcome) {
  return outcome ? "it was taken" : outcome.error().message;
}

void write(std::string const& path, std::string const& text) {
  std::ofstream(path) << text;
}

TEST(spec_file, takes_the_documented_example_as_json) {
  auto const read = read_spec(R"({"name": "docker-to-node", "config": {"registry": "docker.io",
      "image": "davidcasta/docker-to-node", "container_port": "8080", "host_port": "9002"}})",
                              "krane.json");
  ASSERT_TRUE(read) << message_of(read);
  EXPECT_EQ(read->checked.name.str(), "docker-to-node");
  EXPECT_EQ(read->checked.container_port, 8080);
  EXPECT_EQ(read->written.host_port, "9002");
}

TEST(spec_file, takes_the_same_as_yaml) {
  auto const read = read_spec(
      "name: docker-to-node\n"
      "config:\n"
      "  registry: docker.io\n"
      "  image: davidcasta/docker-to-node\n"
      "  container_port: 8080\n"
      "  host_port: \"9002\"\n",
      "krane.yaml");
  ASSERT_TRUE(read) << message_of(read);
  EXPECT_EQ(read->checked.container_port, 8080);
  EXPECT_EQ(read->checked.host_port, 9002);
}

TEST(spec_file, takes_the_fields_of_config_beside_the_name_too) {
  auto const read = read_spec("name: web\nimage: nginx\nconfig:\n  tag: \"1\"\n", "a.yml");
  ASSERT_TRUE(read) << message_of(read);
  EXPECT_EQ(read->checked.image, "nginx");
  EXPECT_EQ(read->checked.tag, "1");
}

TEST(spec_file, keeps_a_tag_as_it_is_written) {
  for (std::string const tag : {"1.10", "010", "0x1F", "yes", "2024-01-01"}) {
    auto const read = read_spec("name: web\nimage: nginx\ntag: " + tag + "\n", "krane.yaml");
    ASSERT_TRUE(read) << message_of(read);
    EXPECT_EQ(read->checked.tag, tag);
  }
}

TEST(spec_file, takes_a_whole_number_in_json_as_a_text_and_no_fraction) {
  auto const read = read_spec(R"({"name": "web", "image": "nginx", "tag": 7, "container_port": 80})", "krane.json");
  ASSERT_TRUE(read) << message_of(read);
  EXPECT_EQ(read->checked.tag, "7");
  EXPECT_THAT(faults_of(read_spec(R"({"name": "web", "image": "nginx", "tag": 1.10})", "krane.json")),
              ElementsAre("krane.json: tag wants a text, got a number with a fraction; put it in quotes"));
}

TEST(spec_file, takes_a_field_without_a_value_as_one_that_is_not_there) {
  auto const read = read_spec("name: web\nimage: nginx\ntag:\nregistry: ~\nconfig:\n", "krane.yaml");
  ASSERT_TRUE(read) << message_of(read);
  EXPECT_FALSE(read->checked.tag);
  EXPECT_EQ(read->checked.registry, "docker.io");
}

TEST(spec_file, lets_the_key_be_that_editors_find_the_schema_by) {
  EXPECT_TRUE(read_spec(R"({"$schema": "./krane.schema.json", "name": "web", "image": "nginx"})", "krane.json"));
}

TEST(spec_file, tells_every_fault_at_once_with_its_place) {
  auto const read = read_spec(
      "name: Web\n"
      "config:\n"
      "  image: davidcasta/docker-to-node\n"
      "  host_prot: 9002\n"
      "  container_port: many\n"
      "colours: 3\n",
      "krane.yaml");
  EXPECT_THAT(faults_of(read),
              ElementsAre("krane.yaml:1:1: name may only hold lower-case letters, digits, '-' and '_'",
                          "krane.yaml:4:3: config.host_prot is not a known field; was \"host_port\" meant?",
                          "krane.yaml:5:3: config.container_port must be a number from 1 to 65535",
                          "krane.yaml:6:1: colours is not a known field"));
  EXPECT_EQ(read.error().message, "krane.yaml has 4 faults");
  EXPECT_EQ(read.error().code, errc::invalid);
}

TEST(spec_file, says_what_is_missing) {
  EXPECT_THAT(faults_of(read_spec("config: {}", "krane.yaml")),
              ElementsAre("krane.yaml: name is missing", "krane.yaml: image is missing"));
}

TEST(spec_file, names_a_field_that_stands_twice) {
  EXPECT_THAT(faults_of(read_spec("name: web\nimage: a\nconfig:\n  image: b\n", "krane.yaml")),
              ElementsAre("krane.yaml:4:3: config.image stands in the file twice, here and as image; keep one"));
  EXPECT_EQ(message_of(read_spec("name: web\nimage: a\nimage: b\n", "krane.yaml")),
            "krane.yaml:3:1: the key \"image\" stands twice");
}

TEST(spec_file, says_once_what_is_wrong_with_the_form_of_a_field) {
  EXPECT_THAT(faults_of(read_spec("name: web\nimage: [a, b]\ncontainer_port: {a: 1}\n", "krane.yaml")),
              ElementsAre("krane.yaml:2:1: image wants a text, got a list",
                          "krane.yaml:3:1: container_port wants a port, got fields"));
  EXPECT_THAT(faults_of(read_spec("name: web\nconfig: 3\nimage: a\n", "krane.yaml")),
              ElementsAre("krane.yaml:2:1: config must hold fields such as image and container_port"));
}

TEST(spec_file, says_where_yaml_stops_being_yaml) {
  EXPECT_THAT(message_of(read_spec("name: web\nconfig:\n  image: 'nginx\n", "krane.yaml")),
              testing::MatchesRegex("krane.yaml:[0-9]+:[0-9]+: .+"));
  EXPECT_THAT(message_of(read_spec("name: web\n\timage: a\n", "krane.yaml")), HasSubstr("krane.yaml:2:"));
}

TEST(spec_file, says_where_json_stops_being_json) {
  EXPECT_THAT(message_of(read_spec("{\n  \"name\": \"web\",\n  \"image\": nginx\n}", "deployment.json")),
              HasSubstr("deployment.json:3:12: this is not JSON: "));
  EXPECT_THAT(message_of(read_spec("", "deployment.json")), HasSubstr("deployment.json:1:1: this is not JSON"));
}

TEST(spec_file, refuses_what_is_no_single_set_of_fields) {
  for (std::string const text : {"- name: web\n", "web\n", "42\n"})
    EXPECT_THAT(message_of(read_spec(text, "krane.yaml")), HasSubstr("krane.yaml must hold fields")) << text;
  EXPECT_THAT(message_of(read_spec("[]", "krane.json")), HasSubstr("krane.json must hold fields"));
  EXPECT_THAT(message_of(read_spec("# nothing yet\n", "krane.yaml")), HasSubstr("krane.yaml"));
  EXPECT_THAT(message_of(read_spec("name: a\nimage: b\n---\nname: c\n", "krane.yaml")),
              HasSubstr("krane.yaml:4:1: a second document begins here"));
  EXPECT_FALSE(read_spec("name: \xff\n", "krane.yaml"));
}

TEST(spec_file, does_not_unfold_aliases_without_end) {
  std::string text = "a: &a {x: 1, y: 2}\n";
  std::string last = "a";
  for (char name = 'b'; name <= 'z'; ++name) {
    text += std::string(1, name) + ": &" + name + " {p: *" + last + ", q: *" + last + ", r: *" + last + "}\n";
    last = std::string(1, name);
  }
  EXPECT_THAT(message_of(read_spec(text, "krane.yaml")), HasSubstr("too much"));
  EXPECT_THAT(message_of(read_spec(std::string(200, '['), "krane.yaml")), HasSubstr("krane.yaml"));
}

TEST(spec_file, lets_the_command_line_have_the_last_word) {
  std::string const text = "name: web\nimage: a/b:1\nregistry: ghcr.io\ncontainer_port: 80\n";
  auto const tagged = read_spec(text, "krane.yaml", {.tag = "2"});
  ASSERT_TRUE(tagged) << message_of(tagged);
  EXPECT_EQ(tagged->checked.tag, "2");
  EXPECT_EQ(tagged->written.image, "a/b");

  auto const other = read_spec(text, "krane.yaml", {.name = "site", .image = "quay.io/c/d:3", .host_port = "9002"});
  ASSERT_TRUE(other) << message_of(other);
  EXPECT_EQ(other->checked.name.str(), "site");
  EXPECT_EQ(other->checked.registry, "quay.io");
  EXPECT_EQ(other->checked.image, "c/d");
  EXPECT_EQ(other->checked.tag, "3");
  EXPECT_EQ(other->checked.host_port, 9002);

  auto const same_registry = read_spec(text, "krane.yaml", {.image = "c/d"});
  ASSERT_TRUE(same_registry);
  EXPECT_EQ(same_registry->checked.registry, "ghcr.io");
}

TEST(spec_file, tells_the_flag_that_is_wrong) {
  EXPECT_THAT(faults_of(read_spec("name: web\nimage: a\n", "krane.yaml", {.tag = "not a tag"})),
              ElementsAre(testing::StartsWith("--tag ")));
}

TEST(spec_file, looks_for_the_default_names_in_their_order) {
  test::temp_folder const folder;
  EXPECT_EQ(find_spec_file(folder.path().string()), std::nullopt);
  for (std::string const name : {"deployment.json", "krane.yaml", "krane.json"}) {
    write(folder / name, "");
    EXPECT_EQ(find_spec_file(folder.path().string()), folder / name);
  }
}

TEST(spec_file, sees_the_language_of_a_file_with_another_name) {
  EXPECT_TRUE(read_spec("name: web\nimage: a\n", "standard input"));
  EXPECT_TRUE(read_spec("\n  {\"name\": \"web\", \"image\": \"a\"}", "web.conf"));
  EXPECT_THAT(message_of(read_spec("{\"name\": }", "web.conf")), HasSubstr("web.conf:1:10: this is not JSON"));
}

TEST(spec_file, says_where_a_field_of_a_service_is_wrong) {
  EXPECT_THAT(
      faults_of(read_spec("name: web\nimage: a\nvolumes:\n  - data:/a\n  - /b\nenvironment:\n  A: 1\n  B: '@x y'\n",
                          "krane.yaml")),
      ElementsAre(HasSubstr("krane.yaml:5:5: volumes[1] must be NAME:/path"),
                  HasSubstr("krane.yaml:8:3: environment.B begins with @")));
  EXPECT_THAT(faults_of(read_spec("name: web\nimage: a\nconfig:\n  enviroment: {}\n", "krane.yaml")),
              ElementsAre(HasSubstr("krane.yaml:4:3: config.enviroment is not a known field; was \"environment\"")));
}

constexpr char compose[] = R"(
version: "3"
services:
  web:
    image: nginx:1
    depends_on: [db]
    ports: ["9002:80", "127.0.0.1:9003:81"]
    environment:
      PRICE: 5$$
    deploy:
      resources:
        limits:
          memory: 64M
  db:
    image: postgres
    expose: [5432]
    volumes: [data:/var/lib/postgresql/data]
    healthcheck: {test: [CMD, pg_isready], interval: 2s}
volumes:
  data:
)";

TEST(spec_file, takes_each_service_of_a_compose_file_after_what_it_depends_on) {
  auto const read = read_specs(compose, "compose.yaml");
  ASSERT_TRUE(read) << message_of(read);
  ASSERT_EQ(read->size(), 2u);
  spec const& db = read->at(0).checked;
  EXPECT_EQ(db.name.str(), "db");
  EXPECT_EQ(db.container_port, 5432);
  EXPECT_FALSE(db.host_port);
  EXPECT_EQ(db.service.volumes.at(0).source, "data");
  EXPECT_THAT(db.service.healthcheck->command, ElementsAre("pg_isready"));
  spec const& web = read->at(1).checked;
  EXPECT_EQ(web.tag, "1");
  EXPECT_EQ(web.host_port, 9002);
  EXPECT_EQ(web.container_port, 80);
  EXPECT_EQ(web.service.ports.at(0).host, 9003);
  EXPECT_EQ(web.service.environment.at("PRICE").text, "5$");
  EXPECT_EQ(web.service.resources.memory_bytes, 64u * 1024 * 1024);
}

TEST(spec_file, takes_one_service_of_a_compose_file_by_its_name) {
  auto const read = read_specs(compose, "compose.yaml", {.name = "db", .tag = "16"});
  ASSERT_TRUE(read) << message_of(read);
  ASSERT_EQ(read->size(), 1u);
  EXPECT_EQ(read->front().checked.tag, "16");
  EXPECT_THAT(message_of(read_specs(compose, "compose.yaml", {.name = "cache"})), HasSubstr("no service \"cache\""));
}

TEST(spec_file, names_what_of_a_compose_file_cannot_be_done) {
  EXPECT_THAT(faults_of(read_specs(R"(
services:
  web:
    build: .
    image: a
    networks: [back]
    environment: ["A=${A}"]
    frobnicate: 1
networks:
  back:
)",
                                   "compose.yaml")),
              testing::UnorderedElementsAre(
                  HasSubstr("compose.yaml:4:5: services.web.build cannot be: krane builds nothing"),
                  HasSubstr("compose.yaml:6:5: services.web.networks is not needed"),
                  HasSubstr("compose.yaml:7:19: services.web.environment has a variable to be filled in"),
                  HasSubstr("compose.yaml:8:5: services.web.frobnicate is not something that krane can do"),
                  HasSubstr("compose.yaml:9:1: networks is not needed")));
  EXPECT_THAT(faults_of(read_specs("services:\n  web:\n    image: a\n    user: a b\n", "compose.yaml")),
              ElementsAre(HasSubstr("compose.yaml:4:5: services.web.user must be a user")));
}

TEST(spec_file, says_which_file_cannot_be_read) {
  test::temp_folder const folder;
  auto const missing = read_spec_files(folder / "krane.yaml");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, errc::not_found);
  EXPECT_EQ(missing.error().message, (folder / "krane.yaml") + " cannot be read: No such file or directory");
  EXPECT_THAT(message_of(read_spec_files(folder.path().string())), HasSubstr("is a folder"));
}

}  // namespace
}  // namespace krane::cli
