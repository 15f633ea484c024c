/* SPDX-License-Identifier: Apache-2.0
 *
 * Before a body of typed kernels (NAME_body.h): they are for f32. */
#undef TYPE
#undef VALUE_IS_BF16
#undef VALUE
#undef TYPED
#undef WIDE
#undef NARROW
#define TYPE          WEFT_F32
#define VALUE_IS_BF16 0
#define VALUE         float
#define TYPED(name)   name##_f32
#define WIDE(v)       (v)
#define NARROW(v)     (v)
