/* SPDX-License-Identifier: Apache-2.0
 *
 * Before a body of typed kernels (NAME_body.h): they are for bf16. */
#undef TYPE
#undef VALUE_IS_BF16
#undef VALUE
#undef TYPED
#undef WIDE
#undef NARROW
#define TYPE          WEFT_BF16
#define VALUE_IS_BF16 1
#define VALUE         weft_bf16
#define TYPED(name)   name##_bf16
#define WIDE(v)       weft_from_bf16(v)
#define NARROW(v)     weft_to_bf16(v)
