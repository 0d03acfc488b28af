# g++ 12 miscompiles ordinary coroutine code without a warning (docs/decisions/compiler.md).
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 14)
  message(FATAL_ERROR
    "g++ ${CMAKE_CXX_COMPILER_VERSION} miscompiles valid co_await code (double frees, without a warning). "
    "Use clang 19: cmake --preset release, after scripts/bootstrap.")
endif()
