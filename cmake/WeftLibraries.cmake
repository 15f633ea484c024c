# SPDX-License-Identifier: Apache-2.0
# The libraries outside our core, all from Debian packages: one interface target each.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)

function(weft_pkg target module package)
    pkg_check_modules(${target}_pkg QUIET IMPORTED_TARGET ${module})
    if(NOT ${target}_pkg_FOUND)
        message(FATAL_ERROR "${module} was not found. On Debian: apt install ${package}, or run ./dev deps")
    endif()
    add_library(${target} INTERFACE)
    target_link_libraries(${target} INTERFACE PkgConfig::${target}_pkg)
    set(${target}_VERSION ${${target}_pkg_VERSION} PARENT_SCOPE)
endfunction()

weft_pkg(weft_fyaml libfyaml libfyaml-dev)
weft_pkg(weft_jansson jansson libjansson-dev)
weft_pkg(weft_sqlite sqlite3 libsqlite3-dev)
weft_pkg(weft_zlib zlib zlib1g-dev)
weft_pkg(weft_png libpng libpng-dev)
weft_pkg(weft_zip libzip libzip-dev)
weft_pkg(weft_nlopt nlopt libnlopt-dev)

# oneDNN: Debian's package is called dnnl and has no pkg-config file.
find_path(WEFT_DNNL_INCLUDE dnnl.h)
find_library(WEFT_DNNL_LIBRARY NAMES dnnl)
find_package(OpenMP REQUIRED COMPONENTS C)
if(NOT WEFT_DNNL_INCLUDE OR NOT WEFT_DNNL_LIBRARY)
    message(FATAL_ERROR "oneDNN was not found. On Debian: apt install libdnnl-dev, or run ./dev deps")
endif()
add_library(weft_dnnl INTERFACE)
target_include_directories(weft_dnnl SYSTEM INTERFACE ${WEFT_DNNL_INCLUDE})
target_link_libraries(weft_dnnl INTERFACE ${WEFT_DNNL_LIBRARY} OpenMP::OpenMP_C)

# Header-only: Random123 (Philox) and xxHash.
find_path(WEFT_RANDOM123_INCLUDE Random123/philox.h)
find_path(WEFT_XXHASH_INCLUDE xxhash.h)
if(NOT WEFT_RANDOM123_INCLUDE OR NOT WEFT_XXHASH_INCLUDE)
    message(FATAL_ERROR "Random123 or xxHash was not found. On Debian: apt install librandom123-dev libxxhash-dev, or run ./dev deps")
endif()
add_library(weft_random INTERFACE)
target_include_directories(weft_random SYSTEM INTERFACE ${WEFT_RANDOM123_INCLUDE} ${WEFT_XXHASH_INCLUDE})

add_library(weft_threads INTERFACE)
target_link_libraries(weft_threads INTERFACE Threads::Threads)

find_library(WEFT_CMOCKA_LIBRARY NAMES cmocka)
