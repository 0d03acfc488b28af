#include "engine/tar.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace krane::docker {
namespace {

constexpr std::size_t block = 512;
constexpr std::size_t most_name = 100;
constexpr char file_type = '0';
constexpr char long_name_type = 'L';  // GNU's: its content is the name of the entry that follows

std::string header(std::string_view name, std::size_t size, char type) {
  std::string out(block, '\0');
  auto const put = [&](std::size_t at, std::string_view text) { out.replace(at, text.size(), text); };
  put(0, name.substr(0, most_name));
  put(100, "0000444");
  put(108, "0000000");
  put(116, "0000000");
  put(124, fmt::format("{:011o}", size));
  put(136, "00000000000");
  put(156, std::string_view(&type, 1));
  put(257, std::string_view("ustar\00000", 8));
  put(265, "root");
  put(297, "root");
  // The sum of all bytes, with blanks where it will stand.
  put(148, "        ");
  unsigned sum = 0;
  for (char const c : out) sum += static_cast<unsigned char>(c);
  put(148, fmt::format("{:06o}", sum));
  out[154] = '\0';
  return out;
}

void add_entry(std::string& to, std::string_view name, std::string_view bytes, char type) {
  to += header(name, bytes.size(), type);
  to += bytes;
  to.append((block - bytes.size() % block) % block, '\0');
}

}  // namespace

std::string make_tar(std::vector<container_file> const& files) {
  std::string out;
  for (container_file const& one : files) {
    if (one.name.size() > most_name) add_entry(out, "././@LongLink", one.name + '\0', long_name_type);
    add_entry(out, one.name, one.bytes, file_type);
  }
  out.append(2 * block, '\0');
  return out;
}

}  // namespace krane::docker
