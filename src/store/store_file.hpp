#pragma once
// The file krane.db of the state folder: made once and for all at the first start, checked at every other. It is made
// under another name and then renamed, and krane.db.made beside it says that it was; so a krane.db that is missing,
// empty or not whole is always damage, and never a reason to start with an empty store.
//
// Failure: as open_store; a file that is refused is left as it is.
#include <optional>
#include <string>

#include "base/result.hpp"
#include "model/ids.hpp"
#include "store/database.hpp"

namespace krane {

struct store_file {
  database db;
  instance_id instance;
  std::optional<std::string> network{};  // once one was chosen
};

// The folder is there and locked.
result<store_file> open_store_file(std::string const& folder, std::string const& vfs);

void keep_network_row(database& db, std::string const& name);

// The sentence for a failure while the store is being opened.
error opening_failed(std::string const& path, storage_failure const& why);

}  // namespace krane
