#include "client/plan_types.hpp"

#include <utility>

namespace krane::client {

result<plan_info> json_decode(std::type_identity<plan_info>, boost::json::value const& from) {
  auto fields = decode<plan_fields>(from, unknown_keys::ignore);
  if (!fields) return fields.error();
  return plan_info{std::move(*fields), from};
}

}  // namespace krane::client
