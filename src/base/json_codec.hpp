#pragma once
// The templates behind json.hpp; include that.
#include <boost/describe.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <boost/mp11/algorithm.hpp>
#include <concepts>
#include <cstdint>
#include <map>
#include <optional>
#include <type_traits>
#include <vector>

#include "base/json.hpp"

namespace krane::json_detail {

template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;
template <class T>
inline constexpr bool is_vector = false;
template <class T>
inline constexpr bool is_vector<std::vector<T>> = true;
template <class T>
inline constexpr bool is_map = false;
template <class T>
inline constexpr bool is_map<std::map<std::string, T>> = true;

template <class T>
concept described_struct = boost::describe::has_describe_members<T>::value && std::is_class_v<T>;
template <class T>
concept described_enum = boost::describe::has_describe_enumerators<T>::value;
template <class T>
concept has_defaults = requires { requires T::json_defaults; };
template <class T>
concept custom_decode = requires(boost::json::value const& v) {
  { json_decode(std::type_identity<T>{}, v) } -> std::same_as<result<T>>;
};
template <class T>
concept custom_encode = requires(T const& t) {
  { json_encode(t) } -> std::same_as<boost::json::value>;
};

template <class T>
using members_of =
    boost::describe::describe_members<T, boost::describe::mod_any_access | boost::describe::mod_inherited>;

char const* kind_name(boost::json::value const& v);
std::string member_path(std::string const& parent, std::string_view key);
std::string element_path(std::string const& parent, std::size_t index);
std::string unknown_key_text(std::string_view key, std::vector<std::string_view> const& known);

class decoder {
public:
  explicit decoder(unknown_keys policy) : policy_(policy) {}

  std::vector<fault> faults;

  template <class T>
  void read(boost::json::value const& from, std::string const& path, T& out) {
    if constexpr (custom_decode<T>) {
      auto value = json_decode(std::type_identity<T>{}, from);
      if (value)
        out = std::move(*value);
      else
        add({path, value.error().message});
    } else if constexpr (std::same_as<T, boost::json::value>) {
      out = from;
    } else if constexpr (is_optional<T>) {
      if (from.is_null())
        out.reset();
      else
        read(from, path, out.emplace());
    } else if constexpr (std::same_as<T, bool>) {
      if (from.is_bool())
        out = from.get_bool();
      else
        wanted("true or false", from, path);
    } else if constexpr (std::integral<T>) {
      boost::json::error_code ec;
      T const value = from.is_number() ? from.to_number<T>(ec) : T{};
      if (!from.is_number() || ec)
        wanted("a whole number in range", from, path);
      else
        out = value;
    } else if constexpr (std::floating_point<T>) {
      if (from.is_number())
        out = from.to_number<T>();
      else
        wanted("a number", from, path);
    } else if constexpr (std::same_as<T, std::string>) {
      if (from.is_string())
        out.assign(from.get_string().data(), from.get_string().size());
      else
        wanted("a string", from, path);
    } else if constexpr (described_enum<T>) {
      read_enum(from, path, out);
    } else if constexpr (is_vector<T>) {
      read_array(from, path, out);
    } else if constexpr (is_map<T>) {
      read_map(from, path, out);
    } else {
      static_assert(described_struct<T>, "describe this type with BOOST_DESCRIBE_STRUCT, or give it json_decode");
      read_struct(from, path, out);
    }
  }

private:
  // A document of a megabyte may hold a fault every few bytes; nobody mends more than these at a time.
  static constexpr std::size_t most_faults = 100;
  bool full() const { return faults.size() >= most_faults; }
  void add(fault one) {
    if (!full()) faults.push_back(std::move(one));
  }

  void wanted(char const* what, boost::json::value const& got, std::string const& path) {
    add({path, std::string("wants ") + what + ", got " + kind_name(got)});
  }

  template <class T>
  void read_enum(boost::json::value const& from, std::string const& path, T& out) {
    bool found = false;
    std::string allowed;
    boost::mp11::mp_for_each<boost::describe::describe_enumerators<T>>([&](auto one) {
      allowed += (allowed.empty() ? "" : ", ") + std::string(one.name);
      if (!found && from.is_string() && from.get_string() == one.name) {
        out = one.value;
        found = true;
      }
    });
    if (!found) add({path, "wants one of: " + allowed});
  }

