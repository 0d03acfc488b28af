#include "client/types.hpp"

#include <boost/describe/enum_to_string.hpp>

namespace krane::client {
namespace {

struct detail_fields {
  static constexpr bool json_defaults = true;
  std::vector<container_info> containers;
  std::string status;
  std::optional<std::string> error;
  std::string created_at;
  std::string updated_at;
  std::uint64_t restarts = 0;
  std::optional<run_info> run;
  std::optional<run_info> serving;
};
BOOST_DESCRIBE_STRUCT(detail_fields, (), (containers, status, error, created_at, updated_at, restarts, run, serving))

}  // namespace

bool run_info::is_in(run_step step) const {
  return state == boost::describe::enum_to_string(step, "");
}

std::string container_info::name() const {
  if (Names.empty()) return Id.substr(0, 12);
  return Names.front().starts_with('/') ? Names.front().substr(1) : Names.front();
}

// The key of the first part is a word that C++ keeps for itself, so it is read apart.
result<deployment_info> json_decode(std::type_identity<deployment_info>, boost::json::value const& from) {
  auto fields = decode<detail_fields>(from, unknown_keys::ignore);
  if (!fields) return fields.error();
  auto const* const first = from.get_object().if_contains("template");
  if (first == nullptr) return make_error(errc::invalid, "has no template");
  auto what = decode<template_info>(*first, unknown_keys::ignore);
  if (!what) return what.error();
  return deployment_info{.template_ = std::move(*what),
                         .containers = std::move(fields->containers),
                         .status = std::move(fields->status),
                         .error = std::move(fields->error),
                         .created_at = std::move(fields->created_at),
                         .updated_at = std::move(fields->updated_at),
                         .restarts = fields->restarts,
                         .run = std::move(fields->run),
                         .serving = std::move(fields->serving),
                         .whole = from};
}

}  // namespace krane::client
