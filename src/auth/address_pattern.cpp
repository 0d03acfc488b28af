#include "auth/address_pattern.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/ip/address_v4.hpp>
#include <boost/asio/ip/address_v6.hpp>
#include <charconv>

namespace krane {
namespace {

namespace ip = boost::asio::ip;

std::vector<unsigned char> bytes_of_address(ip::address const& address) {
  auto copy = [](auto const& bytes) { return std::vector<unsigned char>(bytes.begin(), bytes.end()); };
  return address.is_v4() ? copy(address.to_v4().to_bytes()) : copy(address.to_v6().to_bytes());
}

bool same_prefix(ip::address const& a, ip::address const& b, unsigned bits) {
  if (a.is_v4() != b.is_v4()) return false;
  auto const x = bytes_of_address(a);
  auto const y = bytes_of_address(b);
  for (std::size_t i = 0; bits > 0; ++i) {
    unsigned const here = std::min(bits, 8U);
    auto const mask = static_cast<unsigned char>(0xff00U >> here);
    if (((x[i] ^ y[i]) & mask) != 0) return false;
    bits -= here;
  }
  return true;
}

bool nothing_after_prefix(ip::address const& address, unsigned bits) {
  auto const bytes = bytes_of_address(address);
  for (unsigned bit = bits; bit < bytes.size() * 8; ++bit)
    if ((bytes[bit / 8] >> (7 - bit % 8) & 1) != 0) return false;
  return true;
}

// '*' any run, '?' any one character. Goes back to the last '*' only, so it takes no more than |pattern| × |text|.
bool glob_match(std::string_view pattern, std::string_view text) {
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t star = std::string_view::npos;
  std::size_t resume = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = t;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

// A glob that an address may be meant by: without a colon no letters, else hex digits.
bool may_be_address(std::string_view glob) {
  bool const v6 = glob.find(':') != std::string_view::npos;
  return glob.find_first_not_of(v6 ? "0123456789abcdef:.*?" : "0123456789.*?") == std::string_view::npos;
}

}  // namespace

std::optional<ip::address> parse_address(std::string_view text) {
  boost::system::error_code ec;
  auto const address = ip::make_address(std::string(text.substr(0, text.find('%'))), ec);
  if (ec) return std::nullopt;
  if (address.is_v6() && address.to_v6().is_v4_mapped())
    return ip::address(ip::make_address_v4(ip::v4_mapped, address.to_v6()));
  return address;
}

result<address_patterns::pattern> address_patterns::parse_one(std::string_view text) {
  pattern one;
  if (text.starts_with('!')) {
    one.negated = true;
    text.remove_prefix(1);
  }
  if (text.empty()) return make_error(errc::invalid, "from= has an empty pattern");
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? char(c - 'A' + 'a') : c; });

  if (auto const slash = lower.find('/'); slash != std::string::npos) {
    one.network = parse_address(std::string_view(lower).substr(0, slash));
    auto const digits = std::string_view(lower).substr(slash + 1);
    auto const [end, ec] = std::from_chars(digits.data(), digits.data() + digits.size(), one.prefix);
    bool const whole = ec == std::errc{} && end == digits.data() + digits.size();
    if (!one.network || !whole || one.prefix > (one.network->is_v4() ? 32U : 128U) ||
        !nothing_after_prefix(*one.network, one.prefix))
      return make_error(errc::invalid, fmt::format("from= holds \"{}\", which is no network", text));
    return one;
  }
  one.network = parse_address(lower);
  if (one.network) {
    one.prefix = one.network->is_v4() ? 32 : 128;
    return one;
  }
  one.is_name = !may_be_address(lower);
  if (one.is_name && one.negated)
    return make_error(errc::invalid, fmt::format("from= excludes \"{}\" by name, and names are not looked up", text));
  one.glob = std::move(lower);
  return one;
}

result<address_patterns> address_patterns::parse(std::string_view list) {
  address_patterns all;
  while (true) {
    auto const comma = list.find(',');
    auto one = parse_one(list.substr(0, comma));
    if (!one) return one.error();
    all.patterns_.push_back(std::move(*one));
    if (comma == std::string_view::npos) return all;
    list.remove_prefix(comma + 1);
  }
}

bool address_patterns::matches(pattern const& one, ip::address const& address, std::string const& text) {
  if (one.network) return same_prefix(*one.network, address, one.prefix);
  return !one.is_name && glob_match(one.glob, text);
}

bool address_patterns::match(std::string_view address) const {
  auto const parsed = parse_address(address);
  if (!parsed) return false;
  std::string const text = parsed->to_string();
  bool matched = false;
  for (auto const& one : patterns_) {
    if (!matches(one, *parsed, text)) continue;
    if (one.negated) return false;
    matched = true;
  }
  return matched;
}

bool address_patterns::has_names() const {
  return std::ranges::any_of(patterns_, [](pattern const& one) { return one.is_name; });
}

}  // namespace krane
