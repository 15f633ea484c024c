/* SPDX-License-Identifier: Apache-2.0
 *
 * Implementations are told apart by their names, and listed in two steps. The library's walk over
 * them answers from a cache of the process where a primitive of the same operation and attributes was
 * made before, by whichever thread: then it tells some of them twice and not in order. So the order
 * comes from a walk with attributes of which nothing is ever made, and a second walk finds the
 * implementation of a name with the attributes to compute with. What the library then makes may still
 * come from its cache under the same number; so its name is looked at again. */
#include "learn/onednn_kernel.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Ways that are timed; walks to find a name again, when other threads make primitives meanwhile. */
enum { MAX_WAYS = 3, MAX_WALKS = 8, NAME = 96, KEY = 768, ALIGNMENT = 64 };

/* Bytes that tensors are filled with for timing: 0.0115 in both types. */
enum { FILL = 0x3c };

/* ---- listing --------------------------------------------------------------------------------- */

static const char *name_of(const_dnnl_primitive_desc_t desc) {
    const char *name = NULL;
    if (dnnl_primitive_desc_query(desc, dnnl_query_impl_info_str, 0, &name) != dnnl_success ||
        name == NULL) {
        return "none";
    }
    return name;
}

/* "ref:any", "gemm:ref": written to be right, not to be fast. */
static bool is_reference(const char *name) {
    return strncmp(name, "ref", 3) == 0 || strstr(name, ":ref") != NULL;
}

typedef struct offer {
    char names[MAX_WAYS][NAME];
    int n;
    char reference[NAME]; /* "": none */
} offer;

static bool is_listed(const offer *o, const char *name) {
    for (int i = 0; i < o->n; i++) {
        if (strcmp(o->names[i], name) == 0) {
            return true;
        }
    }
    return false;
}

static bool list_one(void *context, dnnl_primitive_desc_t implementation) {
    offer *o = context;
    const char *name = name_of(implementation);
    if (is_reference(name)) {
        if (o->reference[0] == '\0') {
            snprintf(o->reference, sizeof o->reference, "%s", name);
        }
    } else if (!is_listed(o, name)) {
        snprintf(o->names[o->n++], NAME, "%s", name);
    }
    dnnl_primitive_desc_destroy(implementation);
    return o->n < MAX_WAYS;
}

static weft_status list(const weft_dnn *dnn, const weft_dnn_operation *operation,
                        const_dnnl_primitive_desc_t forward, offer *o, weft_error *error) {
    WEFT_DNN_TRY(weft_dnn_walk(dnn->engine, operation, dnn->listing, forward, list_one, o),
                 "no kernel for a layer");
    if (o->n == 0) {
        memcpy(o->names[o->n++], o->reference, NAME);
    }
    return WEFT_OK;
}

/* ---- making one ------------------------------------------------------------------------------ */

typedef struct search {
    const char *name;
    dnnl_primitive_desc_t found; /* owned; NULL: none */
} search;

static bool find_one(void *context, dnnl_primitive_desc_t implementation) {
    search *s = context;
    if (strcmp(name_of(implementation), s->name) == 0) {
        s->found = implementation;
        return false;
    }
    dnnl_primitive_desc_destroy(implementation);
    return true;
}

/* The primitive of a name, or WEFT_OK with NULL: another came from the library's cache. */
static weft_status make_primitive(const weft_dnn *dnn, const weft_dnn_operation *operation,
                                  const_dnnl_primitive_desc_t forward, const char *name,
                                  dnnl_primitive_t *primitive, weft_error *error) {
    search s = {.name = name};
    WEFT_DNN_TRY(weft_dnn_walk(dnn->engine, operation, dnn->with_scratch, forward, find_one, &s),
                 "no kernel for a layer");
    if (s.found == NULL) {
        return weft_fail(error, WEFT_ERROR_INTERNAL, "oneDNN withdrew its kernel %s", name);
    }
    dnnl_primitive_t made;
    dnnl_status_t status = dnnl_primitive_create(&made, s.found);
    dnnl_primitive_desc_destroy(s.found);
    WEFT_DNN_TRY(status, "a kernel could not be made");
    const_dnnl_primitive_desc_t desc;
    status = dnnl_primitive_get_primitive_desc(made, &desc);
    if (status != dnnl_success || strcmp(name_of(desc), name) != 0) {
        dnnl_primitive_destroy(made);
        made = NULL;
    }
    *primitive = made;
    return WEFT_OK;
}

