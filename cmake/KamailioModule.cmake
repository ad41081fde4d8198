# SPDX-License-Identifier: GPL-2.0-or-later
# kamailio_module(): a module for the installed Kamailio, built out of its tree.
#
# Debian ships no Kamailio headers, and Kamailio refuses a module whose version string or compile
# flags differ from its own. So the headers come from the source package of the installed version,
# the defines from what that tree's own Makefiles would pass, and both strings are compared with
# `kamailio -v` here, before anything is compiled against them.
# Kamailio 6 builds with CMake: only fg_kamailio_find_* would change for it.
include(SourcePackage)

set(FG_KAMAILIO_SOURCE "" CACHE PATH "Unpacked Kamailio source tree to use instead of fetching it")

# The program whose version counts: Debian installs it where a user's PATH may not look.
function(fg_kamailio_find_program out)
    find_program(FG_KAMAILIO_PROGRAM kamailio PATHS /usr/sbin /usr/local/sbin)
    if(NOT FG_KAMAILIO_PROGRAM)
        message(FATAL_ERROR
            "Kamailio is not installed: no program 'kamailio' in PATH, /usr/sbin or /usr/local/sbin.\n"
            "Run scripts/install-deps (Debian package: kamailio), or leave the module out with "
            "-DFG_WITH_MODULE=OFF.")
    endif()
    set(${out} "${FG_KAMAILIO_PROGRAM}" PARENT_SCOPE)
endfunction()

# The `src` directory of the source tree, configured (src/config.mak written).
function(fg_kamailio_find_source out)
    fg_deps_lock()
    if(FG_KAMAILIO_SOURCE)
        set(tree "${FG_KAMAILIO_SOURCE}")
        if(NOT EXISTS "${tree}/src/Makefile.defs")
            message(FATAL_ERROR "FG_KAMAILIO_SOURCE=${tree} is not a Kamailio 5 source tree: "
                                "it has no src/Makefile.defs.")
        endif()
    else()
        fg_source_package(kamailio name version)
        if(NOT name)
            message(FATAL_ERROR
                "Kamailio was not installed from a Debian package, so its source package cannot be "
                "fetched.\nUnpack the sources of the installed version and name them in "
                "-DFG_KAMAILIO_SOURCE=DIR, or leave the module out with -DFG_WITH_MODULE=OFF.")
        endif()
        fg_fetch_source(${name} ${version} tree)
    endif()
    if(NOT EXISTS "${tree}/src/config.mak")
        find_program(FG_MAKE NAMES gmake make REQUIRED)
        fg_run("'make cfg' in ${tree}" ${FG_MAKE} -C "${tree}" cfg)
    endif()
    set(${out} "${tree}/src" PARENT_SCOPE)
endfunction()

# The -D and -pthread flags with which the tree itself would compile a module: asked of make, since
# Makefile.defs adds some to those in config.mak.
function(fg_kamailio_find_flags source out)
    find_program(FG_MAKE NAMES gmake make REQUIRED)
    execute_process(
        COMMAND ${FG_MAKE} -n -W pv.c -C "${source}/modules/pv" pv.o
        OUTPUT_VARIABLE recipe ERROR_VARIABLE error RESULT_VARIABLE failed)
    if(failed OR NOT recipe MATCHES "[^\n;]* -c pv\\.c[^\n]*")
        message(FATAL_ERROR "make -n in ${source}/modules/pv does not tell how a module is "
                            "compiled:\n${recipe}${error}")
    endif()
    separate_arguments(arguments UNIX_COMMAND "${CMAKE_MATCH_0}")
    set(flags "")
    foreach(argument IN LISTS arguments)
        if(argument MATCHES "^(-D.+|-pthread)$" AND NOT argument MATCHES "^-DMOD_NAME=")
            list(APPEND flags "${argument}")
        endif()
    endforeach()
    set(${out} "${flags}" PARENT_SCOPE)
endfunction()

