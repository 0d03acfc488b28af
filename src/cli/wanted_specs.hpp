#pragma once
// What is to be deployed, as it was typed — NAME, -f, --image, --tag and --port —, and what that makes of what is
// stored. krane deploy and krane plan both ask here, so that the one means what the other says.
//
// A file says what a deployment is, whole; but how many containers it was scaled to stays, where the file does not say
// how many. Without a file the options change what is stored, and leave the rest of it as it is.
//
// Threads: the network thread.
#include <boost/json/object.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/task.hpp"
#include "cli/command.hpp"
#include "cli/spec_file.hpp"
#include "client/client.hpp"
#include "model/config_changes.hpp"
#include "model/spec.hpp"

namespace krane::cli {

argument spec_name_argument();
std::vector<option> spec_options();

// One of the deployments that were typed.
struct typed_deployment {
  std::string name;
  std::optional<spec_file> file{};  // none: the options are of what is stored
  spec_input options{};
};

// A file of the folder counts without a NAME, or where it names that one. Fails as read_spec_files, and with usage
// errors.
result<std::vector<typed_deployment>> read_typed(arguments const& given);

struct wanted_deployment {
  std::string name;
  std::string source;                             // "krane.yaml", "options on the stored configuration of web"
  boost::json::object config;                     // as it is to be, whole
  std::optional<boost::json::object> patch{};     // of options: what they change of what is stored
  std::optional<client::stored_config> stored{};  // none: it is new
  std::optional<std::uint64_t> keeps_replicas{};  // more than one, of what is stored, since the file names no number

  std::vector<config_change> changes() const;
};

// Also errc::not_found: only options, of a deployment that is not there, and they do not say enough for a new one.
task<wanted_deployment> find_wanted(client::krane_api& api, typed_deployment typed);

struct stored_wanted {
  wanted_deployment wanted;
  client::stored_deployment stored;
};
// Finds what is wanted and stores it, unless another has changed the configuration meanwhile; then once more.
task<stored_wanted> store_wanted(client::krane_api& api, typed_deployment typed,
                                 std::optional<std::uint64_t> if_release);

}  // namespace krane::cli
