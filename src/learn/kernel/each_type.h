/* SPDX-License-Identifier: Apache-2.0
 *
 * Takes in WEFT_BODY, a file of loops over values of one type, for f32 and then for bf16. In it
 *     VALUE            is the type in memory, VALUE_TYPE its weft_type, VALUE_IS_BF16 0 or 1
 *     WIDE, NARROW     make a float of a value and a value of a float
 *     TYPED(name)      is name_f32 or name_bf16 */
#ifndef WEFT_LEARN_KERNEL_PASTE
#define WEFT_LEARN_KERNEL_PASTE
#define WEFT_PASTE_NOW(a, b) a##b
#define WEFT_PASTE(a, b)     WEFT_PASTE_NOW(a, b)
#endif

#define VALUE         float
#define VALUE_TYPE    WEFT_F32
#define VALUE_IS_BF16 0
#define WIDE(v)       (v)
#define NARROW(v)     (v)
#define TYPED(name)   WEFT_PASTE(name, _f32)
#include WEFT_BODY
#undef VALUE
#undef VALUE_TYPE
#undef VALUE_IS_BF16
#undef WIDE
#undef NARROW
#undef TYPED

#define VALUE         weft_bf16
#define VALUE_TYPE    WEFT_BF16
#define VALUE_IS_BF16 1
#define WIDE(v)       weft_from_bf16(v)
#define NARROW(v)     weft_to_bf16(v)
#define TYPED(name)   WEFT_PASTE(name, _bf16)
#include WEFT_BODY
#undef VALUE
#undef VALUE_TYPE
#undef VALUE_IS_BF16
#undef WIDE
#undef NARROW
#undef TYPED

#undef WEFT_BODY
