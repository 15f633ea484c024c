/* SPDX-License-Identifier: Apache-2.0
 *
 * WEFT_CLONES before a function: compiled for several instruction sets, the best one that the CPU
 * has is chosen when the program starts. Sums may differ in the last bits between kinds of CPU.
 * Sanitizers do not go with it (the choice runs before their start-up). */
#ifndef WEFT_LEARN_VECTOR_H
#define WEFT_LEARN_VECTOR_H

#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__) && defined(__OPTIMIZE__) &&    \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define WEFT_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define WEFT_CLONES
#endif

#endif
