#include "api/json_scrubber.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <string>

namespace krane {
namespace {

// As deep as the engine's objects are: a few levels.
void scrub(boost::json::value& in, scrubber const& hides) {
  if (auto* const text = in.if_string()) {
    std::string const clean = hides.clean(std::string(text->data(), text->size()));
    if (clean.size() != text->size() || std::string_view(text->data(), text->size()) != clean)
      text->assign(clean.data(), clean.size());
  } else if (auto* const object = in.if_object()) {
    for (auto& member : *object) scrub(member.value(), hides);
  } else if (auto* const array = in.if_array()) {
    for (auto& item : *array) scrub(item, hides);
  }
}

}  // namespace

void scrub_json(boost::json::value& in, scrubber const& hides) {
  if (hides.hides_anything()) scrub(in, hides);
}

}  // namespace krane
