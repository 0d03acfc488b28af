// Image references, registries, tags, names and ports: what is taken is spelled in one way, and stored and read again
// as it was.
#include "fuzz/property.hpp"
#include "model/spec.hpp"

namespace krane {
namespace {

std::string spelled(image_parts const& parts) {
  std::string text = parts.registry ? *parts.registry + "/" : "";
  text += parts.repository;
  if (parts.tag) text += ":" + *parts.tag;
  if (parts.digest) text += "@" + *parts.digest;
  return text;
}

void try_image(std::string_view text) {
  auto const parts = parse_image(text);
  if (!parts) return;
  auto const again = parse_image(spelled(*parts));
  test::must_hold(again && spelled(*again) == spelled(*parts), "a reference comes back as it was");
  test::must_hold(!parts->repository.empty() && !parts->tag.value_or("x").empty(), "no part is empty");
}

void try_spec(std::string_view text) {
  // Lines of the input are the fields, in order.
  spec_input input;
  for (auto* field :
       {&input.name, &input.image, &input.registry, &input.tag, &input.container_port, &input.host_port}) {
    auto const end = text.find('\n');
    *field = std::string(text.substr(0, end));
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
  }
  auto const made = make_spec(input);
  if (!made) {
    test::must_hold(!made.error().details.empty(), "a refusal names its faults");
    return;
  }
  auto const kept = from_stored(to_stored(*made));
  test::must_hold(kept && *kept == *made, "a spec is read as it was stored");
  auto const ref = made->image_for(std::nullopt);
  test::must_hold(ref.digest || !ref.tag.empty(), "never an empty tag, which would pull every tag");
  auto const parts = parse_image(ref.text());
  test::must_hold(parts && parts->registry == ref.registry && parts->repository == ref.repository,
                  "the engine reads the reference as it was meant");
}

void try_one(std::string_view text) {
  try_image(text);
  try_spec(text);
  if (auto const registry = parse_registry(text))
    test::must_hold(*parse_registry(*registry) == *registry, "one spelling");
  if (auto const tag = parse_tag(text)) test::must_hold(*tag == text, "a tag is taken as it is");
  if (auto const name = parse_deployment_name(text)) test::must_hold(name->str() == text, "a name is taken as it is");
  if (auto const number = parse_port(text)) test::must_hold(std::to_string(*number) == text, "a port has one spelling");
}

}  // namespace
}  // namespace krane

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  krane::try_one(krane::test::as_text(data, size));
  return 0;
}
