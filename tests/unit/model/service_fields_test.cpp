#include "model/service_fields.hpp"

#include <gmock/gmock.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace krane {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

written_member member(std::string_view key, std::string_view json) {
  return {
      std::string(key), {}, written_from_json(boost::json::parse(boost::json::string_view(json.data(), json.size())))};
}

service_config read(std::string_view key, std::string_view json) {
  std::vector<fault> faults;
  auto made = read_service({member(key, json)}, faults);
  for (fault const& one : faults) ADD_FAILURE() << json << ": " << one.path << " " << one.error;
  return made;
}

std::vector<std::string> faults_of(std::string_view key, std::string_view json) {
  std::vector<fault> faults;
  read_service({member(key, json)}, faults);
  std::vector<std::string> out;
  for (fault const& one : faults) out.push_back(one.path + ": " + one.error);
  return out;
}

class every_service_field : public testing::TestWithParam<std::string_view> {
protected:
  service_field const& field() const { return *find_service_field(GetParam()); }
};

TEST_P(every_service_field, says_what_it_is) {
  EXPECT_THAT(std::string(field().meaning), testing::EndsWith("."));
  EXPECT_TRUE(boost::json::parse(boost::json::string_view(field().schema.data(), field().schema.size())).is_object());
}

TEST_P(every_service_field, reads_its_example_and_writes_it_back) {
  auto const made = read(field().key, field().example);
  EXPECT_NE(made, service_config{}) << "an example says something";
  auto const written = service_json(made);
  ASSERT_EQ(written.size(), 1u) << boost::json::serialize(written);
  EXPECT_EQ(read(field().key, boost::json::serialize(written.begin()->value())), made);
}

TEST_P(every_service_field, refuses_what_is_wrong_by_its_path) {
  auto const faults = faults_of(field().key, field().wrong);
  ASSERT_FALSE(faults.empty()) << field().wrong;
  EXPECT_THAT(faults.front(), testing::StartsWith("config." + std::string(field().key)));
}

TEST_P(every_service_field, is_not_set_by_null) {
  EXPECT_EQ(read(field().key, "null"), service_config{});
}

std::vector<std::string_view> all_keys() {
  std::vector<std::string_view> keys;
  for (service_field const& one : service_fields()) keys.push_back(one.key);
  return keys;
}
INSTANTIATE_TEST_SUITE_P(all, every_service_field, testing::ValuesIn(all_keys()),
                         [](auto const& one) { return std::string(one.param); });

TEST(service_fields, environment_is_a_map_or_a_list) {
  auto const map = read("environment", R"({"PORT": 8080, "DEBUG": true, "EMPTY": null, "RATE": 0.5})");
  auto const list = read("environment", R"(["PORT=8080", "DEBUG=true", "EMPTY=", "RATE=0.5"])");
  EXPECT_EQ(map, list);
  EXPECT_EQ(map.environment.at("PORT").text, "8080");
}

TEST(service_fields, registry_auth_takes_no_password_but_a_secrets_name_and_quotes_none) {
  auto const made = read("registry_auth", R"({"username": "ada", "password": "@HUB"})");
  EXPECT_EQ(made.registry_auth, (registry_credentials{.username = "ada", .password_key = "HUB"}));
  EXPECT_THAT(faults_of("registry_auth", R"({"username": "ada", "password": "correct-horse-7"})"),
              ElementsAre(AllOf(HasSubstr("config.registry_auth.password"), HasSubstr("krane secrets set"),
                                Not(HasSubstr("horse")))));
  EXPECT_THAT(faults_of("registry_auth", "{}"),
              ElementsAre(HasSubstr("config.registry_auth.username"), HasSubstr("config.registry_auth.password")));
  EXPECT_THAT(faults_of("registry_auth", R"({"username": "a\nb", "password": "@HUB"})"),
              ElementsAre(HasSubstr("config.registry_auth.username")));
  EXPECT_THAT(faults_of("registry_auth", R"({"username": "ada", "password": "@HUB", "email": "a@b"})"),
              ElementsAre(HasSubstr("config.registry_auth.email")));
  EXPECT_THAT(faults_of("registry_auth", R"("ada:@HUB")"), ElementsAre(HasSubstr("wants fields")));
}

TEST(service_fields, environment_names_secrets_by_an_at_sign) {
  auto const made = read("environment", R"({"A": "@KEY", "B": "@@handle", "C": "a@b"})");
  EXPECT_EQ(made.environment.at("A"), (env_value{"KEY", true}));
  EXPECT_EQ(made.environment.at("B"), (env_value{"@handle", false}));
  EXPECT_EQ(made.environment.at("C"), (env_value{"a@b", false}));
  EXPECT_EQ(read("environment", boost::json::serialize(service_json(made).at("environment"))), made);
  EXPECT_THAT(faults_of("environment", R"({"A": "@two words"})"),
              ElementsAre(HasSubstr("config.environment.A: begins with @, which names a secret")));
}

