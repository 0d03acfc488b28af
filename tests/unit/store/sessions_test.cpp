#include "unit/store/store_fixture.hpp"

namespace krane::test {
namespace {

class sessions_test : public store_test {
protected:
  session session_of(std::string id, int second) {
    session s{.id = session_id{std::move(id)},
              .hash = {},
              .user = "me@home",
              .key_fingerprint = "SHA256:abc",
              .created_at = at(second),
              .expires_at = at(second + 100)};
    s.hash[0] = 0;
    s.hash[31] = 255;
    return s;
  }
};

TEST_F(sessions_test, they_survive_a_restart_until_they_are_erased) {
  open();
  auto const first = session_of("a", 1);
  auto second = session_of("b", 2);
  second.name = "ci";
  get(state->sessions().insert(second));
  get(state->sessions().insert(first));
  reopen();
  EXPECT_EQ(get(state->sessions().all()), (std::vector{first, second}));
  get(state->sessions().erase({first.id, session_id{"unknown"}}));
  EXPECT_EQ(get(state->sessions().all()), std::vector{second});
}

TEST_F(sessions_test, an_id_that_is_there_already_is_a_bug_that_harms_nothing) {
  open();
  get(state->sessions().insert(session_of("a", 1)));
  EXPECT_EQ(get_error(state->sessions().insert(session_of("a", 2))).code, errc::internal);
  EXPECT_EQ(get(state->sessions().all()), std::vector{session_of("a", 1)});
  EXPECT_TRUE(fatal.empty());
}

}  // namespace
}  // namespace krane::test