# Stops unless a module built from SOURCE with FLAGS carries the strings that PROGRAM wants to see.
function(fg_kamailio_compare program source flags)
    execute_process(COMMAND ${program} -v OUTPUT_VARIABLE told ERROR_QUIET RESULT_VARIABLE failed)
    if(failed OR NOT told MATCHES "^version: ([^\n]*)\nflags: ([^\n]*)\n")
        message(FATAL_ERROR "'${program} -v' does not tell its version and flags:\n${told}")
    endif()
    string(STRIP "${CMAKE_MATCH_1}" program_version)
    set(program_flags "${CMAKE_MATCH_2}")

    set(probe "${CMAKE_BINARY_DIR}/CMakeFiles/kamailio-probe")
    file(WRITE "${probe}.c"
        "#include <stdio.h>\n"
        # Since 6.1 the allocators tell how they were built.
        "#if VERSIONVAL >= 6001000\n#include \"core/mem/memcore.h\"\n#endif\n"
        "#include \"core/ver_defs.h\"\n"
        "int main(void) { puts(SER_FULL_VERSION); puts(SER_COMPILE_FLAGS); return 0; }\n")
    fg_run("Compiling the Kamailio version probe"
        ${CMAKE_C_COMPILER} ${flags} -I${source} "${probe}.c" -o "${probe}")
    execute_process(COMMAND "${probe}" OUTPUT_VARIABLE ours COMMAND_ERROR_IS_FATAL ANY)
    string(REGEX MATCH "^([^\n]*)\n([^\n]*)\n" ignored "${ours}")
    string(STRIP "${CMAKE_MATCH_1}" source_version)
    set(source_flags "${CMAKE_MATCH_2}")

    # `kamailio -v` may append a repository revision to the version.
    string(FIND "${program_version} " "${source_version} " at)
    if(at EQUAL 0 AND program_flags STREQUAL source_flags)
        message(STATUS "Kamailio: ${program_version}, headers in ${source}")
        return()
    endif()
    message(FATAL_ERROR
        "The Kamailio sources do not match the installed Kamailio, which would refuse the module.\n"
        "  installed version: ${program_version}  (${program})\n"
        "  sources' version:  ${source_version}  (${source})\n"
        "  installed flags: ${program_flags}\n"
        "  sources' flags:  ${source_flags}\n"
        "What to do: where the versions differ, remove ${FG_DEPS_DIR} and configure again to fetch "
        "the matching source package, or install the Kamailio the sources belong to. Where the "
        "flags differ, run 'make cfg' in the sources with the options that Kamailio was built with "
        "and name that tree in -DFG_KAMAILIO_SOURCE=DIR. Or leave the module out with "
        "-DFG_WITH_MODULE=OFF.")
endfunction()

# fg_kamailio: headers and flags of the installed Kamailio, for modules/ alone.
function(fg_kamailio_import)
    fg_kamailio_find_program(program)
    fg_kamailio_find_source(source)
    fg_kamailio_find_flags("${source}" flags)
    fg_kamailio_compare("${program}" "${source}" "${flags}")

    add_library(fg_kamailio INTERFACE)
    target_include_directories(fg_kamailio SYSTEM INTERFACE "${source}" "${source}/lib")
    # Linked after fg_options, so that these come last. Kamailio's export tables hold `char *` names
    # and cast functions of several shapes to one; its macros end argument lists the GNU way.
    target_compile_options(fg_kamailio INTERFACE
        ${flags} -Wno-write-strings -Wno-cast-function-type -Wno-pedantic
        # clang, unlike gcc, also warns inside the system headers' macros (LM_ERR and its kin).
        $<$<C_COMPILER_ID:Clang>:-Wno-cast-qual -Wno-cast-align>)
endfunction()

# kamailio_module(NAME SOURCES files... [LIBS libs...]): NAME.so in the current binary directory. It
# exports what Kamailio looks up and nothing else.
function(kamailio_module name)
    cmake_parse_arguments(ARG "" "" "SOURCES;LIBS" ${ARGN})
    if(NOT TARGET fg_kamailio)
        fg_kamailio_import()
    endif()
    add_library(${name} MODULE ${ARG_SOURCES})
    set(exports "${PROJECT_SOURCE_DIR}/cmake/kamailio-module.map")
    # Kamailio's locks are GNU inline assembly; its headers set no visibility, the map does.
    set_target_properties(${name} PROPERTIES
        PREFIX "" OUTPUT_NAME ${name} C_EXTENSIONS ON C_VISIBILITY_PRESET default
        LINK_DEPENDS "${exports}")
    target_include_directories(${name} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
    target_compile_definitions(${name} PRIVATE "MOD_NAME=\"${name}\"")
    target_link_libraries(${name} PRIVATE ${ARG_LIBS} fg_options fg_kamailio)
    target_link_options(${name} PRIVATE "-Wl,--version-script=${exports}")
endfunction()
