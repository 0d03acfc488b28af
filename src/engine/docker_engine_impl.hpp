#pragma once
// The parts of docker_engine.cpp, docker_networks.cpp and docker_streams.cpp in common; not for other rooms.
#include <string>
#include <string_view>

#include "base/async.hpp"
#include "engine/docker_engine.hpp"
#include "engine/http_client.hpp"

namespace krane::docker {

class docker_engine final : public engine {
public:
  docker_engine(executor network, endpoint where, engine_deadlines deadlines);

  task<void> ping() override;
  task<engine_version> version() override;
  task<std::string> storage_folder() override;
  task<pull_habits> habits() override;
  task<image_details> pull(image_ref what, std::function<void(pull_progress const&)> on_progress,
                           std::optional<registry_login> login) override;
  task<std::optional<image_details>> find_image(std::string id_or_reference) override;
  task<std::string> ask_registry(image_ref what, std::optional<registry_login> login) override;
  task<std::vector<image_summary>> list_images() override;
  task<bool> remove_image(std::string id_or_reference) override;
  task<std::vector<std::string>> list_volumes(labels having) override;
  task<std::vector<network_details>> find_networks(std::string name) override;
  task<network_details> ensure_network(std::string name, labels marks) override;
  task<void> remove_network(std::string id) override;
  task<void> connect_network(std::string network, container_id id, std::vector<std::string> aliases) override;
  task<void> disconnect_network(std::string network, container_id id) override;
  task<std::optional<volume_details>> find_volume(std::string name) override;
  task<volume_details> create_volume(std::string name, labels marks) override;
  task<bool> remove_volume(std::string name) override;
  task<container_id> create_container(container_spec what) override;
  task<void> put_files(container_id id, std::string folder, std::vector<container_file> files) override;
  task<void> start_container(container_id id) override;
  task<void> stop_container(container_id id, std::chrono::seconds grace) override;
  task<void> set_restart_policy(container_id id, std::optional<restart_policy> policy) override;
  task<void> pause_container(container_id id) override;
  task<void> unpause_container(container_id id) override;
  task<void> remove_container(container_id id, anonymous_volumes its) override;
  task<std::optional<container_details>> find_container(std::string id_or_name) override;
  task<std::vector<container_summary>> list_containers(labels having) override;
  task<std::unique_ptr<log_stream>> logs(container_id id, log_options options) override;
  task<std::unique_ptr<engine_event_stream>> container_events(labels having) override;

private:
  // The whole of a call within `limit`: agreeing on a version first where that has not been done, then
  // "/v1.41" + target. `doing` completes "the engine did not … in time".
  task<response> ask(request what, std::chrono::milliseconds limit, std::string doing);
  task<std::unique_ptr<response_stream>> open(request what, std::chrono::milliseconds limit, std::string doing);
  task<response> ask_versioned(request what);
  task<std::unique_ptr<response_stream>> open_versioned(request what);
  // "/v1.41", agreed on at the first call and again after the engine was away: it may have been exchanged.
  task<std::string> version_prefix();
  task<std::string> negotiate();

  task<image_details> pull_within_total(image_ref what, std::function<void(pull_progress const&)> on_progress,
                                        std::optional<registry_login> login);
  task<std::string> events_begin();
  task<void> remove_until_gone(container_id id, anonymous_volumes its);

  http_client client_;
  engine_deadlines deadlines_;
  semaphore networks_;
  std::string version_prefix_;
};

}  // namespace krane::docker
