/* SPDX-License-Identifier: Apache-2.0
 *
 * Products of two activations. oneDNN's fast kernels want a result whose columns follow each other;
 * where its rows do, the transposed product is computed: C' = B' A'. */
#include "learn/onednn_kernel.h"

#include <stdio.h>
#include <stdlib.h>

struct weft_dnn_matmul {
    weft_dnn_item item;
    weft_dnn *dnn;
    weft_dnn_matmul_geometry geometry; /* as asked for: the key */
    bool transposed;
    weft_dnn_kernel kernel;
};

static weft_dnn_matrix transpose(weft_dnn_matrix m) {
    return (weft_dnn_matrix){m.image, m.head, m.column_step, m.row_step};
}

static weft_dnn_matmul_geometry transpose_all(const weft_dnn_matmul_geometry *g) {
    weft_dnn_matmul_geometry result = *g;
    result.rows = g->columns;
    result.columns = g->rows;
    result.a = transpose(g->b);
    result.b = transpose(g->a);
    result.c = transpose(g->c);
    return result;
}

/* Steps over a dimension of one element are never taken: they become those of a plain matrix. */
static weft_dnn_matrix settle(const weft_dnn_matmul_geometry *g, weft_dnn_matrix m, int rows,
                              int columns) {
    if (columns == 1) {
        m.column_step = 1;
    }
    if (g->images == 1) { /* beyond all that there is */
        m.image = (g->heads - 1) * m.head + (rows - 1) * m.row_step +
                  (columns - 1) * m.column_step + 1;
    }
    if (g->heads == 1) {
        m.head = m.image;
    }
    return m;
}

/* What is computed for a geometry, either as it is or transposed. A single row whose numbers do not
 * follow each other is beyond oneDNN's fast kernels (3.7.2: wrong sums), a single column is not: so
 * rows are computed as columns, where that does not make the other factor such a row. With two such
 * vectors its reference kernel is right. */
static weft_dnn_matmul_geometry settle_all(const weft_dnn_matmul_geometry *g, bool *transposed) {
    bool row = g->rows == 1 && (g->columns > 1 || g->a.column_step != 1);
    *transposed = row || (g->columns > 1 && g->c.column_step != 1);
    weft_dnn_matmul_geometry result = *transposed ? transpose_all(g) : *g;
    result.a = settle(g, result.a, result.rows, result.inner);
    result.b = settle(g, result.b, result.inner, result.columns);
    result.c = settle(g, result.c, result.rows, result.columns);
    if (result.rows == 1) {
        result.a.row_step = result.inner * result.a.column_step;
    }
    return result;
}

/* oneDNN's brgemm (3.7.2) takes all images' heads for contiguous where the largest of their steps
 * is (images x heads) times the smallest, in whole numbers, and multiplies the wrong matrices: it
 * should ask for `heads` times. So it is with heads side by side and as many tokens as images. A
 * third step, over a dimension of one, is put beside them to keep it from that; 0 where it is not
 * needed. (2.6.3 is right, and has no brgemm for five dimensions.) */
static int64_t third_step(const weft_dnn_matmul_geometry *g, const weft_dnn_matrix *m) {
    int64_t least = m->image < m->head ? m->image : m->head;
    int64_t most = m->image < m->head ? m->head : m->image;
    int64_t all = (int64_t)g->images * g->heads;
    bool right = dnnl_version()->major < 3 || m->image == m->head * g->heads;
    if (right || least == 0 || most / least != all) {
        return 0;
    }
    return 2 * most;
}

static bool steps_fit(const weft_dnn_matrix *m) {
    return m->image >= 0 && m->head >= 0 && m->row_step > 0 && m->column_step > 0;
}

static weft_status check(const weft_dnn_matmul_geometry *g, weft_error *error) {
    WEFT_TRY(weft_dnn_check_type(g->type, error));
    if (g->images < 1 || g->heads < 1 || g->rows < 1 || g->inner < 1 || g->columns < 1 ||
        !steps_fit(&g->a) || !steps_fit(&g->b) || !steps_fit(&g->c)) {
        return weft_fail(error, WEFT_ERROR_INPUT,
                         "a product of %d x %d by %d x %d for %d images of %d heads cannot be "
                         "computed",
                         (int)g->rows, (int)g->inner, (int)g->inner, (int)g->columns,
                         (int)g->images, (int)g->heads);
    }
    return WEFT_OK;
}

/* As a tensor of four dimensions, or of five: (images, 1, heads, rows, columns). */
static weft_status describe(const weft_dnn_matmul_geometry *g, const weft_dnn_matrix *m, int rows,
                            int columns, bool five, weft_dnn_layout *layout, weft_error *error) {
    int64_t third = third_step(g, m);
    const int64_t sizes[] = {g->images, 1, g->heads, rows, columns};
    const int64_t steps[] = {m->image, third > 0 ? third : m->image, m->head, m->row_step,
                             m->column_step};
    const int64_t four_sizes[] = {g->images, g->heads, rows, columns};
    const int64_t four_steps[] = {m->image, m->head, m->row_step, m->column_step};
    WEFT_DNN_TRY(weft_dnn_layout_stepped(layout, five ? 5 : 4, five ? sizes : four_sizes,
                                         five ? steps : four_steps, weft_dnn_type(g->type)),
                 "a matrix's layout");
    return WEFT_OK;
}

static int name_matrix(char *text, size_t size, const weft_dnn_matrix *m) {
    return snprintf(text, size, "|%lld,%lld,%lld,%lld", (long long)m->image, (long long)m->head,
                    (long long)m->row_step, (long long)m->column_step);
}

