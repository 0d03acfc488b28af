#pragma once
// JSON Merge Patch (RFC 7396), as PATCH /deployments/:name takes it: members replace those of the same name, null takes
// one away, objects are merged, and everything else, lists too, is replaced whole.
//
// Threads: any.
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <string>

#include "base/result.hpp"
#include "model/spec.hpp"

namespace krane {

void merge_patch(boost::json::object& target, boost::json::object const& patch);

// `stored` as `body` changes it, checked whole as POST /deployments checks it. The body is a patch of "config", or
// {"config": {…}} as POST has it, where "name" may stand too but not be another. errc::invalid with every fault.
result<spec> read_patched(spec const& stored, boost::json::value const& body);

}  // namespace krane
