# SPDX-License-Identifier: GPL-2.0-or-later
# fg_options: the compile and link flags of our own code, and only of it. Link it PRIVATE.
add_library(fg_options INTERFACE)
target_compile_features(fg_options INTERFACE c_std_17)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_C_VISIBILITY_PRESET hidden)
include(CheckPIESupported)
check_pie_supported(LANGUAGES C)

target_compile_definitions(fg_options INTERFACE _GNU_SOURCE FG_VERSION="${PROJECT_VERSION}")
target_compile_options(fg_options INTERFACE
    -Werror -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes
    -Wold-style-definition -Wcast-align -Wcast-qual -Wformat=2 -Wundef -Wvla -Wnull-dereference
    -Wpointer-arith -Wwrite-strings
    -fno-common -fstack-protector-strong -fno-strict-aliasing)

if(CMAKE_C_COMPILER_ID STREQUAL "GNU")
    target_compile_options(fg_options INTERFACE -fstack-clash-protection -fcf-protection)
    # gcc's flow analysis reports impossible null paths once sanitizer checks are inlined.
    if(FG_SANITIZE OR FG_COVERAGE)
        target_compile_options(fg_options INTERFACE -Wno-null-dereference -Wno-maybe-uninitialized)
    endif()
endif()

if(FG_SANITIZE)
    target_compile_options(fg_options INTERFACE
        -fsanitize=${FG_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
    target_link_options(fg_options INTERFACE -fsanitize=${FG_SANITIZE})
elseif(CMAKE_BUILD_TYPE STREQUAL "RelWithDebInfo" OR CMAKE_BUILD_TYPE STREQUAL "Release")
    target_compile_definitions(fg_options INTERFACE _FORTIFY_SOURCE=2)
endif()

if(FG_COVERAGE)
    target_compile_options(fg_options INTERFACE --coverage)
    target_link_options(fg_options INTERFACE --coverage)
endif()

target_link_options(fg_options INTERFACE -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack)
