set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)
# Archives, so that neither program needs a library of Boost where it runs.
set(Boost_USE_STATIC_LIBS ON)
find_package(Boost 1.81 REQUIRED COMPONENTS json url)
find_package(OpenSSL 3 REQUIRED)
find_package(CURL 7.88 REQUIRED)
find_package(SQLite3 3.40 REQUIRED)
find_package(SQLiteCpp REQUIRED)
find_package(spdlog REQUIRED)
find_package(fmt REQUIRED)
find_package(CLI11 REQUIRED)

# Asio and Beast compiled once, in src/base/boost_impl.cpp.
add_library(krane_boost INTERFACE)
target_link_libraries(krane_boost INTERFACE Boost::headers Boost::json Boost::url Threads::Threads)
target_compile_definitions(krane_boost INTERFACE
  BOOST_ASIO_SEPARATE_COMPILATION BOOST_BEAST_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED)
