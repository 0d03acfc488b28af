// Redis, PostgreSQL and nginx as people deploy them: with a password, a volume, limits and a check of their own,
// upgraded to the next image and taken back, while what they keep stays and who asks is answered.
#include <gmock/gmock.h>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <stdexcept>

#include "e2e/harness/clients.hpp"
#include "e2e/harness/krane.hpp"

namespace krane::e2e {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr char password[] = "open-sesame-4f1c";
constexpr char manifest_type[] = "application/vnd.docker.distribution.manifest.v2+json";

class real_service : public on_a_real_engine {
protected:
  void SetUp() override {
    on_a_real_engine::SetUp();
    if (!server_) return;
    for (std::string const image : {"redis", "postgres", "nginx"})
      if (exchange(registry(), "GET", "/v2/krane-test/" + image + "/manifests/2", {{"Accept", manifest_type}}).status !=
          200)
        GTEST_SKIP() << "the registry has no krane-test/" << image << ": its Debian packages could not be had";
  }
  void TearDown() override {
    on_a_real_engine::TearDown();
    for (std::string const& volume : volumes_) EXPECT_EQ(engine().call("DELETE", "/volumes/" + volume).status, 204);
  }

  // krane-test/IMAGE:TAG under that name, with `more` in its config.
  void bring_up(std::string const& image, std::string const& tag, std::string const& port, std::string const& more) {
    server().create(name_, R"("image":"krane-test/)" + image + R"(","tag":")" + tag + R"(","container_port":")" + port +
                               R"(","host_port":")" + std::to_string(port_) + R"(",)" + more);
    auto const now = server().run(name_);
    ASSERT_EQ(now.at("/data/status"), "running") << now.body << log_of_last_run();
    EXPECT_EQ(engine().named_like_ours(name_).size(), 1u + kept_) << now.body;
  }
  void go_back() {
    auto const accepted = server().post("/deployments/" + name_ + "/rollback");
    ASSERT_EQ(accepted.status, 202) << accepted.body;
    auto const now = server().settled(name_);
    ASSERT_EQ(now.at("/data/status"), "running") << now.body << log_of_last_run();
  }
  std::string log_of_last_run() { return server().get("/deployments/" + name_ + "/runs?limit=1").body; }
  void set_secret(std::string const& key) {
    auto const kept = server().call("PUT", "/deployments/" + name_ + "/secrets/" + key,
                                    boost::json::serialize(boost::json::object{{"value", password}}));
    ASSERT_TRUE(kept.status == 200 || kept.status == 201) << kept.body;
  }
  boost::json::value container() {
    return engine().inspect(server().get("/deployments/" + name_).at("/data/containers/0/Id"));
  }
  // Its volume goes with the test.
  void keeps(std::string const& volume) { volumes_.push_back(name_ + "_" + volume); }
  endpoint registry() const { return endpoint::parse("tcp://" + docker::registry()); }

  std::uint16_t const port_ = free_port();
  std::string name_;
  std::size_t kept_ = 0;  // containers of the release before
  std::vector<std::string> volumes_;
};

// What comes until `enough` is in it, or the other end closes.
std::string read_until(wire& connection, std::string_view enough) {
  std::string all;
  while (!all.contains(enough)) {
    auto const more = connection.receive(std::chrono::seconds(15));
    if (!more) throw std::runtime_error("no answer in time; so far: '" + all + "'");
    if (more->empty()) break;
    all += *more;
  }
  return all;
}

// A command's answer in one line, as somebody with the password gets it.
std::string redis(std::uint16_t port, std::string const& command, std::string const& with = password) {
  wire connection(endpoint::tcp(port));
  connection.send("AUTH " + with + "\r\n" + command + "\r\nQUIT\r\n");
  return read_until(connection, "\r\n+OK\r\n");
}

TEST_F(real_service, redis_keeps_what_it_was_told_over_an_upgrade_and_the_way_back) {
  name_ = fresh("redis");
  keeps("data");
  set_secret("password");
  std::string const config =
      R"("environment":{"REDISCLI_AUTH":"@password"},"user":"redis","volumes":["data:/data"],)"
      R"("healthcheck":{"test":"redis-cli ping | grep -q PONG","interval":"500ms"},"cap_drop":["ALL"],)"
      R"("resources":{"memory":"64M","cpus":0.5,"pids":50},"stop_grace_period":"5s")";
  bring_up("redis", "1", "6379", config);
  EXPECT_THAT(redis(port_, "PING", "wrong"), HasSubstr("WRONGPASS"));
  EXPECT_THAT(redis(port_, "SET of-the-first 1"), HasSubstr("+OK"));
  EXPECT_THAT(redis(port_, "CONFIG GET maxmemory-policy"), HasSubstr("noeviction"));
  auto const made = container();
  EXPECT_EQ(made.at_pointer("/HostConfig/Memory"), 64 * 1024 * 1024);
  EXPECT_EQ(made.at_pointer("/HostConfig/NanoCpus"), 500'000'000);
  EXPECT_EQ(made.at_pointer("/HostConfig/PidsLimit"), 50);
  EXPECT_EQ(made.at_pointer("/State/Health/Status"), "healthy");

  bring_up("redis", "2", "6379", config);
  EXPECT_THAT(redis(port_, "CONFIG GET maxmemory-policy"), HasSubstr("volatile-lru"));
  EXPECT_THAT(redis(port_, "GET of-the-first"), HasSubstr("$1\r\n1\r\n"));
  EXPECT_THAT(redis(port_, "SET of-the-second 2"), HasSubstr("+OK"));

  go_back();
  EXPECT_THAT(redis(port_, "CONFIG GET maxmemory-policy"), HasSubstr("noeviction"));
  EXPECT_THAT(redis(port_, "GET of-the-first"), HasSubstr("$1\r\n1\r\n"));
  EXPECT_THAT(redis(port_, "GET of-the-second"), HasSubstr("$1\r\n2\r\n"));
  EXPECT_THAT(log_of_last_run() + server().log(), Not(HasSubstr(password)));
}

