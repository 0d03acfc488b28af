#include "secrets/vault.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "model/reason.hpp"
#include "support/manual_clock.hpp"
#include "support/run_coroutine.hpp"
#include "support/temp_folder.hpp"

namespace krane::test {
namespace {

class vault_test : public testing::Test {
protected:
  ~vault_test() override { close(); }

  void open_only_store() {
    auto opened = open_store(loop.get_executor(), {.folder = folder / "state", .on_fatal = {}});
    ASSERT_TRUE(opened) << opened.error().message;
    state = std::move(*opened);
  }
  result<void> start(vault_options how) {
    secrets = std::make_unique<vault>(loop.get_executor(), *state, hides, time, std::move(how));
    return run_coroutine(loop, secrets->start());
  }
  void open() {
    open_only_store();
    auto const started = start({key_file});
    ASSERT_TRUE(started) << started.error().message;
  }
  void close() {
    if (!state) return;
    state->stop();
    loop.restart();
    loop.poll();
    secrets.reset();
    state.reset();
  }
  void reopen() {
    close();
    open();
  }
  result<vault::put_outcome> put(std::string key, std::string value) {
    return run_coroutine(loop, secrets->put(app, std::move(key), std::move(value)));
  }
  result<void> remove(std::string key) { return run_coroutine(loop, secrets->remove(app, std::move(key))); }
  std::vector<secret_info> list() { return *run_coroutine(loop, secrets->list(app)); }
  void put_deployment(std::string key) {
    spec s{.name = app,
           .registry = "docker.io",
           .image = "krane-test/web",
           .tag = {},
           .digest = {},
           .container_port = {},
           .host_port = {}};
    if (!key.empty()) s.service.environment["PW"] = {.text = std::move(key), .is_secret = true};
    ASSERT_TRUE(run_coroutine(loop, state->deployments().put(std::move(s), false, time.now())));
  }
  std::string state_bytes() const {
    std::string all;
    for (auto const& file : std::filesystem::directory_iterator(folder / "state")) {
      std::ifstream in(file.path(), std::ios::binary);
      all.append(std::istreambuf_iterator<char>(in), {});
    }
    return all;
  }

  temp_folder folder{temp_folder::place::memory};
  std::string key_file = folder / "secrets.key";
  asio::io_context loop{1};
  manual_clock time;
  scrubber hides;
  std::unique_ptr<store> state;
  std::unique_ptr<vault> secrets;
  deployment_name const app{"app"};
};

TEST_F(vault_test, a_secret_is_there_after_a_restart_and_in_no_file_as_it_is) {
  open();
  ASSERT_TRUE(put("db", "sentinel-value"));
  EXPECT_EQ(*secrets->open("app", "db", 1), "sentinel-value");
  reopen();
  EXPECT_EQ(*secrets->open("app", "db", 1), "sentinel-value");
  close();
  EXPECT_EQ(state_bytes().find("sentinel-value"), std::string::npos);
  EXPECT_NE(state_bytes().find("CREATE TABLE secrets"), std::string::npos);
}

TEST_F(vault_test, the_key_file_is_made_for_its_owner_alone_and_used_again) {
  open();
  struct stat is{};
  ASSERT_EQ(::stat(key_file.c_str(), &is), 0);
  EXPECT_EQ(is.st_mode & 07777, 0600u);
  EXPECT_EQ(is.st_size, 32);
  auto const before = std::filesystem::last_write_time(key_file);
  reopen();
  EXPECT_EQ(std::filesystem::last_write_time(key_file), before);
}

TEST_F(vault_test, a_key_file_that_others_can_read_is_refused_by_name) {
  open();
  close();
  ASSERT_EQ(::chmod(key_file.c_str(), 0640), 0);
  open_only_store();
  auto const refused = start({key_file});
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find(key_file + ", can be read or changed by others (mode 0640)"),
            std::string::npos)
      << refused.error().message;
}

TEST_F(vault_test, another_key_than_the_one_it_was_sealed_with_is_told_at_the_start) {
  open();
  ASSERT_TRUE(put("db", "sentinel-value"));
  close();
  std::filesystem::remove(key_file);
  open_only_store();
  auto const missing = start({key_file});
  ASSERT_FALSE(missing);
  EXPECT_NE(missing.error().message.find(key_file), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(key_file)) << "a new key would hide that the old one is gone";
  std::ofstream(key_file, std::ios::binary) << std::string(32, 'k');
  ASSERT_EQ(::chmod(key_file.c_str(), 0600), 0);
  auto const wrong = start({key_file});
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().reason, reason::secrets_locked);
  EXPECT_NE(wrong.error().message.find(key_file), std::string::npos);
}

TEST_F(vault_test, a_key_file_that_was_named_is_never_made) {
  open_only_store();
  EXPECT_FALSE(start({.key_file = key_file, .may_make_key = false}));
  EXPECT_FALSE(std::filesystem::exists(key_file));
}

