#include "api/spec_reader.hpp"

#include <algorithm>
#include <boost/json/object.hpp>
#include <string_view>
#include <utility>
#include <vector>

#include "api/mapping.hpp"
#include "api/request_reader.hpp"
#include "model/service_fields.hpp"
#include "model/spec_fields.hpp"

namespace krane {
namespace {

// Takes the service fields out of "config", and what is known neither there nor in wire::config_request, which is a
// fault that may have meant any of them.
std::vector<written_member> take_service_fields(boost::json::value& body, std::vector<fault>& faults) {
  std::vector<written_member> taken;
  auto* const top = body.if_object();
  auto* const found = top == nullptr ? nullptr : top->if_contains("config");
  auto* const config = found == nullptr ? nullptr : found->if_object();
  if (config == nullptr) return taken;
  std::vector<std::string_view> known;
  for (spec_field const& field : spec_fields())
    if (field.in_config) known.push_back(field.key);
  std::size_t const own = known.size();
  for (service_field const& field : service_fields()) known.push_back(field.key);
  boost::json::object rest;
  for (auto const& [key, value] : *config) {
    auto const at = static_cast<std::size_t>(std::ranges::find(known, std::string_view(key)) - known.begin());
    if (at < own)
      rest[key] = value;
    else if (at < known.size())
      taken.push_back({std::string(key), {}, written_from_json(value)});
    else
      faults.push_back({json_detail::member_path("config", key), json_detail::unknown_key_text(key, known)});
  }
  *config = std::move(rest);
  return taken;
}

}  // namespace

result<spec> read_spec(boost::json::value body) {
  std::vector<fault> unknown;
  auto service = take_service_fields(body, unknown);
  auto fields = read_fields_of<wire::deployment_request>(body);
  add_faults(fields.faults, std::move(unknown));
  auto input = wire::to_spec_input(fields.value);
  input.service = std::move(service);
  auto wanted = make_spec(input);
  if (!wanted) add_faults(fields.faults, wanted.error().details);
  if (!fields.faults.empty()) return make_error(std::move(fields.faults));
  return wanted;
}

}  // namespace krane
