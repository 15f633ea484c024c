# SPDX-License-Identifier: Apache-2.0
# How a room, its tests, the benchmarks and the fuzzers are built: a file in the right folder is
# enough, no list of files is kept.

include(CheckCCompilerFlag)

add_library(weft_options INTERFACE)
target_include_directories(weft_options INTERFACE
    ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/src ${PROJECT_BINARY_DIR}/include)
target_compile_options(weft_options INTERFACE
    -Wall -Wextra -Werror -Wcast-qual -Wcast-align -Wshadow -Wstrict-prototypes -Wmissing-prototypes
    -Wundef -Wpointer-arith -Wvla -Wformat=2 -Wwrite-strings -Wswitch-enum
    -fno-math-errno -ffp-contract=off)
target_compile_definitions(weft_options INTERFACE _GNU_SOURCE)
# snprintf cuts names and messages on purpose; gcc warns of it by what it happens to inline.
check_c_compiler_flag(-Wformat-truncation WEFT_HAS_FORMAT_TRUNCATION)
if(WEFT_HAS_FORMAT_TRUNCATION)
    target_compile_options(weft_options INTERFACE -Wno-format-truncation)
endif()
# gcc's default for x86-64 clears and copies structs of 32 to 8192 bytes by string instructions, which
# take some 30 cycles to begin; networks, prices and counts are full of structs of some 200 bytes.
set(WEFT_STRINGS unrolled_loop:256:noalign,libcall:-1:noalign)
check_c_compiler_flag(-mmemset-strategy=${WEFT_STRINGS} WEFT_HAS_STRING_STRATEGY)
if(WEFT_HAS_STRING_STRATEGY)
    target_compile_options(weft_options INTERFACE
        -mmemset-strategy=${WEFT_STRINGS} -mmemcpy-strategy=${WEFT_STRINGS})
endif()
if(WEFT_NATIVE)
    target_compile_options(weft_options INTERFACE -march=native)
