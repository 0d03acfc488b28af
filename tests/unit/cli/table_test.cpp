#include "cli/table.hpp"

#include <gtest/gtest.h>

namespace krane::cli {
namespace {

table some_table() {
  table out({{"NAME"}, {"IMAGE", column::cut}, {"STATUS"}});
  out.add({{"web"}, {"davidcasta/docker-to-node:v2"}, {"running", colour::green}});
  out.add({{"a-longer-name"}, {"nginx:latest"}, {"failed", colour::red}});
  return out;
}

TEST(a_table, is_as_wide_as_what_is_in_it_where_nobody_looks) {
  EXPECT_EQ(some_table().text(std::nullopt, style(false)),
            "NAME            IMAGE                          STATUS\n"
            "web             davidcasta/docker-to-node:v2   running\n"
            "a-longer-name   nginx:latest                   failed\n");
}

TEST(a_table, cuts_what_may_be_cut_where_the_terminal_is_narrow) {
  EXPECT_EQ(some_table().text(40, style(false)),
            "NAME            IMAGE            STATUS\n"
            "web             davidcasta/do…   running\n"
            "a-longer-name   nginx:latest     failed\n");
}

TEST(a_table, ends_at_the_edge_where_even_that_is_too_much) {
  EXPECT_EQ(some_table().text(30, style(false)),
            "NAME            IMAGE      ST…\n"
            "web             davidca…   ru…\n"
            "a-longer-name   nginx:l…   fa…\n");
}

TEST(a_table, has_colours_where_they_are_wanted_and_is_no_wider_for_them) {
  table rows({{"NAME"}, {"STATUS"}});
  rows.add({{"web", colour::red}, {"running", colour::green}});
  EXPECT_EQ(rows.text(80, style(true)),
            "\x1b[1mNAME\x1b[0m   \x1b[1mSTATUS\x1b[0m\n"
            "\x1b[31mweb\x1b[0m    \x1b[32mrunning\x1b[0m\n");
}

TEST(a_table, shows_control_characters_instead_of_obeying_them) {
  table rows({{"NAME"}});
  rows.add({{"a\x1b[2Jb\n"}});
  EXPECT_EQ(rows.text(80, style(false)), "NAME\na\\e[2Jb\\x0a\n");
}

TEST(a_table, counts_wide_characters_as_the_terminal_shows_them) {
  table rows({{"NAME"}, {"X"}});
  rows.add({{"日本"}, {"1"}});
  rows.add({{"abcdé"}, {"2"}});
  EXPECT_EQ(rows.text(80, style(false)), "NAME    X\n日本    1\nabcdé   2\n");
}

}  // namespace
}  // namespace krane::cli
