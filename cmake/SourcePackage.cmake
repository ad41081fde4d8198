# SPDX-License-Identifier: GPL-2.0-or-later
# Source packages of installed Debian packages, unpacked once and shared by all presets.

# The sources and what is built from them lie beside the presets' build directories.
set(FG_DEPS_DIR "${PROJECT_SOURCE_DIR}/build/deps")

# fg_source_package(BINARY_PACKAGE OUT_NAME OUT_VERSION): the source package and version that an
# installed binary package was built from; both empty when it is not installed.
function(fg_source_package binary_package out_name out_version)
    set(name "")
    set(version "")
    find_program(DPKG_QUERY dpkg-query)
    if(DPKG_QUERY)
        execute_process(
            COMMAND ${DPKG_QUERY} -W -f "\${db:Status-Status} \${source:Package} \${source:Version}\\n"
                    ${binary_package}
            OUTPUT_VARIABLE line ERROR_QUIET OUTPUT_STRIP_TRAILING_WHITESPACE)
        if(line MATCHES "^installed ([^ \n]+) ([^ \n]+)")
            set(name "${CMAKE_MATCH_1}")
            set(version "${CMAKE_MATCH_2}")
        endif()
    endif()
    set(${out_name} "${name}" PARENT_SCOPE)
    set(${out_version} "${version}" PARENT_SCOPE)
endfunction()

# fg_fetch_source(NAME VERSION OUT_DIR): the unpacked source tree, fetched unless it is there.
# The caller holds fg_deps_lock. Stops the configuration with apt's own words when it fails.
function(fg_fetch_source name version out_dir)
    set(dir "${FG_DEPS_DIR}/${name}-${version}")
    if(NOT IS_DIRECTORY "${dir}")
        message(STATUS "Fetching the source package ${name} ${version} (once, into ${FG_DEPS_DIR})")
        execute_process(
            COMMAND "${PROJECT_SOURCE_DIR}/scripts/fetch-source" ${name} ${version} "${dir}"
            RESULT_VARIABLE failed)
        if(failed)
            message(FATAL_ERROR
                "The source package ${name} ${version} could not be fetched; the reason is above.\n"
                "Without a network, unpack that version elsewhere and name its directory in "
                "-DFG_KAMAILIO_SOURCE=DIR or -DFG_LIBSRTP_SOURCE=DIR.")
        endif()
    endif()
    set(${out_dir} "${dir}" PARENT_SCOPE)
endfunction()

# fg_deps_lock(): presets may be configured at the same time; the lock ends with the caller's function.
macro(fg_deps_lock)
    file(MAKE_DIRECTORY "${FG_DEPS_DIR}")
    file(LOCK "${FG_DEPS_DIR}/lock" GUARD FUNCTION TIMEOUT 900)
endmacro()

# fg_run(WHAT COMMAND...): run a configure-time step; on failure stop and show its output.
function(fg_run what)
    execute_process(COMMAND ${ARGN} RESULT_VARIABLE failed OUTPUT_VARIABLE output ERROR_VARIABLE output)
    if(failed)
        message(FATAL_ERROR "${what} failed:\n${output}")
    endif()
endfunction()
