# SPDX-License-Identifier: Apache-2.0
# Compiler and linker flags of every target: warnings are errors; releases are hardened.
set(CMAKE_C_STANDARD 17)
set(CMAKE_C_EXTENSIONS ON)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
include(CheckPIESupported)
check_pie_supported(LANGUAGES C)

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Build type" FORCE)
endif()
set(CMAKE_C_FLAGS_RELEASE "-O2 -g1")
set(CMAKE_C_FLAGS_DEBUG "-O1 -g -fno-omit-frame-pointer")
set(CMAKE_C_FLAGS_RELWITHDEBINFO "-O2 -g1 -fno-omit-frame-pointer")

add_compile_definitions(_GNU_SOURCE)
add_compile_options(
  -Wall -Wextra -Werror -Wshadow -Wformat=2 -Wpointer-arith -Wstrict-prototypes
  -Wmissing-prototypes -Wold-style-definition -Wundef -Wvla -Wwrite-strings -Wimplicit-fallthrough
  -Wno-missing-field-initializers -fno-strict-aliasing)
if(CMAKE_C_COMPILER_ID STREQUAL "GNU")
  add_compile_options(-Wlogical-op -Wduplicated-cond)
endif()
add_link_options(-Wl,--as-needed)
# Some seventy test programs are linked: lld does that in a third of the time.
find_program(LLD ld.lld)
if(CMAKE_C_COMPILER_ID STREQUAL "Clang" AND LLD)
  add_link_options(-fuse-ld=lld)
endif()

if(SEAWALL_SANITIZE)
  add_compile_options(-fsanitize=${SEAWALL_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${SEAWALL_SANITIZE} -fno-sanitize-recover=all)
  add_compile_definitions(SEAWALL_SANITIZED=1)
  if(SEAWALL_FUZZ)
    add_compile_options(-fsanitize=fuzzer-no-link)
  endif()
else()
  add_compile_definitions(SEAWALL_SANITIZED=0)
endif()

if(SEAWALL_COVERAGE)
  add_compile_options(--coverage -fprofile-update=atomic)
  add_link_options(--coverage)
endif()

if(CMAKE_BUILD_TYPE STREQUAL "Release")
  add_compile_options(-fstack-protector-strong -fstack-clash-protection -U_FORTIFY_SOURCE
    -D_FORTIFY_SOURCE=2)
  if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|amd64")
    add_compile_options(-fcf-protection=full)
    # Debian's crti.o carries no marks, so the linker would drop ours. Shadow stacks hold for such code
    # all the same; indirect branch tracking (IBT) does not, and is left to where crti.o has it.
    add_link_options(-Wl,-z,shstk)
  elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "aarch64|arm64")
    add_compile_options(-mbranch-protection=standard)
  endif()
  add_link_options(-Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack)
endif()

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_C_COMPILER_LAUNCHER ${CCACHE})
endif()
