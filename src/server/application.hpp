#pragma once
// The whole server: every part built by hand, in order, and stopped in the opposite one.
//
//   start:  store → secrets → event ring → engine → keys and sessions → runs → API → listener
//   stop:   no new connections; streams closed with a reason; requests under way answered; runs stopped where they
//           are (they go on at the next start); the store written out
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "server/settings.hpp"

namespace krane {

class application {
public:
  // Opens the store and binds the port: what can fail at a start fails here, with a sentence for the person who
  // started it. `read_again` gives the settings anew, for SIGHUP.
  static result<std::unique_ptr<application>> make(settings wanted, std::function<result<settings>()> read_again);
  virtual ~application() = default;

  // Serves until SIGTERM, SIGINT, or a store that can no longer be written. The process's exit code.
  virtual int run() = 0;
};

}  // namespace krane
