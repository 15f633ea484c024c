# SPDX-License-Identifier: Apache-2.0
# The engine for NVIDIA GPUs, src/learn/cuda: kernels of ours in CUDA C++, everything else in C on cuBLAS
# and cuDNN. Only where WEFT_CUDA asks for it.
#
#   cmake -B build-cuda -DWEFT_CUDA=ON [-DCMAKE_CUDA_COMPILER=.../nvcc] [-DCMAKE_CUDA_ARCHITECTURES=90]
include(CheckLanguage)

if(NOT CMAKE_CUDA_COMPILER AND NOT DEFINED ENV{CUDACXX})
    find_program(WEFT_NVCC nvcc HINTS $ENV{CUDA_HOME}/bin /usr/local/cuda/bin)
    if(WEFT_NVCC)
        set(CMAKE_CUDA_COMPILER ${WEFT_NVCC})
    endif()
endif()
# Ampere and Hopper; what is newer compiles the code of the last one when it starts.
if(NOT DEFINED CMAKE_CUDA_ARCHITECTURES)
    set(CMAKE_CUDA_ARCHITECTURES 80 90)
endif()
check_language(CUDA)
if(NOT CMAKE_CUDA_COMPILER)
    message(FATAL_ERROR "WEFT_CUDA is ON, but nvcc was not found. Install CUDA 12 or later, say where "
        "nvcc is with -DCMAKE_CUDA_COMPILER=/path/to/nvcc, or leave WEFT_CUDA out")
endif()
enable_language(CUDA)
set(CMAKE_CUDA_STANDARD 17)
set(CMAKE_CUDA_STANDARD_REQUIRED ON)

find_package(CUDAToolkit 12 REQUIRED)
find_path(WEFT_CUDNN_INCLUDE cudnn.h HINTS ${CUDAToolkit_INCLUDE_DIRS} $ENV{CUDNN_HOME}/include)
find_library(WEFT_CUDNN_LIBRARY NAMES cudnn libcudnn.so.9
    HINTS ${CUDAToolkit_LIBRARY_DIR} $ENV{CUDNN_HOME}/lib $ENV{CUDNN_HOME}/lib64)
if(NOT WEFT_CUDNN_INCLUDE OR NOT WEFT_CUDNN_LIBRARY)
    message(FATAL_ERROR "WEFT_CUDA is ON, but cuDNN 9 was not found. Install it, say where it is with "
        "the environment variable CUDNN_HOME, or leave WEFT_CUDA out")
endif()

file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/learn/cuda/*.cu)
add_library(weft_cuda_kernels STATIC ${sources})
set_target_properties(weft_cuda_kernels PROPERTIES POSITION_INDEPENDENT_CODE ON)
target_include_directories(weft_cuda_kernels PRIVATE
    ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/src)
target_compile_options(weft_cuda_kernels PRIVATE --extended-lambda -Xcompiler=-Wall,-Wextra,-Werror)

add_library(weft_cuda INTERFACE)
target_compile_definitions(weft_cuda INTERFACE WEFT_CUDA)
target_include_directories(weft_cuda SYSTEM INTERFACE
    ${CUDAToolkit_INCLUDE_DIRS} ${WEFT_CUDNN_INCLUDE})
target_link_libraries(weft_cuda INTERFACE
    weft_cuda_kernels CUDA::cudart CUDA::cublas ${WEFT_CUDNN_LIBRARY})
set(WEFT_CUDA_LIBRARY weft_cuda)
