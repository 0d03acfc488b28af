#pragma once
// The state folder on the disk: made private, checked, and what is created in it made to last.
//
// Failure: sentences for the person at the terminal; nothing is changed that a refused start should leave alone.
#include <string>

#include "base/result.hpp"

namespace krane {

// What the system said, for the end of a sentence.
std::string system_message(int number);

// Makes the folder (0700) and the folders above it if they are missing. One that is there must be ours alone: an empty
// one, or one that holds a store, is made 0700; one with other people's things in it that others may write to is
// refused, since we will not change the mode of /tmp.
result<void> prepare_folder(std::string const& folder);

// The names in a folder, or what is in a file, are on the disk.
result<void> sync_folder(std::string const& folder);
result<void> sync_file(std::string const& path);

// Makes a file (0600) with this text. Not synced.
result<void> write_new_file(std::string const& path, std::string const& text);

bool file_exists(std::string const& path);

}  // namespace krane
