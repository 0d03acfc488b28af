#pragma once
// What is sent to the engine, as text: paths, filters and bodies, built from our own fields alone.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/engine.hpp"

namespace krane::docker {

// For one value of a query string.
std::string percent_encoded(std::string_view text);

// Whether it can be a container's id or name, or a volume's, at all. What cannot must not get into a path: "../" would
// be another route of the engine.
bool is_container_name(std::string_view text);
// The same for an image: an id, or a reference.
bool is_image_name(std::string_view text);

// {"label": ["key=value", "key"]} with further entries of one value each, percent-encoded.
std::string filters(labels const& having, std::string_view type = {});

std::string network_body(std::string_view name, labels const& marks);
// {"name": ["…"]}, percent-encoded; the engine takes it for a part of the name.
std::string name_filter(std::string_view name);
std::string connect_body(container_id const& id, std::vector<std::string> const& aliases);
std::string disconnect_body(container_id const& id);
std::string volume_body(std::string_view name, labels const& marks);

// The query of GET /containers/…/logs. errc::invalid if `since` is no time.
result<std::string> logs_query(log_options const& options);

// The query of POST /images/create. errc::invalid when there is neither tag nor digest: that would pull every tag.
result<std::string> pull_query(image_ref const& what);

// The value of X-Registry-Auth.
std::string registry_auth(std::string_view registry, registry_login const& login);

// "Tue, 24 Nov 2026 06:00:54 GMT", as HTTP dates an answer, in seconds since 1970.
std::optional<std::int64_t> parse_http_date(std::string_view text);

}  // namespace krane::docker