static int argument_of(dnnl_prop_kind_t direction, weft_dnn_slot slot) {
    static const int FORWARD[] = {DNNL_ARG_SRC, DNNL_ARG_WEIGHTS, DNNL_ARG_BIAS, DNNL_ARG_DST,
                                  DNNL_ARG_SCRATCHPAD};
    static const int DATA[] = {DNNL_ARG_DIFF_SRC, DNNL_ARG_WEIGHTS, DNNL_ARG_BIAS,
                               DNNL_ARG_DIFF_DST, DNNL_ARG_SCRATCHPAD};
    static const int WEIGHTS[] = {DNNL_ARG_SRC, DNNL_ARG_DIFF_WEIGHTS, DNNL_ARG_DIFF_BIAS,
                                  DNNL_ARG_DIFF_DST, DNNL_ARG_SCRATCHPAD};
    return direction == dnnl_backward_data      ? DATA[slot]
           : direction == dnnl_backward_weights ? WEIGHTS[slot]
                                                : FORWARD[slot];
}

static weft_status make_arguments(const weft_dnn *dnn, weft_dnn_kernel *kernel, weft_error *error) {
    WEFT_DNN_TRY(dnnl_primitive_get_primitive_desc(kernel->primitive, &kernel->desc),
                 "a kernel's descriptor");
    for (int slot = 0; slot < WEFT_DNN_SLOTS; slot++) {
        if (weft_dnn_kernel_bytes(kernel, (weft_dnn_slot)slot) == 0) {
            continue;
        }
        dnnl_memory_t memory;
        WEFT_DNN_TRY(dnnl_memory_create(&memory,
                                        weft_dnn_kernel_layout(kernel, (weft_dnn_slot)slot),
                                        dnn->engine, DNNL_MEMORY_NONE),
                     "a memory object");
        kernel->arguments[kernel->n] = (dnnl_exec_arg_t){
            .arg = argument_of(kernel->direction, (weft_dnn_slot)slot), .memory = memory};
        kernel->slots[kernel->n++] = (weft_dnn_slot)slot;
    }
    return WEFT_OK;
}

/* The bf16 kernels of `backward weights` transpose their input into scratch memory and reckon with zeros
 * beside it (jit_bf16 of 2.6.3: a tap that sees padding alone gets what the memory held, NaN
 * included). */
static size_t cleared_scratch(const weft_dnn_kernel *kernel) {
    bool unclean = kernel->direction == dnnl_backward_weights &&
                   strstr(name_of(kernel->desc), "bf16") != NULL;
    return unclean ? weft_dnn_kernel_bytes(kernel, WEFT_DNN_SCRATCH) : 0;
}

static weft_status make_named(const weft_dnn *dnn, const weft_dnn_operation *operation,
                              const_dnnl_primitive_desc_t forward, const char *name,
                              weft_dnn_kernel *kernel, weft_error *error) {
    weft_dnn_kernel made = {.direction = operation->direction};
    for (int i = 0; i < MAX_WALKS && made.primitive == NULL; i++) {
        WEFT_TRY(make_primitive(dnn, operation, forward, name, &made.primitive, error));
    }
    if (made.primitive == NULL) {
        return weft_fail(error, WEFT_ERROR_INTERNAL, "oneDNN makes another kernel than %s", name);
    }
    weft_status status = make_arguments(dnn, &made, error);
    if (status != WEFT_OK) {
        weft_dnn_kernel_destroy(&made);
        return status;
    }
    made.cleared = cleared_scratch(&made);
    *kernel = made;
    return WEFT_OK;
}

/* ---- choosing -------------------------------------------------------------------------------- */

/* The ways while they are timed: each is made when it is first run. */
typedef struct trial {
    weft_dnn *dnn;
    const weft_dnn_operation *operation;
    const_dnnl_primitive_desc_t forward;
    offer offer;
    weft_dnn_kernel kernels[MAX_WAYS];
    void *places[WEFT_DNN_SLOTS];
    size_t room[WEFT_DNN_SLOTS]; /* bytes of each place */
    bool no_memory;              /* a place could not be had */
} trial;

static weft_status make_room(trial *t, const weft_dnn_kernel *kernel, weft_error *error) {
    for (int slot = 0; slot < WEFT_DNN_SLOTS; slot++) {
        size_t bytes = weft_dnn_aligned(weft_dnn_kernel_bytes(kernel, (weft_dnn_slot)slot));
        if (bytes <= t->room[slot]) {
            continue;
        }
        free(t->places[slot]);
        t->room[slot] = 0;
        t->places[slot] = aligned_alloc(ALIGNMENT, bytes);
        if (t->places[slot] == NULL) {
            t->no_memory = true;
            return weft_fail_memory(error, bytes);
        }
        memset(t->places[slot], FILL, bytes);
        t->room[slot] = bytes;
    }
    return WEFT_OK;
}

