/* SPDX-License-Identifier: Apache-2.0
 *
 * Implementations are told apart by their names, and listed in two steps. The library's walk over
 * them answers from a cache of the process where a primitive of the same operation and attributes
 * was made before, by whichever thread: then it tells some of them twice and not in order. So the
 * order comes from a walk with attributes of which nothing is ever made, and a second walk finds
 * the implementation of a name with the attributes to compute with. What the library then makes
 * may still come from its cache under the same number; so its name is looked at again. */
#include "learn/onednn_kernel.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Ways that are timed; walks to find a name again, when other threads make primitives meanwhile. */
enum { MAX_WAYS = 3, MAX_WALKS = 8, NAME = 96, KEY = 768, ALIGNMENT = 64 };

/* Scratch memory and results hold NaN before a proof: what is read unwritten, or not written,
 * shows. */
enum { NOT_A_NUMBER = 0xff };

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

/* The first few implementations, either of the fast ones or of the references. */
typedef struct offer {
    char names[MAX_WAYS][NAME];
    int n;
    bool references;
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
    if (is_reference(name) == o->references && !is_listed(o, name)) {
        snprintf(o->names[o->n++], NAME, "%s", name);
    }
    dnnl_primitive_desc_destroy(implementation);
    return o->n < MAX_WAYS;
}

