#pragma once
// Runs a program of the machine (ssh-keygen, ssh-agent) and takes what it printed.
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <stdexcept>
#include <string>

namespace krane::test {

inline bool program_exists(std::string const& name) {
  return std::filesystem::exists("/usr/bin/" + name);
}

inline std::string output_of(std::string const& command) {
  FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) throw std::runtime_error("cannot run " + command);
  std::string out;
  std::array<char, 4096> buffer{};
  while (std::size_t const n = fread(buffer.data(), 1, buffer.size(), pipe)) out.append(buffer.data(), n);
  if (int const status = pclose(pipe); status != 0)
    throw std::runtime_error(command + " ended with " + std::to_string(status) + ": " + out);
  return out;
}

}  // namespace krane::test
