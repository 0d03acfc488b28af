#include "streams/event_text.hpp"

#include <boost/describe/class.hpp>
#include <optional>

#include "base/json.hpp"
#include "base/utf8.hpp"

namespace krane {
namespace {

struct config_text {
  std::string Registry;
  std::string Image;
  std::string ContainerPort;
  std::string HostPort;
};
BOOST_DESCRIBE_STRUCT(config_text, (), (Registry, Image, ContainerPort, HostPort))

struct template_text {
  std::string Name;
  config_text Config;
};
BOOST_DESCRIBE_STRUCT(template_text, (), (Name, Config))

struct progress_text {
  std::uint64_t Done = 0;
  std::uint64_t Total = 0;
};
BOOST_DESCRIBE_STRUCT(progress_text, (), (Done, Total))

struct event_fields {
  std::string Timestamp;
  std::string Message;
  template_text Deployment;
  std::uint64_t Id = 0;
  std::optional<std::string> Run;
  std::string Phase;
  event_level Level = event_level::info;
  std::optional<progress_text> Progress;
};
BOOST_DESCRIBE_STRUCT(event_fields, (), (Timestamp, Message, Deployment, Id, Run, Phase, Level, Progress))

std::string text_of(std::optional<port> const& p) {
  return p ? std::to_string(*p) : std::string();
}

}  // namespace

std::string to_event_text(event const& e) {
  return to_json_text(event_fields{
      .Timestamp = to_rfc3339(e.at),
      // What the engine or a registry said may hold anything; a WebSocket text frame may not.
      .Message = to_valid_utf8(e.message),
      .Deployment = {e.what.name.str(),
                     {e.what.registry, e.what.image, text_of(e.what.container_port), text_of(e.what.host_port)}},
      .Id = e.id,
      .Run = e.run ? std::optional(e.run->str()) : std::nullopt,
      .Phase = e.phase,
      .Level = e.level,
      .Progress =
          e.progress ? std::optional(progress_text{e.progress->done_bytes, e.progress->total_bytes}) : std::nullopt,
  });
}

}  // namespace krane