endif()
if(WEFT_SANITIZE)
    target_compile_options(weft_options INTERFACE
        -fsanitize=${WEFT_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
    target_link_options(weft_options INTERFACE -fsanitize=${WEFT_SANITIZE})
endif()
if(WEFT_FUZZ)
    target_compile_options(weft_options INTERFACE -fsanitize=fuzzer-no-link)
endif()

set(WEFT_ROOMS "" CACHE INTERNAL "")

# What every test sees: the files of the source tree, a place for choices of kernels, and suppressions for leaks and races of
# libraries that no sanitizer has instrumented.
set(WEFT_TEST_ENVIRONMENT
    "WEFT_SHARE=${PROJECT_SOURCE_DIR}/share/weft"
    "WEFT_CACHE=${PROJECT_BINARY_DIR}/kernels"
    "LSAN_OPTIONS=suppressions=${PROJECT_SOURCE_DIR}/tools/lsan.supp:print_suppressions=0"
    "TSAN_OPTIONS=suppressions=${PROJECT_SOURCE_DIR}/tools/tsan.supp:second_deadlock_stack=1")

# weft_room(NAME [ROOMS ...] [LIBRARIES ...]): src/NAME/*.c as a static library.
function(weft_room name)
    cmake_parse_arguments(room "" "" "ROOMS;LIBRARIES" ${ARGN})
    file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/${name}/*.c
         ${PROJECT_SOURCE_DIR}/src/${name}/*/*.c)
    if(NOT WEFT_CUDA)
        list(FILTER sources EXCLUDE REGEX "/cuda/[^/]*$")
    endif()
    if(NOT sources)
        message(WARNING "src/${name} holds no .c file")
        add_library(weft_${name} INTERFACE)
        return()
    endif()
    add_library(weft_${name} STATIC ${sources})
    set_target_properties(weft_${name} PROPERTIES POSITION_INDEPENDENT_CODE ON)
    foreach(other ${room_ROOMS})
        list(APPEND libraries weft_${other})
    endforeach()
    target_link_libraries(weft_${name} PUBLIC weft_options ${libraries} ${room_LIBRARIES})
    set(WEFT_ROOMS "${WEFT_ROOMS};weft_${name}" CACHE INTERNAL "")
endfunction()

# The command: build/weft.
function(weft_command)
    file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/cli/*.c)
    if(NOT sources)
        return()
    endif()
    add_executable(weft ${sources})
    target_link_libraries(weft PRIVATE ${WEFT_ROOMS})
    set_target_properties(weft PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR})
endfunction()

# tests/ROOM/test_*.c: one cmocka executable and one CTest entry each. tests/cli/test_*.sh: end to
# end. tests/tools/test_*.sh: the scripts of this tree. A test that exits with 77 is skipped.
function(weft_tests)
    if(NOT WEFT_CMOCKA_LIBRARY)
        message(FATAL_ERROR "cmocka was not found. On Debian: apt install libcmocka-dev, or run ./dev deps")
    endif()
    add_custom_target(threaded_tests)
    file(GLOB rooms RELATIVE ${PROJECT_SOURCE_DIR}/tests ${PROJECT_SOURCE_DIR}/tests/*)
    foreach(room ${rooms})
        file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/${room}/test_*.c)
        foreach(source ${sources})
            get_filename_component(name ${source} NAME_WE)
            set(target ${name}_${room})
            add_executable(${target} ${source})
            target_link_libraries(${target} PRIVATE weft_${room} ${WEFT_CMOCKA_LIBRARY})
            target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR}/tests)
            add_test(NAME ${room}/${name} COMMAND ${target} WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
            # Where threads meet: what ThreadSanitizer should see; files of models and the costs of
            # designs are no such places.
            set(label unit)
            if(target MATCHES "^test_(pool_base|feed_learn|lanes_learn)$" OR
               (room MATCHES "^(accuracy|study)$" AND NOT name MATCHES "^test_(model_file|joint)$"))
                set(label unit threads)
                add_dependencies(threaded_tests ${target})
            endif()
            set_tests_properties(${room}/${name} PROPERTIES TIMEOUT 300 SKIP_RETURN_CODE 77
                LABELS "${label}" ENVIRONMENT "${WEFT_TEST_ENVIRONMENT}")
        endforeach()
    endforeach()
    file(GLOB scripts CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/tools/test_*.sh)
    foreach(script ${scripts})
        get_filename_component(name ${script} NAME_WE)
        add_test(NAME tools/${name} COMMAND sh ${script} WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
        set_tests_properties(tools/${name} PROPERTIES TIMEOUT 300 SKIP_RETURN_CODE 77
            LABELS "tools")
    endforeach()
    file(GLOB scripts CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/cli/test_*.sh)
    if(NOT TARGET weft)
        return()
    endif()
    foreach(script ${scripts})
        get_filename_component(name ${script} NAME_WE)
        add_test(NAME cli/${name} COMMAND sh ${script} $<TARGET_FILE:weft>
                 WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
        # They take the longest: begun first, none of them runs alone at the end.
        set_tests_properties(cli/${name} PROPERTIES TIMEOUT 600 SKIP_RETURN_CODE 77 COST 100
            LABELS "cli" ENVIRONMENT "${WEFT_TEST_ENVIRONMENT}")
    endforeach()
endfunction()

# bench/bench_*.c: one executable each, run by ./dev bench.
function(weft_benchmarks)
    file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/bench/bench_*.c)
    foreach(source ${sources})
        get_filename_component(name ${source} NAME_WE)
        add_executable(${name} ${source})
        target_link_libraries(${name} PRIVATE ${WEFT_ROOMS})
    endforeach()
endfunction()

# The rooms that a source file includes: what to link it with.
function(weft_rooms_of source result)
    file(STRINGS ${source} includes REGEX "^#include [<\"][a-z]+/[a-z_0-9]+\\.h[>\"]")
    set(found weft_base)
    foreach(include ${includes})
        string(REGEX REPLACE "^#include [<\"](weft/)?([a-z]+)[/.].*$" "weft_\\2" room ${include})
        if(room IN_LIST WEFT_ROOMS)
            list(APPEND found ${room})
        endif()
    endforeach()
    list(REMOVE_DUPLICATES found)
    set(${result} ${found} PARENT_SCOPE)
endfunction()

# examples/c/*.c: programs on the C API, linked with the static libraries as a user's would be; each
# runs as a test with its problem and a store of its own.
function(weft_examples)
    file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/examples/c/*.c)
    foreach(source ${sources})
        get_filename_component(name ${source} NAME_WE)
        string(REPLACE "_" "-" problem ${name})
        add_executable(${name} ${source})
        if(name STREQUAL "ask_tell") # the search room stands alone
            target_link_libraries(${name} PRIVATE weft_search)
        else()
            target_link_libraries(${name} PRIVATE ${WEFT_ROOMS})
        endif()
        add_test(NAME examples/${name} COMMAND sh -c "rm -f $1.db* && ./$1 $2 $1.db && ./$1 $2 $1.db" sh
                 ${name} ${PROJECT_SOURCE_DIR}/examples/c/${problem}.yaml
                 WORKING_DIRECTORY ${PROJECT_BINARY_DIR})
        set_tests_properties(examples/${name} PROPERTIES TIMEOUT 300 LABELS "examples"
            ENVIRONMENT "${WEFT_TEST_ENVIRONMENT}")
    endforeach()
endfunction()

# fuzz/fuzz_*.c: one libFuzzer executable each.
function(weft_fuzzers)
    file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/fuzz/fuzz_*.c)
    foreach(source ${sources})
        get_filename_component(name ${source} NAME_WE)
        weft_rooms_of(${source} rooms)
        add_executable(${name} ${source})
        target_link_libraries(${name} PRIVATE ${rooms})
        target_link_options(${name} PRIVATE -fsanitize=fuzzer)
    endforeach()
endfunction()

# fuzz/fuzz_NAME.c without a fuzzer: replay_NAME runs it over fuzz/corpus/NAME, as a test.
function(weft_replays)
    file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/fuzz/fuzz_*.c)
    foreach(source ${sources})
        get_filename_component(file ${source} NAME_WE)
        string(REGEX REPLACE "^fuzz_" "" name ${file})
        set(corpus ${PROJECT_SOURCE_DIR}/fuzz/corpus/${name})
        if(NOT IS_DIRECTORY ${corpus})
            message(WARNING "fuzz/corpus/${name} is missing: ${file} is not replayed")
            continue()
        endif()
        weft_rooms_of(${source} rooms)
        add_executable(replay_${name} ${source} ${PROJECT_SOURCE_DIR}/fuzz/replay.c)
        target_link_libraries(replay_${name} PRIVATE ${rooms})
        add_test(NAME fuzz/${name} COMMAND replay_${name} ${corpus}
                 WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
        set_tests_properties(fuzz/${name} PROPERTIES TIMEOUT 300 LABELS "fuzz"
            ENVIRONMENT "${WEFT_TEST_ENVIRONMENT}")
    endforeach()
endfunction()

# weft_completion(SHELL FILE FOLDER): what `weft completion SHELL` prints, where SHELL looks for it.
function(weft_completion shell file folder)
    set(script ${PROJECT_BINARY_DIR}/completion/${shell}/${file})
    add_custom_command(OUTPUT ${script}
        COMMAND ${CMAKE_COMMAND} -E make_directory ${PROJECT_BINARY_DIR}/completion/${shell}
        COMMAND weft completion ${shell} > ${script}
        DEPENDS weft VERBATIM)
    add_custom_target(completion_${shell} ALL DEPENDS ${script})
    install(FILES ${script} DESTINATION ${CMAKE_INSTALL_DATADIR}/${folder})
endfunction()

# The command, what it reads, its manual page and its completion.
function(weft_install)
    if(NOT TARGET weft)
        return()
    endif()
    install(TARGETS weft RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
    install(DIRECTORY ${PROJECT_SOURCE_DIR}/share/weft DESTINATION ${CMAKE_INSTALL_DATADIR})
    install(FILES ${PROJECT_SOURCE_DIR}/docs/man/weft.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
    # A command built for another machine cannot print its completion here.
    if(NOT CMAKE_CROSSCOMPILING)
        weft_completion(bash weft bash-completion/completions)
        weft_completion(zsh _weft zsh/site-functions)
        weft_completion(fish weft.fish fish/vendor_completions.d)
    endif()
endfunction()

# Figures that the code needs from the build.
configure_file(${PROJECT_SOURCE_DIR}/cmake/build_config.h.in
               ${PROJECT_BINARY_DIR}/include/weft_build_config.h)
