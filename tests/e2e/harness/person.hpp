#pragma once
// Somebody who types `krane`: with a home folder, keys and contexts of their own, and nothing of the tester's.
//   person ada;
//   ada.has_key(server().key());
//   auto const said = ada.types({"login", server().url()});
//   EXPECT_EQ(said.status, 0) << said.all();
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "e2e/harness/process.hpp"
#include "e2e/harness/pseudo_terminal.hpp"
#include "support/temp_folder.hpp"
#include "support/test_key.hpp"

namespace krane::e2e {

class person {
public:
  using variables = std::map<std::string, std::string>;
  using words = std::vector<std::string>;

  struct said {
    int status = 0;
    std::string out;
    std::string err;
    std::string all() const { return out + err; }
  };

  person();

  // ~/.ssh/NAME as ssh-keygen writes it, and its .pub.
  void has_key(test::test_key const& key, std::string const& name = "id_rsa", std::string const& comment = "tester");
  // For every command from now on.
  void sets(std::string const& variable, std::string const& value) { environment_[variable] = value; }

  // A command with its output not on a terminal, to its end (at most a minute).
  said types(words const& line, variables const& more = {}, std::string_view input = {}) const;
  // The same, running on.
  std::unique_ptr<process> starts(words const& line, std::string const& output_file,
                                  std::string const& error_file) const;
  // The same on a terminal.
  std::unique_ptr<pseudo_terminal> sits_at(words const& line, terminal_size size = {},
                                           variables const& more = {}) const;

  std::string home() const { return home_.path().string(); }
  // Where commands are typed; empty at first.
  std::string folder() const { return home_ / "work"; }
  std::string file(std::string const& name) const { return folder() + "/" + name; }
  variables environment(variables const& more = {}) const;

private:
  test::temp_folder home_;
  variables environment_;
};

}  // namespace krane::e2e
