// Images of a registry that wants a login: a real one, with users of its own.
#include <gmock/gmock.h>

#include <fstream>

#include "e2e/harness/krane.hpp"
#include "e2e/harness/person.hpp"

namespace krane::e2e {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr char password[] = "correct-horse-7";
// htpasswd's line for it, bcrypt.
constexpr char user_line[] = "ada:$2b$04$DXR3R9kKLHLKFSZqat0oNu8cY8kSreUqXQW2cYhaCfdiAoa.mPX6C\n";

// It has what the tests' registry has, for ada alone.
class private_registry {
public:
  private_registry() {
    std::ofstream(folder_ / "users") << user_line;
    std::ofstream(folder_ / "config.yml") << "version: 0.1\n"
                                          << "storage: {filesystem: {rootdirectory: " << (folder_ / "data") << "}}\n"
                                          << "http: {addr: \"" << host() << "\"}\n"
                                          << "auth: {htpasswd: {realm: krane, path: " << (folder_ / "users") << "}}\n"
                                          << "proxy: {remoteurl: \"http://" << docker::registry() << "\"}\n";
    program_.emplace(std::vector<std::string>{"docker-registry", "serve", folder_ / "config.yml"},
                     std::map<std::string, std::string>{}, folder_ / "log");
    auto const answers = [this] {
      try {
        return exchange(endpoint::tcp(port_), "GET", "/v2/").status == 401;
      } catch (std::runtime_error const&) {
        return false;
      }
    };
    EXPECT_TRUE(eventually(answers)) << program_->output();
  }
  std::string host() const { return "127.0.0.1:" + std::to_string(port_); }

private:
  test::temp_folder folder_;
  std::uint16_t port_ = free_port();
  std::optional<process> program_;
};

class registry_login_test : public on_a_real_engine {
protected:
  void SetUp() override {
    on_a_real_engine::SetUp();
    if (server_) registry_.emplace();
  }
  // The newest run of a deployment whose image is there.
  answer deployed() {
    name_ = fresh("private");
    server().create(name_, R"("registry":")" + registry_->host() + R"(","image":"krane-test/web","tag":"1")");
    return server().run(name_);
  }
  answer log_in(std::string const& with) {
    return server().call("PUT", "/registries/" + registry_->host(),
                         R"({"username":"ada","password":")" + with + R"("})");
  }

  std::optional<private_registry> registry_;
  std::string name_;
};

TEST_F(registry_login_test, a_private_image_needs_one_and_is_pulled_with_it) {
  auto const without = deployed();
  EXPECT_EQ(without.at("/data/status"), "failed") << without.body;
  EXPECT_EQ(without.at("/data/run/failure/reason"), "registry_auth") << without.body;

  EXPECT_EQ(log_in("wrong-horse-77").status, 201);
  auto const wrong = deployed();
  EXPECT_EQ(wrong.at("/data/run/failure/reason"), "registry_auth") << wrong.body;
  EXPECT_THAT(wrong.body, Not(HasSubstr("wrong-horse-77")));

  EXPECT_EQ(log_in(password).status, 200);
  auto const with = deployed();
  EXPECT_EQ(with.at("/data/status"), "running") << with.body << server().last_error(name_);
  EXPECT_THAT(server().get("/registries").body, testing::AllOf(HasSubstr("ada"), Not(HasSubstr(password))));
  EXPECT_THAT(server().log(), Not(HasSubstr(password)));
}

TEST_F(registry_login_test, tells_with_it_how_large_an_image_is_before_it_is_pulled) {
  krane_server full(server_options{.engine = {}, .environment = {{"KRANE_DISK_RESERVE", "100000G"}}, .arguments = {}});
  auto const name = fresh("private");
  full.create(name, R"("registry":")" + registry_->host() + R"(","image":"krane-test/web","tag":"1")");
  // Not known: the run is accepted, and the engine's own words count.
  EXPECT_EQ(full.run(name).at("/data/run/failure/reason"), "registry_auth");
  full.call("PUT", "/registries/" + registry_->host(),
            std::string(R"({"username":"ada","password":")") + password + R"("})");
  auto const known = full.post("/deployments/" + name + "/run");
  // Layers that another test's image brought here need no room.
  if (known.status == 507) {
    EXPECT_EQ(known.reason(), "engine_storage") << known.body;
  } else {
    EXPECT_EQ(full.settled(name).at("/data/status"), "running") << full.last_error(name);
  }
  EXPECT_THAT(full.log(), Not(HasSubstr(password)));
  full.remove("/deployments/" + name);
}

TEST_F(registry_login_test, a_person_sets_one_at_a_terminal_or_by_a_pipe) {
  person ada;
  ada.sets("KRANE_ENDPOINT", server().url());
  ada.sets("KRANE_TOKEN", server().token());
  std::string const host = registry_->host();
  auto const piped = ada.types({"registry", "login", host, "-u", "ada"}, {}, std::string(password) + "\n");
  EXPECT_EQ(piped.status, 0) << piped.all();
  EXPECT_EQ(piped.out, "Pulls from " + host + " are made as ada\n");
  auto const terminal = ada.sits_at({"registry", "login", host});
  ASSERT_TRUE(terminal->shows("User at " + host + ": ")) << terminal->output();
  terminal->types("ada\n");
  ASSERT_TRUE(terminal->shows("Password of ada at " + host + ": ")) << terminal->output();
  terminal->types(std::string(password) + "\n");
  EXPECT_EQ(terminal->wait(), 0) << terminal->output();
  EXPECT_THAT(terminal->output(), Not(HasSubstr(password)));
  auto const listed = ada.types({"registry", "ls"});
  EXPECT_THAT(listed.out, testing::ContainsRegex(host + " +ada +just now"));
  name_ = fresh("private");
  auto const ran = ada.types({"deploy", name_, "--image", host + "/krane-test/web:1"});
  EXPECT_EQ(ran.status, 0) << ran.all();
  EXPECT_EQ(ada.types({"registry", "logout", host}).out, "Forgot the credentials for " + host + "\n");
  EXPECT_EQ(ada.types({"registry", "logout", host}).status, 3);
}

}  // namespace
}  // namespace krane::e2e
