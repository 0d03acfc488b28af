# The last released server, for the tests that replace a running one by what is built here. Built from the project's own
# history, without optimization: what counts is what it stores and how its HAProxy is set up.
# Sourced after say.sh.

released_version=0.1.0
released_commit=88255f6167096bfee12d0448d9b17300b4a4c744

# released_server_build FOLDER: FOLDER/bin/krane-server, built once. Fails where the history does not have the commit, as
# in a shallow clone.
released_server_build() {
  local folder=$1
  [ "$(cat "$folder/commit" 2>/dev/null)" != "$released_commit" ] || return 0
  rm -rf "$folder"
  mkdir -p "$folder/source"
  git archive "$released_commit" | tar -x -C "$folder/source"
  cmake -S "$folder/source" -B "$folder" -G Ninja -DCMAKE_C_COMPILER=clang-19 -DCMAKE_CXX_COMPILER=clang++-19 \
    -DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_FLAGS_DEBUG=-O0 -DKRANE_UNITY=ON
  cmake --build "$folder" --target krane-server
  echo "$released_commit" >"$folder/commit"
}
