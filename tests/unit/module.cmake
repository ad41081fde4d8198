# SPDX-License-Identifier: GPL-2.0-or-later
# The part of the module that needs no Kamailio is there also where the module is not built.
if(NOT TARGET fgm_parse)
    add_subdirectory(${PROJECT_SOURCE_DIR}/modules/fraudguard/parse ${CMAKE_BINARY_DIR}/fgm_parse)
endif()
fg_unit_test(test_module_uri SOURCES unit/test_module_uri.c LIBS fgm_parse)
fg_unit_test(test_module_passport SOURCES unit/test_module_passport.c LIBS fgm_parse)
fg_unit_test(test_module_sdp SOURCES unit/test_module_sdp.c LIBS fgm_parse)
if(NOT TARGET fgm_metrics)
    add_subdirectory(${PROJECT_SOURCE_DIR}/modules/fraudguard/metrics ${CMAKE_BINARY_DIR}/fgm_metrics)
endif()
fg_unit_test(test_module_metrics SOURCES unit/test_module_metrics.c LIBS fgm_metrics)