static weft_status list(const weft_dnn *dnn, const weft_dnn_task *task, bool references, offer *o,
                        weft_error *error) {
    *o = (offer){.references = references};
    WEFT_DNN_TRY(
        weft_dnn_walk(dnn->engine, &task->operation, dnn->listing, task->forward, list_one, o),
        "no kernel for a layer");
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
static weft_status make_primitive(const weft_dnn *dnn, const weft_dnn_task *task, const char *name,
                                  dnnl_primitive_t *primitive, weft_error *error) {
    search s = {.name = name};
    WEFT_DNN_TRY(weft_dnn_walk(dnn->engine, &task->operation, dnn->with_scratch, task->forward,
                               find_one, &s),
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

static weft_dnn_layout layout_of(const weft_dnn_kernel *kernel, weft_dnn_slot slot) {
    return dnnl_primitive_desc_query_md(kernel->desc, dnnl_query_exec_arg_md,
                                        argument_of(kernel->direction, slot));
}

static weft_status make_arguments(const weft_dnn *dnn, weft_dnn_kernel *kernel, weft_error *error) {
    WEFT_DNN_TRY(dnnl_primitive_get_primitive_desc(kernel->primitive, &kernel->desc),
                 "a kernel's descriptor");
    for (int slot = 0; slot < WEFT_DNN_SLOTS; slot++) {
        if (weft_dnn_kernel_bytes(kernel, (weft_dnn_slot)slot) == 0) {
            continue;
        }
        dnnl_memory_t memory;
        WEFT_DNN_TRY(dnnl_memory_create(&memory, layout_of(kernel, (weft_dnn_slot)slot),
                                        dnn->engine, DNNL_MEMORY_NONE),
                     "a memory object");
        kernel->arguments[kernel->n] = (dnnl_exec_arg_t){
            .arg = argument_of(kernel->direction, (weft_dnn_slot)slot), .memory = memory};
        kernel->slots[kernel->n++] = (weft_dnn_slot)slot;
    }
    return WEFT_OK;
}

static weft_status make_reorder(const weft_dnn *dnn, weft_dnn_layout plain, weft_dnn_kernel *kernel,
                                weft_error *error) {
    weft_dnn_layout packed = layout_of(kernel, WEFT_DNN_WEIGHTS);
    bool back = kernel->direction == dnnl_backward_weights;
    dnnl_primitive_desc_t desc;
    WEFT_DNN_TRY(dnnl_reorder_primitive_desc_create(&desc, back ? packed : plain, dnn->engine,
                                                    back ? plain : packed, dnn->engine, NULL),
                 "no reorder of weights");
    dnnl_status_t status = dnnl_primitive_create(&kernel->reorder, desc);
    dnnl_primitive_desc_destroy(desc);
    WEFT_DNN_TRY(status, "a reorder of weights");
    WEFT_DNN_TRY(dnnl_memory_create(&kernel->plain, plain, dnn->engine, DNNL_MEMORY_NONE),
                 "plain weights");
    WEFT_DNN_TRY(dnnl_memory_create(&kernel->packed, packed, dnn->engine, DNNL_MEMORY_NONE),
                 "packed weights");
    return WEFT_OK;
}

/* The bf16 kernels of `backward weights` transpose their input into scratch memory and reckon with
 * zeros beside it (jit_bf16 of 2.6.3 and 3.7.2: a tap that sees padding alone gets what the memory
 * held, NaN included). */
static size_t cleared_scratch(const weft_dnn_kernel *kernel) {
    bool unclean = kernel->direction == dnnl_backward_weights &&
                   strstr(name_of(kernel->desc), "bf16") != NULL;
    return unclean ? weft_dnn_kernel_bytes(kernel, WEFT_DNN_SCRATCH) : 0;
}

static weft_status make_named(const weft_dnn *dnn, const weft_dnn_task *task, const char *name,
                              weft_dnn_kernel *kernel, weft_error *error) {
    weft_dnn_kernel made = {.direction = task->operation.direction};
    for (int i = 0; i < MAX_WALKS && made.primitive == NULL; i++) {
        WEFT_TRY(make_primitive(dnn, task, name, &made.primitive, error));
    }
    if (made.primitive == NULL) {
        return weft_fail(error, WEFT_ERROR_INTERNAL, "oneDNN makes another kernel than %s", name);
    }
    weft_status status = make_arguments(dnn, &made, error);
    if (status == WEFT_OK && task->plain != NULL) {
        status = make_reorder(dnn, task->plain, &made, error);
    }
    if (status != WEFT_OK) {
        weft_dnn_kernel_destroy(&made);
        return status;
    }
    made.cleared = cleared_scratch(&made);
    *kernel = made;
    return WEFT_OK;
}

/* ---- trying ---------------------------------------------------------------------------------- */

/* The ways while they are timed: each is made, and proven, when it is first run. */
typedef struct trial {
    weft_dnn *dnn;
    const weft_dnn_task *task;
    offer offer;
    weft_dnn_kernel kernels[MAX_WAYS];
    void *places[WEFT_DNN_SLOTS], *plain; /* memory of the slots, and of plain weights */
    size_t room[WEFT_DNN_SLOTS], plain_room;
} trial;

static weft_status have_room(size_t bytes, void **place, size_t *room, weft_error *error) {
    bytes = weft_dnn_aligned(bytes);
    if (bytes <= *room) {
        return WEFT_OK;
    }
    free(*place);
    *room = 0;
    *place = aligned_alloc(ALIGNMENT, bytes);
    if (*place == NULL) {
        return weft_dnn_fail(error, dnnl_out_of_memory, "timing kernels");
    }
    *room = bytes;
    return WEFT_OK;
}

static weft_status have_all_room(trial *t, const weft_dnn_kernel *kernel, weft_error *error) {
    for (int slot = 0; slot < WEFT_DNN_SLOTS; slot++) {
        WEFT_TRY(have_room(weft_dnn_kernel_bytes(kernel, (weft_dnn_slot)slot), &t->places[slot],
                           &t->room[slot], error));
    }
    size_t plain = t->task->plain != NULL ? dnnl_memory_desc_get_size(t->task->plain) : 0;
    return have_room(plain, &t->plain, &t->plain_room, error);
}

static void fill_slot(trial *t, const weft_dnn_kernel *kernel, weft_dnn_slot slot, weft_type type) {
    size_t bytes = weft_dnn_kernel_bytes(kernel, slot);
    weft_dnn_fill(slot, type, bytes / weft_type_size(type), t->places[slot]);
}

static weft_status fill_weights(trial *t, weft_dnn_kernel *kernel, weft_error *error) {
    if (t->task->plain == NULL) {
        fill_slot(t, kernel, WEFT_DNN_WEIGHTS, t->task->type);
        return WEFT_OK;
    }
    size_t n = dnnl_memory_desc_get_size(t->task->plain) / sizeof(float);
    weft_dnn_fill(WEFT_DNN_WEIGHTS, WEFT_F32, n, t->plain);
    return weft_dnn_kernel_reorder(t->dnn, kernel, t->plain, t->places[WEFT_DNN_WEIGHTS], error);
}

/* The operands' numbers; everything else is NaN. */
static weft_status fill_all(trial *t, weft_dnn_kernel *kernel, weft_error *error) {
    for (int slot = 0; slot < WEFT_DNN_SLOTS; slot++) {
        if (t->places[slot] != NULL) {
            memset(t->places[slot], NOT_A_NUMBER, t->room[slot]);
        }
    }
    bool data = kernel->direction == dnnl_backward_data;
    bool weights = kernel->direction == dnnl_backward_weights;
    if (!data) {
        fill_slot(t, kernel, WEFT_DNN_SOURCE, t->task->type);
    }
    if (data || weights) {
        fill_slot(t, kernel, WEFT_DNN_DESTINATION, t->task->type);
    }
    if (!data && !weights) {
        fill_slot(t, kernel, WEFT_DNN_BIAS, WEFT_F32);
    }
    return weights ? WEFT_OK : fill_weights(t, kernel, error);
}

static weft_status prove(trial *t, weft_dnn_kernel *kernel, weft_error *error) {
    WEFT_TRY(fill_all(t, kernel, error));
    WEFT_TRY(weft_dnn_kernel_run(t->dnn, kernel, t->places, error));
    const void *result = t->places[WEFT_DNN_DESTINATION];
    const float *bias = NULL;
    if (kernel->direction == dnnl_backward_data) {
        result = t->places[WEFT_DNN_SOURCE];
    } else if (kernel->direction == dnnl_backward_weights) {
        WEFT_TRY(
            weft_dnn_kernel_reorder(t->dnn, kernel, t->plain, t->places[WEFT_DNN_WEIGHTS], error));
        result = t->plain;
        bias = weft_dnn_kernel_bytes(kernel, WEFT_DNN_BIAS) > 0 ? t->places[WEFT_DNN_BIAS] : NULL;
    }
    if (!t->task->holds(t->task->context, result, bias)) {
        return weft_fail(error, WEFT_ERROR_INTERNAL, "oneDNN's kernel %s computes wrong: %s",
                         weft_dnn_kernel_name(kernel), t->task->key);
    }
    return WEFT_OK;
}

static weft_status try_way(void *context, int way, weft_error *error) {
    trial *t = context;
    weft_dnn_kernel *kernel = &t->kernels[way];
    if (kernel->primitive != NULL) {
        return weft_dnn_kernel_run(t->dnn, kernel, t->places, error);
    }
    WEFT_TRY(make_named(t->dnn, t->task, t->offer.names[way], kernel, error));
    WEFT_TRY(have_all_room(t, kernel, error));
    return prove(t, kernel, error);
}

static void end_trial(trial *t) {
    for (int i = 0; i < MAX_WAYS; i++) {
        weft_dnn_kernel_destroy(&t->kernels[i]);
    }
    for (int i = 0; i < WEFT_DNN_SLOTS; i++) {
        free(t->places[i]);
    }
    free(t->plain);
}

/* ---- choosing -------------------------------------------------------------------------------- */

/* The task and the names of the ways. */
static void name_choice(const trial *t, char text[KEY]) {
    int length = snprintf(text, KEY, "%s", t->task->key);
    for (int i = 0; i < t->offer.n && length < KEY; i++) {
        length += snprintf(text + length, (size_t)(KEY - length), "|%s", t->offer.names[i]);
    }
}

static weft_status choose(trial *t, weft_dnn_kernel *kernel, weft_error *error) {
    char text[KEY];
    int way = 0;
    name_choice(t, text);
    WEFT_TRY(weft_choices_best(t->dnn->choices, text, t->offer.n, try_way, t, &way, error));
    if (t->kernels[way].primitive == NULL) {
        return make_named(t->dnn, t->task, t->offer.names[way], kernel, error);
    }
    *kernel = t->kernels[way];
    t->kernels[way] = (weft_dnn_kernel){0};
    memset(kernel->bound, 0, sizeof kernel->bound); /* the trial's memory goes */
    return WEFT_OK;
}

static weft_status choose_among(weft_dnn *dnn, const weft_dnn_task *task, bool references,
                                weft_dnn_kernel *kernel, weft_error *error) {
    trial t = {.dnn = dnn, .task = task};
    WEFT_TRY(list(dnn, task, references, &t.offer, error));
    if (t.offer.n == 0) {
        return weft_fail(error, WEFT_ERROR_INTERNAL, "oneDNN has no kernel: %s", task->key);
    }
    weft_status status = choose(&t, kernel, error);
    end_trial(&t);
    return status;
}

/* ---- the whole ------------------------------------------------------------------------------- */

weft_status weft_dnn_kernel_make(weft_dnn *dnn, const weft_dnn_task *task, weft_dnn_kernel *kernel,
                                 weft_error *error) {
    if (task->name != NULL) {
        return make_named(dnn, task, task->name, kernel, error);
    }
    weft_error why, also;
    weft_status status = choose_among(dnn, task, false, kernel, &why);
    if (status == WEFT_ERROR_INTERNAL && choose_among(dnn, task, true, kernel, &also) == WEFT_OK) {
        return WEFT_OK;
    }
    if (status != WEFT_OK) {
        *error = why;
    }
    return status;
}

void weft_dnn_kernel_destroy(weft_dnn_kernel *kernel) {
    for (int i = 0; i < kernel->n; i++) {
        dnnl_memory_destroy(kernel->arguments[i].memory);
    }
    if (kernel->plain != NULL) {
        dnnl_memory_destroy(kernel->plain);
    }
    if (kernel->packed != NULL) {
        dnnl_memory_destroy(kernel->packed);
    }
    if (kernel->reorder != NULL) {
        dnnl_primitive_destroy(kernel->reorder);
    }
    if (kernel->primitive != NULL) {
        dnnl_primitive_destroy(kernel->primitive);
    }
    *kernel = (weft_dnn_kernel){0};
}

size_t weft_dnn_kernel_bytes(const weft_dnn_kernel *kernel, weft_dnn_slot slot) {
    weft_dnn_layout layout = layout_of(kernel, slot);
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

weft_status weft_dnn_kernel_reorder(weft_dnn *dnn, weft_dnn_kernel *kernel, void *plain,
                                    void *packed, weft_error *error) {
    bool back = kernel->direction == dnnl_backward_weights;
    WEFT_DNN_TRY(dnnl_memory_set_data_handle(kernel->plain, plain), "plain weights");
    WEFT_DNN_TRY(dnnl_memory_set_data_handle(kernel->packed, packed), "packed weights");
    const dnnl_exec_arg_t arguments[] = {{DNNL_ARG_FROM, back ? kernel->packed : kernel->plain},
                                         {DNNL_ARG_TO, back ? kernel->plain : kernel->packed}};
    WEFT_DNN_TRY(dnnl_primitive_execute(kernel->reorder, dnn->stream, 2, arguments),
                 "reordering weights");
    WEFT_DNN_TRY(dnnl_stream_wait(dnn->stream), "waiting for a reorder");
    return WEFT_OK;
}