// A message of PostgreSQL's protocol: its letter, the length of what follows with itself, and what follows.
std::string message_of(std::string const& letter, std::string const& content) {
  auto const length = content.size() + 4;
  std::string out = letter;
  for (int const shift : {24, 16, 8, 0}) out += static_cast<char>(length >> shift & 0xff);
  return out + content;
}

std::string terminated(std::string_view text) {
  return std::string(text) + '\0';
}

// All the bytes of the answer to a statement: the values of the rows stand in it as text, and so does a complaint.
std::string postgres(std::uint16_t port, std::string const& statement, std::string const& with = password) {
  std::string const ready("Z\0\0\0\5I", 6);
  wire connection(endpoint::tcp(port));
  connection.send(message_of({}, std::string("\0\3\0\0", 4) + terminated("user") + terminated("postgres") + '\0'));
  connection.send(message_of("p", terminated(with)));
  auto const begun = read_until(connection, ready);
  if (!begun.contains(ready)) return begun;
  connection.send(message_of("Q", terminated(statement)));
  return read_until(connection, ready);
}

TEST_F(real_service, postgresql_keeps_its_rows_over_an_upgrade_and_the_way_back) {
  name_ = fresh("postgres");
  keeps("data");
  set_secret("postgres_password");
  std::string const config =
      R"("secrets":["postgres_password"],"user":"postgres","volumes":["data:/var/lib/postgresql"],)"
      R"("healthcheck":{"test":"pg_isready -h 127.0.0.1","interval":"500ms","start_period":"60s"},)"
      R"("stop_signal":"SIGINT","stop_grace_period":"20s","cap_drop":["ALL"],)"
      R"("resources":{"memory":"128M","pids":100})";
  bring_up("postgres", "1", "5432", config);
  EXPECT_THAT(postgres(port_, "SELECT 1", "wrong"), HasSubstr("password authentication failed"));
  EXPECT_THAT(postgres(port_, "SHOW cluster_name"), HasSubstr("krane-1"));
  EXPECT_THAT(postgres(port_, "CREATE TABLE notes(text varchar); INSERT INTO notes VALUES('of the first')"),
              HasSubstr("INSERT 0 1"));
  auto const made = container();
  EXPECT_EQ(made.at_pointer("/HostConfig/Memory"), 128 * 1024 * 1024);
  EXPECT_EQ(made.at_pointer("/HostConfig/PidsLimit"), 100);
  EXPECT_EQ(made.at_pointer("/Config/StopSignal"), "SIGINT");
  EXPECT_EQ(made.at_pointer("/Config/StopTimeout"), 20);
  EXPECT_EQ(made.at_pointer("/Config/User"), "postgres");

  bring_up("postgres", "2", "5432", config);
  EXPECT_THAT(postgres(port_, "SHOW cluster_name"), HasSubstr("krane-2"));
  EXPECT_THAT(postgres(port_, "SELECT * FROM notes"), HasSubstr("of the first"));
  EXPECT_THAT(postgres(port_, "INSERT INTO notes VALUES('of the second')"), HasSubstr("INSERT 0 1"));

  go_back();
  EXPECT_THAT(postgres(port_, "SHOW cluster_name"), HasSubstr("krane-1"));
  auto const kept = postgres(port_, "SELECT * FROM notes");
  EXPECT_THAT(kept, HasSubstr("of the first"));
  EXPECT_THAT(kept, HasSubstr("of the second"));
  std::string const output =
      engine().call("GET", "/containers/" + text_at(container(), "/Id") + "/logs?stdout=1&stderr=1").body;
  EXPECT_THAT(output, HasSubstr("database system was shut down at")) << "it was asked to end, and had the time";
  EXPECT_THAT(output, Not(HasSubstr("not properly shut down")));
}

TEST_F(real_service, nginx_is_upgraded_and_taken_back_without_a_request_that_fails) {
  name_ = fresh("nginx");
  std::string const config =
      R"("healthcheck":{"http":"/","interval":"200ms"},"read_only":true,"tmpfs":["/run:uid=33","/var/lib/nginx:uid=33"],)"
      R"("user":"www-data","keep_warm":"1m","cap_drop":["ALL"],"stop_signal":"SIGQUIT","resources":{"memory":"32M","pids":20})";
  bring_up("nginx", "1", "8080", config);
  auto const made = container();
  EXPECT_EQ(made.at_pointer("/HostConfig/ReadonlyRootfs"), true);
  EXPECT_EQ(made.at_pointer("/HostConfig/Memory"), 32 * 1024 * 1024);

  clients load(port_, {.new_each_time = 3, .kept_alive = 6});
  ASSERT_TRUE(load.served(30, "nginx 1\n")) << load.so_far().first_failure;
  kept_ = 1;
  bring_up("nginx", "2", "8080", config);
  ASSERT_TRUE(load.served(30, "nginx 2\n")) << load.so_far().first_failure;
  go_back();
  ASSERT_TRUE(load.served(30, "nginx 1\n")) << load.so_far().first_failure;
  auto const seen = load.finish();
  EXPECT_EQ(seen.failed(), 0u) << seen.first_failure;
}

}  // namespace
}  // namespace krane::e2e
