/* SPDX-License-Identifier: Apache-2.0
 * See supernet.h. */
#include "learn/supernet.h"

#include <math.h>

#include "learn/kernel/array.h"

static weft_supernet_kind kind_of(const weft_shared_tensor *t) {
    bool weight = t->slot == WEFT_SLOT_WEIGHT || t->slot == WEFT_SLOTS;
    return weight && t->op == WEFT_OP_CONV     ? WEFT_SUPERNET_CONV
           : weight && t->op == WEFT_OP_LINEAR ? WEFT_SUPERNET_LINEAR
                                               : WEFT_SUPERNET_OTHER;
}

typedef struct products {
    double ab, aa, bb;
} products;

static products multiply(const float *a, const float *b, size_t n) {
    products sum = {0};
    for (size_t i = 0; i < n; i++) {
        sum.ab += (double)a[i] * (double)b[i];
        sum.aa += (double)a[i] * (double)a[i];
        sum.bb += (double)b[i] * (double)b[i];
    }
    return sum;
}

/* a' = a - (ab / bb) b,  b' = b - (ab / aa) a,  for ab < 0; the sum of both, into a. */
static void project(float *a, const float *b, size_t n, products p) {
    float of_a = (float)(1.0 - p.ab / p.aa), of_b = (float)(1.0 - p.ab / p.bb);
    for (size_t i = 0; i < n; i++) {
        a[i] = of_a * a[i] + of_b * b[i];
    }
}

static void join_tensor(const weft_shared_tensor *t, weft_shared *shared, bool projects,
                        weft_supernet_agreement *agreement) {
    float *a = shared->gradients[0] + t->offset;
    const float *b = shared->gradients[1] + t->offset;
    products p = multiply(a, b, t->count);
    if (p.aa > 0.0 && p.bb > 0.0) {
        agreement->pairs++;
        agreement->negative += p.ab < 0.0;
        agreement->sum += p.ab / sqrt(p.aa * p.bb);
        if (projects && p.ab < 0.0) {
            project(a, b, t->count, p);
            return;
        }
    }
    weft_array_add(WEFT_F32, b, a, t->count);
}

void weft_shared_join_groups(weft_shared *shared, int64_t step, bool projects,
                             weft_supernet_agreement agreement[WEFT_SUPERNET_KINDS]) {
    for (int i = 0; i < shared->n_tensors; i++) {
        const weft_shared_tensor *t = &shared->tensors[i];
        if (t->touched[0] == step && t->touched[1] == step) {
            join_tensor(t, shared, projects, &agreement[kind_of(t)]);
        } else if (t->touched[1] == step) {
            weft_array_add(WEFT_F32, shared->gradients[1] + t->offset,
                           shared->gradients[0] + t->offset, t->count);
        }
    }
}
