# SPDX-License-Identifier: Apache-2.0
# bpf/<sensor>.bpf.c, compiled for the kernel's machine, linked into one object, and that made into
# <seawall.skel.h>. Sets SEAWALL_BPF; without the tools there is no agent in this build.
find_program(BPF_CLANG NAMES clang clang-14 clang-16 clang-19)
find_program(BPFTOOL bpftool PATHS /usr/sbin /sbin)
pkg_check_modules(bpf_module IMPORTED_TARGET libbpf)
set(SEAWALL_BPF OFF)
if(NOT BPF_CLANG OR NOT BPFTOOL OR NOT bpf_module_FOUND)
  message(STATUS "no seawall-agent in this build: it needs clang, bpftool and libbpf")
  return()
endif()
set(SEAWALL_BPF ON)
add_library(ext::bpf ALIAS PkgConfig::bpf_module)

if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|amd64")
  set(bpf_arch x86)
elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "aarch64|arm64")
  set(bpf_arch arm64)
else()
  set(bpf_arch ${CMAKE_SYSTEM_PROCESSOR})
endif()
set(bpf_flags -g -O2 -target bpf -mcpu=v3 -D__TARGET_ARCH_${bpf_arch} -Wall -Wextra -Werror
  -Wno-unused-parameter "-I${CMAKE_SOURCE_DIR}"
  "-I/usr/include/${CMAKE_LIBRARY_ARCHITECTURE}")
file(GLOB bpf_sources CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/bpf/*.bpf.c")
# The linker wants maps defined before they are used.
list(REMOVE_ITEM bpf_sources "${CMAKE_SOURCE_DIR}/bpf/maps.bpf.c")
list(PREPEND bpf_sources "${CMAKE_SOURCE_DIR}/bpf/maps.bpf.c")
file(GLOB bpf_headers CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/bpf/*.h"
  "${CMAKE_SOURCE_DIR}/bpf/lib/*.h" "${CMAKE_SOURCE_DIR}/abi/*.h")
set(bpf_folder "${CMAKE_BINARY_DIR}/bpf")
file(MAKE_DIRECTORY "${bpf_folder}")
set(bpf_objects)
foreach(source IN LISTS bpf_sources)
  get_filename_component(name "${source}" NAME_WE)
  set(object "${bpf_folder}/${name}.bpf.o")
  add_custom_command(OUTPUT "${object}"
    COMMAND "${BPF_CLANG}" ${bpf_flags} -c "${source}" -o "${object}"
    DEPENDS "${source}" ${bpf_headers} VERBATIM COMMENT "Compiling bpf/${name}.bpf.c")
  list(APPEND bpf_objects "${object}")
endforeach()
add_custom_command(OUTPUT "${bpf_folder}/seawall.skel.h"
  COMMAND "${BPFTOOL}" gen object "${bpf_folder}/seawall.o" ${bpf_objects}
  COMMAND sh -c "'${BPFTOOL}' gen skeleton seawall.o name seawall_bpf > seawall.skel.h"
  DEPENDS ${bpf_objects} WORKING_DIRECTORY "${bpf_folder}" VERBATIM
  COMMENT "Linking bpf/ into seawall.skel.h")
add_custom_target(bpf_skeleton DEPENDS "${bpf_folder}/seawall.skel.h")
