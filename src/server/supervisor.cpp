#include "server/supervisor.hpp"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <cstring>

#include "base/log.hpp"

namespace krane {

void notify_supervisor(std::string_view state) {
  char const* const path = std::getenv("NOTIFY_SOCKET");
  if (path == nullptr || *path == '\0') return;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::size_t const length = std::strlen(path);
  if (length >= sizeof address.sun_path) {
    log::warn("server", fmt::format("NOTIFY_SOCKET is too long: {}", path));
    return;
  }
  std::memcpy(address.sun_path, path, length);
  if (address.sun_path[0] == '@') address.sun_path[0] = '\0';  // an abstract name

  int const fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  auto const size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + length);
  bool const sent = fd >= 0 && sendto(fd, state.data(), state.size(), MSG_NOSIGNAL,
                                      reinterpret_cast<sockaddr const*>(&address), size) >= 0;
  if (!sent)
    log::warn("server",
              fmt::format("the supervisor at {} cannot be told \"{}\": {}", path, state, std::strerror(errno)));
  if (fd >= 0) close(fd);
}

}  // namespace krane
