/* SPDX-License-Identifier: Apache-2.0
 *
 * What the parts of a supernet share: its training (supernet_train.c), its answers (supernet.c), and
 * how gradients of two groups of networks are joined (supernet_join.c). */
#ifndef WEFT_LEARN_SUPERNET_H
#define WEFT_LEARN_SUPERNET_H

#include <weft/learn.h>

#include "learn/shared.h"

struct weft_supernet {
    weft_shared *shared;
    weft_train_settings train; /* bits and split as it was trained */
};

/* How gradients of two groups of networks agree, tensor by tensor: the cosine of the angle between
 * them. */
typedef struct weft_supernet_agreement {
    int64_t pairs;    /* tensors that both groups had a gradient for, summed over steps */
    int64_t negative; /* of them with a cosine below 0 */
    double sum;       /* of the cosines */
} weft_supernet_agreement;

/* Looks at every tensor that both groups touched in `step`, adds to the agreement of its kind, and,
 * where `projects`, takes from each gradient the part that points against the other (Yu et al., "Gradient surgery for
 * multi-task learning", NeurIPS 2020, algorithm 1; each projected with the other as it was). Then group
 * 1 is added to group 0. */
void weft_shared_join_groups(weft_shared *shared, int64_t step, bool projects,
                             weft_supernet_agreement agreement[WEFT_SUPERNET_KINDS]);

#endif
