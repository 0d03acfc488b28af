#include "model/spec_fields.hpp"

#include <array>

namespace krane {

std::span<spec_field const> spec_fields() {
  using enum spec_field::kind;
  static constexpr std::array rows{
      spec_field{.key = "name",
                 .in_config = false,
                 .required = true,
                 .is = text,
                 .slot = &spec_input::name,
                 .meaning = "What the deployment is called on the server; its containers are called after it.",
                 .fallback = "",
                 .example = "web",
                 .pattern = "^[a-z0-9]([a-z0-9_-]{0,61}[a-z0-9])?$"},
      spec_field{.key = "image",
                 .in_config = true,
                 .required = true,
                 .is = text,
                 .slot = &spec_input::image,
                 .meaning = "The image to run, without its tag.",
                 .fallback = "",
                 .example = "davidcasta/docker-to-node",
                 .pattern = ""},
      spec_field{.key = "tag",
                 .in_config = true,
                 .required = false,
                 .is = text,
                 .slot = &spec_input::tag,
                 .meaning = "The image's tag.",
                 .fallback = "latest",
                 .example = "v2",
                 .pattern = "^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$"},
      spec_field{.key = "registry",
                 .in_config = true,
                 .required = false,
                 .is = text,
                 .slot = &spec_input::registry,
                 .meaning = "The registry that holds the image: host[:port], without https://.",
                 .fallback = "docker.io",
                 .example = "ghcr.io",
                 .pattern = ""},
      spec_field{.key = "container_port",
                 .in_config = true,
                 .required = false,
                 .is = port,
                 .slot = &spec_input::container_port,
                 .meaning = "The port that the program in the container listens on; a release counts as healthy when "
                            "it accepts connections there.",
                 .fallback = "",
                 .example = "8080",
                 .pattern = ""},
      spec_field{.key = "host_port",
                 .in_config = true,
                 .required = false,
                 .is = port,
                 .slot = &spec_input::host_port,
                 .meaning = "The port of the server's machine that leads to container_port.",
                 .fallback = "",
                 .example = "9002",
                 .pattern = ""},
      spec_field{.key = "publish",
                 .in_config = true,
                 .required = false,
                 .is = text,
                 .slot = &spec_input::publish,
                 .meaning =
                     "Who holds host_port: front (a redeploy refuses no connection) or engine (the Docker engine, "
                     "with a gap of about a second at each redeploy).",
                 .fallback = "front",
                 .example = "engine",
                 .pattern = "^(front|engine)$",
                 .rare = true},
      spec_field{.key = "rollout",
                 .in_config = true,
                 .required = false,
                 .is = text,
                 .slot = &spec_input::rollout,
                 .meaning = "How a new release takes over: rolling (the old one serves until the new one works) or "
                            "recreate (the old one is stopped first, while connections wait).",
                 .fallback = "rolling",
                 .example = "recreate",
                 .pattern = "^(rolling|recreate)$",
                 .rare = true},
      spec_field{.key = "hold",
                 .in_config = true,
                 .required = false,
                 .is = text,
                 .slot = &spec_input::hold,
                 .meaning = "How long a new connection to host_port waits at most while nothing can take it.",
                 .fallback = "10s",
                 .example = "30s",
                 .pattern = "^(0|([0-9]+h)?([0-9]+m)?([0-9]+s)?([0-9]+ms)?)$",
                 .rare = true},
  };
  return rows;
}

std::string path_of(spec_field const& field) {
  return (field.in_config ? "config." : "") + std::string(field.key);
}

}  // namespace krane
