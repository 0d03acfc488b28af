#pragma once
// How the fields of service_config that are more than a text are read and written. Private to the model: the table is
// in service_fields.cpp.
#include <boost/json/value.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "model/field_reader.hpp"
#include "model/service_config.hpp"

namespace krane::service_readers {

using read_field = void(written_value const& from, std::string const& path, field_reader& with, service_config& into);
using write_field = boost::json::value(service_config const& from);

read_field read_environment, read_secrets, read_labels, read_ports, read_volumes, read_tmpfs, read_volatile,
    read_extra_hosts, read_healthcheck, read_resources, read_restart, read_stop_signal, read_logging, read_cap_drop,
    read_cap_add, read_devices, read_user, read_working_dir, read_registry_auth;
write_field write_environment, write_secrets, write_labels, write_ports, write_volumes, write_tmpfs, write_volatile,
    write_healthcheck, write_resources, write_restart, write_logging, write_registry_auth;

// null for what is empty.
boost::json::value json_of(std::string_view text);
boost::json::value json_of(std::vector<std::string> const& texts);

}  // namespace krane::service_readers