TEST(service_fields, a_command_as_a_text_is_taken_apart_as_by_a_shell) {
  EXPECT_THAT(*read("command", R"("sh -c 'echo \"a b\"' \"c d\" e\\ f")").command,
              ElementsAre("sh", "-c", "echo \"a b\"", "c d", "e f"));
  EXPECT_THAT(faults_of("command", "[]"), ElementsAre(HasSubstr("must not be empty")));
}

TEST(service_fields, volumes_are_named_or_of_the_machine) {
  auto const made = read("volumes", R"(["data:/var/lib/app", "/srv/a:/a:ro",
      {"type": "bind", "source": "/srv/b", "target": "/b"}])");
  EXPECT_THAT(made.volumes, ElementsAre(mount{mount::kind::volume, "data", "/var/lib/app", false},
                                        mount{mount::kind::bind, "/srv/a", "/a", true},
                                        mount{mount::kind::bind, "/srv/b", "/b", false}));
  EXPECT_THAT(faults_of("volumes", R"(["./data:/a"])"), ElementsAre(HasSubstr("must be an absolute path")));
  EXPECT_THAT(faults_of("volumes", R"(["/srv/../etc:/a"])"), ElementsAre(HasSubstr("must be an absolute path")));
  EXPECT_THAT(faults_of("volumes", R"(["data:/"])"), ElementsAre(HasSubstr("is no place in the container")));
  EXPECT_THAT(faults_of("volumes", R"(["a:/x", "b:/x"])"), ElementsAre(HasSubstr("mounts something at /x twice")));
}

TEST(service_fields, ports_have_an_address_and_a_protocol) {
  auto const made = read("ports", R"(["8443:443", "127.0.0.1:5353:53/udp", "[::1]:80:80",
      {"target": 81, "published": "9081", "protocol": "udp"}])");
  EXPECT_THAT(made.ports, ElementsAre(port_mapping{"", 8443, 443, false}, port_mapping{"127.0.0.1", 5353, 53, true},
                                      port_mapping{"::1", 80, 80, false}, port_mapping{"", 9081, 81, true}));
  EXPECT_EQ(read("ports", boost::json::serialize(service_json(made).at("ports"))), made);
  EXPECT_THAT(faults_of("ports", R"(["8000-8010:80"])"), ElementsAre(HasSubstr("the host's port \"8000-8010\"")));
  EXPECT_THAT(faults_of("ports", R"(["80:80", "80:81"])"),
              ElementsAre(HasSubstr("publishes port 80 of the host twice")));
  EXPECT_THAT(faults_of("ports", R"(["localhost:80:81"])"), ElementsAre(HasSubstr("is no address")));
}

TEST(service_fields, a_healthcheck_is_of_one_kind) {
  auto const shell = *read("healthcheck", R"({"test": "pg_isready"})").healthcheck;
  EXPECT_TRUE(shell.in_shell);
  EXPECT_THAT(shell.command, ElementsAre("pg_isready"));
  EXPECT_EQ(shell, *read("healthcheck", R"({"test": ["CMD-SHELL", "pg_isready"]})").healthcheck);
  EXPECT_EQ(read("healthcheck", R"({"tcp": 5432})").healthcheck->at, 5432);
  EXPECT_EQ(read("healthcheck", R"({"test": ["NONE"]})").healthcheck->is, health_check::kind::none);
  EXPECT_THAT(faults_of("healthcheck", R"({"http": "/", "tcp": true})"), ElementsAre(HasSubstr("must have one of")));
  EXPECT_THAT(faults_of("healthcheck", R"({"interval": "2s"})"), ElementsAre(HasSubstr("must have one of")));
  EXPECT_THAT(faults_of("healthcheck", R"({"http": "/", "intervall": "2s"})"),
              ElementsAre("config.healthcheck.intervall: is not a known field; was \"interval\" meant?"));
}

TEST(service_fields, amounts_have_units) {
  auto const limits = read("resources", R"({"cpus": "1.5", "memory": "1.5g", "pids": 10})").resources;
  EXPECT_EQ(limits.nano_cpus, 1'500'000'000);
  EXPECT_EQ(limits.memory_bytes, 1'610'612'736u);
  EXPECT_EQ(limits.pids, 10);
  EXPECT_THAT(faults_of("resources", R"({"cpus": "many", "memory": "lots", "pids": 0})"), testing::SizeIs(3));
}

TEST(service_fields, all_faults_are_told_at_once) {
  std::vector<fault> faults;
  read_service({member("user", R"("a b")"), member("restart", R"("x")"), member("init", R"("x")")}, faults);
  EXPECT_EQ(faults.size(), 3u);
}

TEST(service_fields, nothing_set_is_nothing_written) {
  EXPECT_THAT(service_json({}), IsEmpty());
}

}  // namespace
}  // namespace krane