  template <class T>
  void read_array(boost::json::value const& from, std::string const& path, std::vector<T>& out) {
    if (!from.is_array()) {
      wanted("a list", from, path);
      return;
    }
    out.clear();
    for (auto const& element : from.get_array()) {
      T value{};
      read(element, element_path(path, out.size()), value);
      out.push_back(std::move(value));
    }
  }

  template <class T>
  void read_map(boost::json::value const& from, std::string const& path, std::map<std::string, T>& out) {
    if (!from.is_object()) {
      wanted("an object", from, path);
      return;
    }
    out.clear();
    for (auto const& [key, element] : from.get_object()) read(element, member_path(path, key), out[std::string(key)]);
  }

  template <class T>
  void read_struct(boost::json::value const& from, std::string const& path, T& out) {
    if (!from.is_object()) {
      wanted("an object", from, path);
      return;
    }
    auto const& object = from.get_object();
    std::vector<std::string_view> known;
    boost::mp11::mp_for_each<members_of<T>>([&](auto member) {
      known.push_back(member.name);
      auto& slot = out.*member.pointer;
      using slot_type = std::remove_reference_t<decltype(slot)>;
      if (auto const found = object.find(member.name); found != object.end())
        read(found->value(), member_path(path, member.name), slot);
      else if constexpr (!is_optional<slot_type> && !has_defaults<T>)
        add({member_path(path, member.name), "is missing"});
    });
    if (policy_ == unknown_keys::ignore) return;
    for (auto const& entry : object)
      if (!full() && std::ranges::find(known, std::string_view(entry.key())) == known.end())
        add({member_path(path, entry.key()), unknown_key_text(entry.key(), known)});
  }

  unknown_keys policy_;
};

template <class T>
boost::json::value write(T const& from) {
  if constexpr (custom_encode<T>) {
    return json_encode(from);
  } else if constexpr (std::same_as<T, boost::json::value>) {
    return from;
  } else if constexpr (is_optional<T>) {
    return from ? write(*from) : boost::json::value(nullptr);
  } else if constexpr (std::same_as<T, bool> || std::integral<T> || std::floating_point<T>) {
    return boost::json::value(from);
  } else if constexpr (std::convertible_to<T, std::string_view>) {
    return boost::json::value(boost::json::string_view(std::string_view(from).data(), std::string_view(from).size()));
  } else if constexpr (described_enum<T>) {
    return boost::json::value(boost::describe::enum_to_string(from, ""));
  } else if constexpr (is_vector<T>) {
    boost::json::array array;
    array.reserve(from.size());
    for (auto const& element : from) array.push_back(write(element));
    return array;
  } else if constexpr (is_map<T>) {
    boost::json::object object;
    for (auto const& [key, element] : from) object[key] = write(element);
    return object;
  } else {
    static_assert(described_struct<T>, "describe this type with BOOST_DESCRIBE_STRUCT, or give it json_encode");
    boost::json::object object;
    boost::mp11::mp_for_each<members_of<T>>([&](auto member) {
      auto const& slot = from.*member.pointer;
      using slot_type = std::remove_cvref_t<decltype(slot)>;
      if constexpr (is_optional<slot_type>) {
        if (slot) object[member.name] = write(*slot);
      } else {
        object[member.name] = write(slot);
      }
    });
    return object;
  }
}

}  // namespace krane::json_detail

namespace krane {

template <class T>
result<T> decode(boost::json::value const& from, unknown_keys policy) {
  json_detail::decoder reader(policy);
  T out{};
  reader.read(from, "", out);
  if (!reader.faults.empty()) return make_error(std::move(reader.faults));
  return out;
}

template <class T>
boost::json::value encode(T const& from) {
  return json_detail::write(from);
}

template <class T>
std::string to_json_text(T const& from) {
  return boost::json::serialize(encode(from));
}

}  // namespace krane
