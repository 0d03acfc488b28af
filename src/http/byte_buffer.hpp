#pragma once
// Bytes that were read and not yet used: taken from the front, added at the back, always in one piece.
#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <cstddef>
#include <string_view>
#include <vector>

#include "base/task.hpp"

namespace krane::http {

class byte_buffer {
public:
  std::string_view view() const { return {bytes_.data() + begin_, end_ - begin_}; }
  bool empty() const { return begin_ == end_; }

  // Room for `size` more bytes; commit() says how many of them came.
  asio::mutable_buffer prepare(std::size_t size) {
    if (bytes_.size() - end_ < size) make_room(size);
    return {bytes_.data() + end_, size};
  }
  void commit(std::size_t size) { end_ += size; }
  void consume(std::size_t size) {
    begin_ += size;
    if (begin_ == end_) begin_ = end_ = 0;
  }
  // Gives memory back that one large request needed. Invalidates what view() gave.
  void shrink_to(std::size_t size) {
    if (empty() && bytes_.size() > size) bytes_ = std::vector<char>();
  }

private:
  void make_room(std::size_t size) {
    std::vector<char> larger(std::max(bytes_.size(), end_ - begin_ + size));
    std::copy(bytes_.data() + begin_, bytes_.data() + end_, larger.data());
    bytes_.swap(larger);
    end_ -= begin_;
    begin_ = 0;
  }

  std::vector<char> bytes_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace krane::http
