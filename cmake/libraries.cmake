# SPDX-License-Identifier: Apache-2.0
# The libraries from outside, each as an imported target named ext::<name>. A room names what it
# uses in CMakeLists.txt; nothing else is on its link line.
find_package(PkgConfig REQUIRED)

function(seawall_external name module)
  pkg_check_modules(${name}_module REQUIRED IMPORTED_TARGET ${module})
  add_library(ext::${name} ALIAS PkgConfig::${name}_module)
endfunction()

seawall_external(jansson jansson)
seawall_external(isal libisal)
seawall_external(zstd libzstd)
seawall_external(lzma liblzma)
seawall_external(archive libarchive)
seawall_external(crypto libcrypto)
seawall_external(seccomp libseccomp)
seawall_external(curl libcurl)
seawall_external(sqlite sqlite3)
seawall_external(expat expat)
seawall_external(yaml yaml-0.1)
seawall_external(pcre2 libpcre2-8)
seawall_external(hs libhs)
seawall_external(lmdb lmdb)
seawall_external(microhttpd libmicrohttpd)
seawall_external(yara yara)

find_package(BZip2 REQUIRED)
add_library(ext::bz2 ALIAS BZip2::BZip2)
find_package(Threads REQUIRED)

add_library(seawall_math INTERFACE)
target_link_libraries(seawall_math INTERFACE m)
add_library(ext::math ALIAS seawall_math)