static weft_status try_way(void *context, int way, weft_error *error) {
    trial *t = context;
    weft_dnn_kernel *kernel = &t->kernels[way];
    if (kernel->primitive == NULL) {
        WEFT_TRY(make_named(t->dnn, t->operation, t->forward, t->offer.names[way], kernel, error));
    }
    WEFT_TRY(make_room(t, kernel, error));
    return weft_dnn_kernel_run(t->dnn, kernel, t->places, error);
}

static void end_trial(trial *t) {
    for (int i = 0; i < MAX_WAYS; i++) {
        weft_dnn_kernel_destroy(&t->kernels[i]);
    }
    for (int i = 0; i < WEFT_DNN_SLOTS; i++) {
        free(t->places[i]);
    }
}

static weft_status choose(trial *t, const char *key, weft_dnn_kernel *kernel, weft_error *error) {
    char text[KEY];
    int way = 0;
    WEFT_TRY(list(t->dnn, t->operation, t->forward, &t->offer, error));
    int length = snprintf(text, sizeof text, "%s", key);
    for (int i = 0; i < t->offer.n && length < KEY; i++) {
        length += snprintf(text + length, (size_t)(KEY - length), "|%s", t->offer.names[i]);
    }
    weft_status status =
        weft_choices_best(t->dnn->choices, text, t->offer.n, try_way, t, &way, error);
    if (status != WEFT_OK) {
        return t->no_memory ? weft_dnn_fail(error, dnnl_out_of_memory, "timing kernels") : status;
    }
    if (t->kernels[way].primitive == NULL) {
        return make_named(t->dnn, t->operation, t->forward, t->offer.names[way], kernel, error);
    }
    *kernel = t->kernels[way];
    t->kernels[way] = (weft_dnn_kernel){0};
    return WEFT_OK;
}

/* ---- the whole ------------------------------------------------------------------------------- */

weft_status weft_dnn_kernel_make(weft_dnn *dnn, const weft_dnn_operation *operation,
                                 const_dnnl_primitive_desc_t forward, const char *key,
                                 weft_dnn_kernel *kernel, weft_error *error) {
    trial t = {.dnn = dnn, .operation = operation, .forward = forward};
    weft_status status = choose(&t, key, kernel, error);
    end_trial(&t);
    if (status == WEFT_OK) {
        /* The places of the trial are gone. */
        memset(kernel->bound, 0, sizeof kernel->bound);
    }
    return status;
}

void weft_dnn_kernel_destroy(weft_dnn_kernel *kernel) {
    for (int i = 0; i < kernel->n; i++) {
        dnnl_memory_destroy(kernel->arguments[i].memory);
    }
    if (kernel->primitive != NULL) {
        dnnl_primitive_destroy(kernel->primitive);
    }
    *kernel = (weft_dnn_kernel){0};
}

weft_dnn_layout weft_dnn_kernel_layout(const weft_dnn_kernel *kernel, weft_dnn_slot slot) {
    return dnnl_primitive_desc_query_md(kernel->desc, dnnl_query_exec_arg_md,
                                        argument_of(kernel->direction, slot));
}

size_t weft_dnn_kernel_bytes(const weft_dnn_kernel *kernel, weft_dnn_slot slot) {
    weft_dnn_layout layout = weft_dnn_kernel_layout(kernel, slot);
    return layout != NULL ? dnnl_memory_desc_get_size(layout) : 0;
}

const char *weft_dnn_kernel_name(const weft_dnn_kernel *kernel) {
    return name_of(kernel->desc);
}

weft_status weft_dnn_kernel_run(weft_dnn *dnn, weft_dnn_kernel *kernel,
                                void *const places[WEFT_DNN_SLOTS], weft_error *error) {
    for (int i = 0; i < kernel->n; i++) {
        void *place = places[kernel->slots[i]];
        if (place != kernel->bound[i]) {
            WEFT_DNN_TRY(dnnl_memory_set_data_handle(kernel->arguments[i].memory, place),
                         "a tensor's place");
            kernel->bound[i] = place;
        }
    }
    if (kernel->cleared > 0) {
        memset(places[WEFT_DNN_SCRATCH], 0, kernel->cleared);
    }
    WEFT_DNN_TRY(
        dnnl_primitive_execute(kernel->primitive, dnn->stream, kernel->n, kernel->arguments),
        "running a layer");
    WEFT_DNN_TRY(dnnl_stream_wait(dnn->stream), "waiting for a layer");
    return WEFT_OK;
}
