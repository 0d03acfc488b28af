#pragma once
// The machine words of errors and failed runs that more than one room uses.

namespace krane::reason {

// the registry
inline constexpr char registry_unreachable[] = "registry_unreachable";
inline constexpr char registry_untrusted[] = "registry_untrusted";  // its certificate, or that it has none
inline constexpr char registry_auth[] = "registry_auth";
inline constexpr char registry_denied[] = "registry_denied";
inline constexpr char registry_rate_limited[] = "registry_rate_limited";
inline constexpr char registry_error[] = "registry_error";
inline constexpr char image_not_found[] = "image_not_found";
inline constexpr char image_corrupt[] = "image_corrupt";
// the engine and the machine
inline constexpr char engine_unavailable[] = "engine_unavailable";
inline constexpr char engine_storage[] = "engine_storage";
inline constexpr char engine_error[] = "engine_error";
inline constexpr char deadline[] = "deadline";
inline constexpr char port_in_use[] = "port_in_use";
inline constexpr char port_not_allowed[] = "port_not_allowed";
inline constexpr char address_not_available[] = "address_not_available";
inline constexpr char front_refused[] = "front_refused";
inline constexpr char front_unavailable[] = "front_unavailable";
inline constexpr char name_conflict[] = "name_conflict";
// the container
inline constexpr char command_not_found[] = "command_not_found";
inline constexpr char no_command[] = "no_command";
inline constexpr char not_in_image[] = "not_in_image";  // a user or folder that the config names
inline constexpr char container_exited[] = "container_exited";
inline constexpr char container_gone[] = "container_gone";
inline constexpr char oom_killed[] = "oom_killed";
inline constexpr char unhealthy[] = "unhealthy";
inline constexpr char not_allowed[] = "not_allowed";
inline constexpr char output_not_kept[] = "output_not_kept";  // its logging driver gives nothing back
// the store
inline constexpr char store_failed[] = "store_failed";
inline constexpr char overloaded[] = "overloaded";
// the run and its deployment
inline constexpr char cancelled[] = "cancelled";
inline constexpr char superseded[] = "superseded";
inline constexpr char deployment_deleting[] = "deployment_deleting";
inline constexpr char deployment_exists[] = "deployment_exists";
inline constexpr char host_port_taken[] = "host_port_taken";
inline constexpr char release_not_good[] = "release_not_good";
inline constexpr char release_moved[] = "release_moved";
inline constexpr char config_moved[] = "config_moved";  // it is not the one that If-Match names
inline constexpr char run_under_way[] = "run_under_way";
inline constexpr char nothing_serves[] = "nothing_serves";
inline constexpr char no_run_under_way[] = "no_run_under_way";
inline constexpr char nothing_to_roll_back_to[] = "nothing_to_roll_back_to";
inline constexpr char replicas_need_front[] = "replicas_need_front";  // one container only can have a port of its own
// requests with an Idempotency-Key
inline constexpr char idempotency_key_invalid[] = "idempotency_key_invalid";
inline constexpr char idempotency_key_reused[] = "idempotency_key_reused";
inline constexpr char idempotency_key_in_use[] = "idempotency_key_in_use";
inline constexpr char request_repeated[] = "request_repeated";  // between the store and the API only
// secrets
inline constexpr char secret_missing[] = "secret_missing";
inline constexpr char secret_in_use[] = "secret_in_use";
inline constexpr char secrets_locked[] = "secrets_locked";

}  // namespace krane::reason