TEST_F(vault_test, a_key_file_of_another_size_is_no_key) {
  std::ofstream(key_file) << "short";
  ASSERT_EQ(::chmod(key_file.c_str(), 0600), 0);
  open_only_store();
  auto const refused = start({key_file});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, errc::invalid);
}

TEST_F(vault_test, another_value_is_a_new_version_and_the_same_one_is_none) {
  open();
  auto const first = put("db", "value-one");
  time.advance(std::chrono::seconds{1});
  auto const same = put("db", "value-one");
  auto const next = put("db", "value-two");
  EXPECT_TRUE(first->created);
  EXPECT_FALSE(same->created);
  EXPECT_EQ(same->version, 1u);
  EXPECT_EQ(same->updated_at, first->updated_at);
  EXPECT_FALSE(next->created);
  EXPECT_EQ(next->version, 2u);
  auto const all = list();
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].version, 2u);
  EXPECT_EQ(secrets->open("app", "db", 1).error().reason, reason::secret_missing);
}

TEST_F(vault_test, what_cannot_be_a_key_or_a_value_is_refused_without_quoting_it) {
  open();
  for (auto const& [key, value] :
       std::vector<std::pair<std::string, std::string>>{{"1x", "value"},
                                                        {"db", ""},
                                                        {"db", std::string(most_secret_bytes + 1, 'v')},
                                                        {"db", std::string("v\0v", 3)},
                                                        {"db", "v\xff"}}) {
    auto const refused = put(key, value);
    ASSERT_FALSE(refused) << key;
    EXPECT_EQ(refused.error().code, errc::invalid);
  }
  EXPECT_TRUE(put("db", std::string(most_secret_bytes, 'v')));
  EXPECT_EQ(list().size(), 1u);
}

TEST_F(vault_test, the_scrubber_knows_every_value_from_its_put_and_from_the_start) {
  open();
  EXPECT_FALSE(hides.hides_anything());
  ASSERT_TRUE(put("db", "sentinel-value"));
  EXPECT_EQ(hides.clean(std::string("a sentinel-value")), "a ***");
  hides.hide({});
  reopen();
  EXPECT_EQ(hides.clean(std::string("a sentinel-value")), "a ***");
  ASSERT_TRUE(remove("db"));
  EXPECT_FALSE(hides.hides_anything());
}

TEST_F(vault_test, one_that_the_deployment_asks_for_is_not_removed) {
  open();
  ASSERT_TRUE(put("db", "value-one"));
  put_deployment("db");
  auto const refused = remove("db");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason, reason::secret_in_use);
  EXPECT_NE(refused.error().message.find("config.environment.PW"), std::string::npos);
  put_deployment("");
  EXPECT_TRUE(remove("db"));
  EXPECT_EQ(remove("db").error().code, errc::not_found);
  EXPECT_TRUE(list().empty());
}

TEST_F(vault_test, one_that_the_serving_release_was_given_is_not_removed) {
  open();
  ASSERT_TRUE(put("db", "value-one"));
  put_deployment("");
  auto r = run_coroutine(loop, state->runs().accept(app, run_kind::deploy, {}, {}, time.now()))->accepted;
  r.step = run_step::done;
  r.secret_versions = {{"db", 1}};
  ASSERT_TRUE(run_coroutine(loop, state->runs().save({.now = r, .events = {}, .status = {}, .serving = r.id})));
  auto const refused = remove("db");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason, reason::secret_in_use);
  EXPECT_TRUE(list()[0].used_by_serving);
}

TEST_F(vault_test, a_removed_one_that_is_set_again_has_a_number_of_its_own) {
  open();
  ASSERT_TRUE(put("db", "value-one"));
  ASSERT_TRUE(remove("db"));
  reopen();
  auto const again = put("db", "value-two");
  EXPECT_TRUE(again->created);
  EXPECT_EQ(again->version, 3u);
  EXPECT_FALSE(secrets->open("app", "db", 1));
}

TEST_F(vault_test, what_a_deployment_asks_for_and_is_not_there_is_named_with_its_path_and_the_command) {
  open();
  ASSERT_TRUE(put("db", "value-one"));
  service_config config;
  config.environment["PW"] = {.text = "db", .is_secret = true};
  config.environment["OTHER"] = {.text = "other", .is_secret = true};
  config.secrets = {{"tls", "tls"}};
  auto const faults = secrets->missing(app, config);
  ASSERT_EQ(faults.size(), 2u);
  EXPECT_EQ(faults[0].path, "config.environment.OTHER");
  EXPECT_NE(faults[0].error.find("krane secrets set app other"), std::string::npos);
  EXPECT_EQ(faults[1].path, "config.secrets[0]");
}

}  // namespace
}  // namespace krane::test
