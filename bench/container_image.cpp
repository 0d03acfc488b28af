#include "bench/container_image.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <numeric>

#include "e2e/harness/docker.hpp"
#include "e2e/harness/process.hpp"

namespace krane::bench {
namespace {

constexpr std::size_t block = 512;
constexpr char repository[] = "krane-bench/serve";

// A tar archive of one executable.
std::string archive_of(std::string const& name, std::string const& content) {
  std::string head(block, '\0');
  auto const put = [&](std::size_t at, std::string const& text) {
    std::ranges::copy(text, head.begin() + static_cast<long>(at));
  };
  put(0, name);
  put(100, "0000755");
  put(108, "0000000");
  put(116, "0000000");
  put(124, fmt::format("{:011o}", content.size()));
  put(136, "00000000000");
  put(148, std::string(8, ' '));
  put(156, "0");
  put(257, "ustar");
  put(263, "00");
  auto const sum = std::accumulate(head.begin(), head.end(), 0U,
                                   [](unsigned all, char c) { return all + static_cast<unsigned char>(c); });
  put(148, fmt::format("{:06o}", sum) + '\0');
  std::string all = head + content;
  all.resize((all.size() + block - 1) / block * block + 2 * block, '\0');
  return all;
}

}  // namespace

container_image::container_image(engine_calls& engine, std::string const& program)
    : registry_(e2e::docker::registry()) {
  auto const serve = std::filesystem::path(program).parent_path() / "krane-bench-serve";
  auto const archive = archive_of("serve", e2e::read_file(serve.string()));
  for (char const* tag : {"1", "2"})
    engine.import_and_push(fmt::format("{}/{}", registry_, repository), tag, archive,
                           fmt::format("CMD%20%5B%22%2Fserve%22%2C%22{}%22%5D", tag));
}

std::string container_image::config(std::uint16_t host_port, std::string const& more) const {
  return fmt::format(R"("registry":"{}","image":"{}","container_port":"8080","host_port":"{}"{})", registry_,
                     repository, host_port, more);
}

}  // namespace krane::bench
