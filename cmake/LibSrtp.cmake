# SPDX-License-Identifier: GPL-2.0-or-later
# FgSrtp::srtp2: libsrtp2 with its OpenSSL back end.
#
# Debian 12 builds libsrtp2 on NSS, which keeps every context in one list under one lock and gets
# 10 to 60 times slower as sessions grow. Where the installed library is built on OpenSSL it is used
# as it is; otherwise a static library is made from the source package of the installed version,
# once for all presets, and nothing of it is installed.
include(SourcePackage)

set(FG_LIBSRTP_SOURCE "" CACHE PATH "Unpacked libsrtp2 source tree to use instead of fetching it")

# True when the installed shared library is linked against OpenSSL's libcrypto.
function(fg_srtp_uses_openssl library out)
    set(result FALSE)
    execute_process(COMMAND ${CMAKE_READELF} -d "${library}"
                    OUTPUT_VARIABLE dynamic ERROR_QUIET RESULT_VARIABLE failed)
    if(NOT failed AND dynamic MATCHES "NEEDED[^\n]*libcrypto\\.so")
        set(result TRUE)
    endif()
    set(${out} ${result} PARENT_SCOPE)
endfunction()

# Builds and installs the static library under PREFIX unless it is there.
function(fg_srtp_build_static prefix)
    fg_deps_lock()
    if(EXISTS "${prefix}/lib/libsrtp2.a")
        return()
    endif()
    if(FG_LIBSRTP_SOURCE)
        set(source "${FG_LIBSRTP_SOURCE}")
    else()
        fg_source_package(libsrtp2-dev name version)
        if(NOT name)
            message(FATAL_ERROR
                "libsrtp2-dev is not installed, so there is no version to fetch the source of.\n"
                "Run scripts/install-deps, or name an unpacked tree in -DFG_LIBSRTP_SOURCE=DIR.")
        endif()
        fg_fetch_source(${name} ${version} source)
    endif()
    message(STATUS "Building libsrtp2 with OpenSSL as a static library (once)")
    set(build "${prefix}.build")
    file(REMOVE_RECURSE "${build}" "${prefix}.new")
    fg_run("Configuring libsrtp2"
        ${CMAKE_COMMAND} -S "${source}" -B "${build}" -G ${CMAKE_GENERATOR}
        -DCMAKE_BUILD_TYPE=Release -DCMAKE_INSTALL_PREFIX=${prefix}.new -DCMAKE_INSTALL_LIBDIR=lib
        -DCMAKE_POSITION_INDEPENDENT_CODE=ON -DBUILD_SHARED_LIBS=OFF
        "-DCMAKE_C_FLAGS=-fvisibility=hidden -fstack-protector-strong -D_FORTIFY_SOURCE=2"
        -DENABLE_OPENSSL=ON -DTEST_APPS=OFF -DBUILD_WITH_WARNINGS=OFF)
    fg_run("Building libsrtp2" ${CMAKE_COMMAND} --build "${build}" --target install)
    file(RENAME "${prefix}.new" "${prefix}")
    file(REMOVE_RECURSE "${build}")
endfunction()

function(fg_srtp_import)
    find_package(OpenSSL 3.0 REQUIRED COMPONENTS Crypto)
    find_path(FG_SRTP_INCLUDE srtp2/srtp.h)
    find_library(FG_SRTP_LIBRARY srtp2)
    set(openssl_built FALSE)
    if(FG_SRTP_INCLUDE AND FG_SRTP_LIBRARY AND NOT FG_LIBSRTP_SOURCE)
        fg_srtp_uses_openssl("${FG_SRTP_LIBRARY}" openssl_built)
    endif()
    if(openssl_built)
        message(STATUS "libsrtp2: ${FG_SRTP_LIBRARY} (built on OpenSSL)")
        add_library(FgSrtp::srtp2 UNKNOWN IMPORTED GLOBAL)
        set_target_properties(FgSrtp::srtp2 PROPERTIES
            IMPORTED_LOCATION "${FG_SRTP_LIBRARY}"
            INTERFACE_INCLUDE_DIRECTORIES "${FG_SRTP_INCLUDE}")
        return()
    endif()

    fg_source_package(libsrtp2-dev name version)
    if(FG_LIBSRTP_SOURCE)
        string(MD5 version "${FG_LIBSRTP_SOURCE}")
    endif()
    set(prefix "${FG_DEPS_DIR}/libsrtp2-openssl-${version}")
    fg_srtp_build_static("${prefix}")
    message(STATUS "libsrtp2: ${prefix}/lib/libsrtp2.a (the installed one is not built on OpenSSL)")
    add_library(FgSrtp::srtp2 STATIC IMPORTED GLOBAL)
    # INTERFACE_INCLUDE_DIRECTORIES of an imported target are SYSTEM for whoever links it.
    set_target_properties(FgSrtp::srtp2 PROPERTIES
        IMPORTED_LOCATION "${prefix}/lib/libsrtp2.a"
        INTERFACE_INCLUDE_DIRECTORIES "${prefix}/include"
        INTERFACE_LINK_LIBRARIES OpenSSL::Crypto)
endfunction()

if(NOT TARGET FgSrtp::srtp2)
    fg_srtp_import()
endif()
