#include <gtest/gtest.h>

#include <csignal>

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  // A peer that hangs up is an answer to test, not the end of the tests.
  std::signal(SIGPIPE, SIG_IGN);
  return RUN_ALL_TESTS();
}
