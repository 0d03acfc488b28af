#include "front/haproxy_places.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace krane::haproxy {
namespace {

using testing::ElementsAre;

front_target container(char const* id, char const* address = "172.18.0.3") {
  return {container_id{id}, address, 8080};
}

struct haproxy_places : testing::Test {
  explicit haproxy_places(std::size_t places = 2) : held{.route = {}, .places = std::vector<place>(places)} {}

  // "c1*" takes connections, "c1" does not, "-" was never used.
  std::vector<std::string> seen() const {
    std::vector<std::string> all;
    for (std::size_t i = 0; i < held.places.size(); ++i) {
      std::string const& id = held.places[i].to.container.str();
      all.push_back((id.empty() ? "-" : id) + (takes_connections(held, i) ? "*" : ""));
    }
    return all;
  }
  held_port held;
};
struct haproxy_places_of_three : haproxy_places {
  haproxy_places_of_three() : haproxy_places(4) {}
};

TEST_F(haproxy_places, a_new_container_gets_the_other_place) {
  lead_to(held, {container("c1")});
  EXPECT_THAT(seen(), ElementsAre("c1*", "-"));
  lead_to(held, {container("c2")});
  EXPECT_THAT(seen(), ElementsAre("c1", "c2*"));
  lead_to(held, {container("c3")});
  EXPECT_THAT(seen(), ElementsAre("c3*", "c2"));
}

TEST_F(haproxy_places, going_back_finds_the_place_that_the_container_had) {
  lead_to(held, {container("c1")});
  lead_to(held, {container("c2")});
  lead_to(held, {container("c1")});
  EXPECT_THAT(seen(), ElementsAre("c1*", "c2"));
}

TEST_F(haproxy_places, nobody_is_led_to_a_free_place_so_that_what_is_open_stays_known) {
  lead_to(held, {container("c1")});
  lead_to(held, {});
  EXPECT_THAT(seen(), ElementsAre("c1", "-*"));
  EXPECT_TRUE(waits(held));
  lead_to(held, {container("c2")});
  EXPECT_THAT(seen(), ElementsAre("c1", "c2*"));
  EXPECT_FALSE(waits(held));
}

TEST_F(haproxy_places, a_container_without_an_address_keeps_its_place_and_lets_connections_wait) {
  lead_to(held, {container("c1", "")});
  EXPECT_THAT(seen(), ElementsAre("c1*", "-"));
  EXPECT_TRUE(waits(held));
}

TEST_F(haproxy_places_of_three, replicas_are_replaced_one_at_a_time) {
  lead_to(held, {container("a1"), container("a2"), container("a3")});
  EXPECT_THAT(seen(), ElementsAre("a1*", "a2*", "a3*", "-"));
  lead_to(held, {container("b1"), container("a2"), container("a3")});
  EXPECT_THAT(seen(), ElementsAre("a1", "a2*", "a3*", "b1*"));
  lead_to(held, {container("b1"), container("b2"), container("a3")});
  EXPECT_THAT(seen(), ElementsAre("b2*", "a2", "a3*", "b1*"));
  lead_to(held, {container("b1"), container("b2"), container("b3")});
  EXPECT_THAT(seen(), ElementsAre("b2*", "b3*", "a3", "b1*"));
}

TEST_F(haproxy_places_of_three, one_that_cannot_be_reached_gets_no_connections_while_another_can) {
  lead_to(held, {container("a1", ""), container("a2")});
  EXPECT_THAT(seen(), ElementsAre("a1", "a2*", "-", "-"));
  lead_to(held, {container("a1", ""), container("a2", "")});
  EXPECT_THAT(seen(), ElementsAre("a1*", "a2", "-", "-")) << "where none can, one waits for all";
}

TEST(places_for_a_route, are_one_more_than_containers_at_once) {
  EXPECT_EQ(places_for({}), 2u);
  EXPECT_EQ(places_for({.room = 3}), 4u);
  EXPECT_EQ(places_for({.to = {container("a"), container("b")}}), 3u);
}

}  // namespace
}  // namespace krane::haproxy
