#pragma once
// Where in a container's output a reader is. Each line's place is the engine's time of it, "2020-05-27T21:53:02.1Z",
// and among lines of the same time its number: "2020-05-27T21:53:02.1Z/2" is the second.
//
// The engine keeps the order in which lines were written, and their times may stand in it a little out of order; so a
// reader that comes back is led to the very line it had last, not to the next later time.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace krane {

struct output_place {
  std::string time;
  std::size_t number = 1;

  std::string text() const;
  friend bool operator==(output_place const&, output_place const&) = default;
};
// None: it is no such place.
std::optional<output_place> parse_output_place(std::string_view text);

// Nanoseconds since 1970 of an RFC 3339 time.
std::optional<std::int64_t> to_nanoseconds(std::string_view rfc3339);
// From where the engine is to be asked, so that the line at this place, and all that follow it, are in the answer.
std::string read_from(output_place const& last);

// Numbers the lines in the order in which they come. `time`: empty for the rest of a split line.
class output_numbering {
public:
  // None: no time has been seen yet, so there is no place to name.
  std::optional<output_place> next(std::string_view time);

private:
  output_place last_{.time = {}, .number = 0};
};

// Of lines that are read again, says which come after the reader's last.
class output_skip {
public:
  // `is_there`: the place is known to be in what is read; else what is later than its time comes after it.
  output_skip(output_place last, bool is_there);
  // Whether this line is new to the reader; all that follow the first new one are.
  bool is_new(std::optional<output_place> const& place);

private:
  output_place last_;
  std::int64_t last_ns_;
  bool is_there_;
  bool passed_ = false;
};

// Whether the place can no longer follow one with this time.
bool is_past(output_place const& wanted, std::string_view time);

}  // namespace krane
