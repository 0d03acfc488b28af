#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  // A peer that hangs up is an answer to test, not the end of the tests.
  std::signal(SIGPIPE, SIG_IGN);
  // Thousands of servers and engines are played one after the other; where more may be had, descriptors do not run out.
  constexpr rlimit many{200'000, 200'000};
  setrlimit(RLIMIT_NOFILE, &many);
  return RUN_ALL_TESTS();
}
