#pragma once
// Where an image's registry is asked: the engine's mirrors of docker.io, then the registry itself, with TLS but where
// the engine does without. Pure: a name is not resolved, so that what is insecure by its address only is so for
// localhost and for addresses written out; elsewhere the engine may reach what is not reached from here.
#include <string>
#include <vector>

#include "model/image_ref.hpp"
#include "model/pull_habits.hpp"

namespace krane::oci {

struct place {
  std::string base;          // "https://registry-1.docker.io", without a last slash
  bool verified = true;      // its certificate
  bool is_loopback = false;  // no proxy stands before it
  bool is_mirror = false;    // is told no credentials; what it does not have, the next may
  friend bool operator==(place const&, place const&) = default;
};

// To be asked in this order.
std::vector<place> places_of(image_ref const& what, pull_habits const& how);

// The repository as registries call it: "library/nginx" for docker.io's "nginx".
std::string repository_path(image_ref const& what);

// "registry:5000" or an address of one of these networks.
bool is_insecure(std::string const& host, std::vector<std::string> const& insecure);

}  // namespace krane::oci
