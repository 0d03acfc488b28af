#pragma once
// What only tests set: smaller limits, and a file system of their own.
#include <cstddef>
#include <string>

#include "store/store.hpp"

namespace krane {

struct store_tuning {
  std::string vfs;                      // SQLite's name of the file system to use; empty: the machine's
  std::size_t queue_limit = 4096;       // works handed over and not yet answered; above it: "overloaded"
  std::size_t batch_limit = 256;        // writes in one commit
  std::size_t checkpoint_pages = 1000;  // of the write-ahead log, before it is carried over into the main file
};

result<std::unique_ptr<store>> open_store(executor network, store_options options, store_tuning tuning);

}  // namespace krane
