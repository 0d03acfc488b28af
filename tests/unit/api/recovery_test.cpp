// A server that has just started: what changes a deployment is put off, what only looks is answered.
#include <gmock/gmock.h>

#include <boost/json/object.hpp>
#include <set>

#include "api_world.hpp"
#include "base/json.hpp"
#include "model/reason.hpp"

namespace krane {
namespace {

using testing::IsEmpty;

// A real one that does not get to the end of its recovery.
class recovering_runs final : public run_service {
public:
  explicit recovering_runs(run_service& real) : real_(real) {}

  task<void> wait_until_queued() override {
    co_return make_error(errc::unavailable, reason::recovering, "the server has just started; try again");
  }
  bool recovered() const override { return false; }
  bool sees_engine() const override { return true; }
  void start() override {}
  void begin_stop() override {}
  coroutine<void> stop() override { co_return; }
  std::vector<fault> find_forbidden(spec const& wanted) const override { return real_.find_forbidden(wanted); }
  task<deploy_plan> plan(spec wanted, std::optional<std::string> tag) override {
    return real_.plan(std::move(wanted), std::move(tag));
  }
  task<run> wait_for_end(run_id id, std::chrono::milliseconds limit) override {
    return real_.wait_for_end(std::move(id), limit);
  }

  std::optional<std::string> waits_for(run const& r) const override { return real_.waits_for(r); }

  // Nobody may come so far.
  using keep_answer = std::optional<answer_to_keep<run>>;
  task<run> deploy(deployment_name, std::optional<std::string>, std::optional<std::uint64_t>, keep_answer) override {
    return reached();
  }
  task<run> roll_back(deployment_name, std::optional<std::uint64_t>, keep_answer) override { return reached(); }
  task<run> act_on_serving(deployment_name, run_kind, keep_answer) override { return reached(); }
  task<run> scale(deployment_name, std::uint32_t, keep_answer) override { return reached(); }
  task<run> remove(deployment_name, bool) override { return reached(); }
  task<run> cancel(deployment_name, run_id, keep_answer) override { return reached(); }
  task<std::vector<run>> cancel_all(deployment_name, std::optional<answer_to_keep<std::vector<run>>>) override {
    ADD_FAILURE() << "it was not put off";
    co_return std::vector<run>{};
  }

private:
  static task<run> reached() {
    ADD_FAILURE() << "it was not put off";
    co_return run{};
  }
  run_service& real_;
};

class recovery_test : public test::api_test {
protected:
  recovery_test() {
    create("app");
    deploy("app");
    served = std::make_unique<api>(
        api_parts{*auth, *state, recovering, *docker, *ports, *ring, time, loop.get_executor(), *secrets},
        api_settings{.names = {"127.0.0.1"}, .allowed_origins = {}, .version = "1.2.3", .state_folder = {}});
  }

  static std::string filled_in(std::string path) {
    for (auto const& [name, value] :
         {std::pair<std::string, std::string>{"{name}", "app"}, {"{id}", "1"}, {"{key}", "DB"}, {"{number}", "1"}})
      if (auto const at = path.find(name); at != path.npos) path.replace(at, name.size(), value);
    return path;
  }

  recovering_runs recovering{*service};
};

TEST_F(recovery_test, whatever_changes_a_deployment_is_put_off_and_told_when_to_come_again) {
  std::set<std::string> asked;
  auto const document = parse_json(served->document());
  ASSERT_TRUE(document);
  for (auto const& [path, methods] : document->at("paths").as_object()) {
    if (!path.starts_with("/deployments")) continue;
    for (auto const& [method, ignored] : methods.as_object()) {
      if (method == "get" || path.ends_with("/plan")) continue;
      std::string upper;
      for (char const c : method) upper += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
      auto const answer = ask(upper, filled_in(path), R"({"anything":1})", {{"Idempotency-Key", "the-same"}});
      EXPECT_EQ(answer.status, 503) << upper << " " << path << ": " << answer.text;
      EXPECT_EQ(answer.reason(), "recovering") << upper << " " << path;
      EXPECT_EQ(answer.header("Retry-After"), "1") << upper << " " << path;
      asked.insert(upper);
    }
  }
  EXPECT_THAT(asked, testing::IsSupersetOf({"POST", "PUT", "DELETE"}));
}

TEST_F(recovery_test, what_only_looks_is_answered) {
  for (auto const* const path :
       {"/deployments", "/deployments/app", "/deployments/app/runs", "/deployments/app/releases",
        "/deployments/app/secrets", "/deployments/app/events", "/system"})
    EXPECT_EQ(ask("GET", path).status, 200) << path;
  EXPECT_EQ(ask("POST", "/deployments/app/plan").status, 200);
  EXPECT_EQ(ask("OPTIONS", "/deployments/app").status, 204);
}

TEST_F(recovery_test, a_stranger_and_a_mistake_are_refused_without_waiting) {
  EXPECT_EQ(ask_as_stranger("POST", "/deployments/app/run").status, 401);
  EXPECT_EQ(ask("POST", "/deployments/app/run?colour=red").status, 422);
  EXPECT_EQ(ask("PATCH", "/deployments/app/run").status, 405);
}

TEST_F(recovery_test, the_answer_is_not_kept_for_the_next_request_with_the_same_key) {
  EXPECT_EQ(ask("POST", "/deployments/app/run", "", {{"Idempotency-Key", "once"}}).status, 503);
  served = std::make_unique<api>(
      api_parts{*auth, *state, *service, *docker, *ports, *ring, time, loop.get_executor(), *secrets},
      api_settings{.names = {"127.0.0.1"}, .allowed_origins = {}, .version = "1.2.3", .state_folder = {}});
  auto const accepted = ask("POST", "/deployments/app/run", "", {{"Idempotency-Key", "once"}});
  EXPECT_EQ(accepted.status, 202);
  EXPECT_THAT(accepted.header("Idempotent-Replayed"), IsEmpty());
}

}  // namespace
}  // namespace krane