static void name_work(const weft_dnn_matmul_geometry *g, char *key, size_t size) {
    const weft_dnn_matrix *const all[] = {&g->a, &g->b, &g->c};
    int n = snprintf(key, size, "matmul|%s|%dx%d|%dx%dx%d", g->type == WEFT_BF16 ? "bf16" : "f32",
                     (int)g->images, (int)g->heads, (int)g->rows, (int)g->inner, (int)g->columns);
    for (int i = 0; i < 3 && (size_t)n < size; i++) {
        n += name_matrix(key + n, size - (size_t)n, all[i]);
    }
}

static bool holds(const void *context, const void *result, const float *bias) {
    (void)bias;
    return weft_dnn_matmul_holds(context, result);
}

static weft_status choose(weft_dnn_matmul *matmul, const weft_dnn_matmul_geometry *run,
                          weft_dnn_task *task, weft_error *error) {
    char key[384];
    weft_dnn_operation *o = &task->operation;
    bool five = third_step(run, &run->a) > 0 || third_step(run, &run->b) > 0 ||
                third_step(run, &run->c) > 0;
    WEFT_TRY(describe(run, &run->a, run->rows, run->inner, five, &o->source, error));
    WEFT_TRY(describe(run, &run->b, run->inner, run->columns, five, &o->weights, error));
    WEFT_TRY(describe(run, &run->c, run->rows, run->columns, five, &o->destination, error));
    name_work(run, key, sizeof key);
    task->key = key;
    return weft_dnn_kernel_make(matmul->dnn, task, &matmul->kernel, error);
}

static weft_status fill(weft_dnn_matmul *matmul, const weft_dnn_matmul *model, weft_error *error) {
    weft_dnn_matmul_geometry run = settle_all(&matmul->geometry, &matmul->transposed);
    weft_dnn_task task = {
        .operation = {.work = WEFT_DNN_MATMUL, .direction = dnnl_forward_training},
        .type = (weft_type)run.type,
        .name = model != NULL ? weft_dnn_matmul_kernel(model) : NULL,
        .holds = holds,
        .context = &run};
    weft_status status = choose(matmul, &run, &task, error);
    weft_dnn_layout_destroy(task.operation.source);
    weft_dnn_layout_destroy(task.operation.weights);
    weft_dnn_layout_destroy(task.operation.destination);
    return status;
}

static weft_status make(weft_dnn *dnn, const weft_dnn_matmul_geometry *geometry,
                        const weft_dnn_matmul *model, weft_dnn_matmul **matmul, weft_error *error) {
    WEFT_TRY(check(geometry, error));
    weft_dnn_matmul *made = calloc(1, sizeof *made);
    if (made == NULL) {
        return weft_fail_memory(error, sizeof *made);
    }
    made->dnn = dnn;
    made->geometry = *geometry;
    weft_status status = fill(made, model, error);
    if (status == WEFT_OK) {
        status = weft_dnn_table_add(&dnn->matmuls, &made->item, &made->geometry,
                                    sizeof made->geometry, error);
    }
    if (status != WEFT_OK) {
        weft_dnn_matmul_destroy(made);
        return status;
    }
    *matmul = made;
    return WEFT_OK;
}

void weft_dnn_matmul_destroy(weft_dnn_matmul *matmul) {
    if (matmul == NULL) {
        return;
    }
    weft_dnn_kernel_destroy(&matmul->kernel);
    free(matmul);
}

/* Where there is no model its kernel is chosen. */
static weft_status get(weft_dnn *dnn, const weft_dnn_matmul_geometry *geometry,
                       const weft_dnn_matmul *model, weft_dnn_matmul **matmul, weft_error *error) {
    weft_dnn_item *known = weft_dnn_table_find(&dnn->matmuls, geometry, sizeof *geometry);
    if (known != NULL) {
        *matmul = (weft_dnn_matmul *)known;
        return WEFT_OK;
    }
    int before = weft_dnn_alone();
    weft_status status = make(dnn, geometry, model, matmul, error);
    weft_dnn_not_alone(before);
    return status;
}

weft_status weft_dnn_matmul_get(weft_dnn *dnn, const weft_dnn_matmul_geometry *geometry,
                                weft_dnn_matmul **matmul, weft_error *error) {
    return get(dnn, geometry, NULL, matmul, error);
}

weft_status weft_dnn_matmul_like(weft_dnn *dnn, const weft_dnn_matmul *model,
                                 weft_dnn_matmul **matmul, weft_error *error) {
    return get(dnn, &model->geometry, model, matmul, error);
}

size_t weft_dnn_matmul_scratch(const weft_dnn_matmul *matmul) {
    return weft_dnn_kernel_bytes(&matmul->kernel, WEFT_DNN_SCRATCH);
}

weft_status weft_dnn_matmul_run(weft_dnn_matmul *matmul, const void *a, const void *b, void *c,
                                void *scratch, weft_error *error) {
    /* oneDNN takes no const pointers; it only reads the factors. */
    void *left = (void *)(uintptr_t)(matmul->transposed ? b : a);
    void *right = (void *)(uintptr_t)(matmul->transposed ? a : b);
    void *const slots[WEFT_DNN_SLOTS] = {left, right, NULL, c, scratch};
    int before = weft_dnn_alone();
    weft_status status = weft_dnn_kernel_run(matmul->dnn, &matmul->kernel, slots, error);
    weft_dnn_not_alone(before);
    return status;
}

const char *weft_dnn_matmul_kernel(const weft_dnn_matmul *matmul) {
    return weft_dnn_kernel_name(&matmul->kernel);
}
