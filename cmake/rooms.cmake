# krane_room(NAME [PUBLIC target…] [PRIVATE target…]): src/NAME as one static library.
function(krane_room name)
  cmake_parse_arguments(ROOM "" "" "PUBLIC;PRIVATE" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  if(NOT sources)
    # A room that holds interfaces only still has to be a library that others can link.
    set(sources ${CMAKE_CURRENT_BINARY_DIR}/empty.cpp)
    file(TOUCH ${sources})
  endif()
  add_library(krane_${name} STATIC ${sources})
  target_include_directories(krane_${name} PUBLIC ${CMAKE_SOURCE_DIR}/src)
  target_link_libraries(krane_${name} PUBLIC krane_options krane_boost ${ROOM_PUBLIC} PRIVATE ${ROOM_PRIVATE})
endfunction()

# krane_tests(NAME target…): every .cpp beside the caller as one GoogleTest program, registered test by test.
function(krane_tests name)
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  if(NOT sources)
    return()
  endif()
  add_executable(${name} ${sources})
  target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR}/tests ${CMAKE_SOURCE_DIR}/src)
  target_link_libraries(${name} PRIVATE ${ARGN} GTest::gmock GTest::gtest_main)
endfunction()
