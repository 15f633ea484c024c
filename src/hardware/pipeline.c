/* SPDX-License-Identifier: Apache-2.0
 *
 * The pixel pipeline in closed form. Three facts carry it:
 *
 *   Pieces. Let X(j) be when the inputs of column j are done. On a piece where X is a line of slope
 *   m, a layer that takes t a pixel either waits for X at every pixel (m >= t) and follows it, or
 *   waits at most once and then goes on by itself with slope t. So a piece of X makes at most two
 *   pieces of F.
 *
 *   Runs. Row i is F_i = G(E_{i-1}, X_i), E_i the end of row i, and G(a + c, X + c) = G(a, X) + c.
 *   If X_{i+1} = X_i + D and E_i = E_{i-1} + D then F_{i+1} = F_i + D, and so on while X goes on in
 *   steps of D.                                                                               (A)
 *   A row that never waited takes R = time of its pixels; if X goes on in steps of at most R, the
 *   next row does not wait either: F_{i+1} = F_i + R.                                         (B)
 *
 *   Need. Rows beyond the last that anyone needs are not computed.
 */
#include "hardware/pipeline.h"

#include <stdlib.h>
#include <string.h>

/* ---- memory ---------------------------------------------------------------------------------- */

enum { RUNS_A_LAYER = 24, PIECES_A_LAYER = 96, WORK_ROOM = 64 };

static weft_status grow(void *memory, size_t need, size_t size, size_t *room, weft_error *error) {
    void **block = memory;
    size_t fresh = *room * 2 > need ? *room * 2 : need;
    void *moved = fresh <= SIZE_MAX / size ? realloc(*block, fresh * size) : NULL;
    if (moved == NULL) {
        return weft_fail_memory(error, fresh * size);
    }
    *block = moved;
    *room = fresh;
    return WEFT_OK;
}

static weft_status reserve_work(weft_pipeline *p, size_t need, weft_error *error) {
    if (need <= p->work_room) {
        return WEFT_OK;
    }
    size_t room = p->work_room;
    for (int i = 0; i < 3; i++) {
        room = p->work_room;
        WEFT_TRY(grow(&p->work[i], need, sizeof *p->work[i], &room, error));
    }
    p->work_room = room;
    return WEFT_OK;
}

static weft_status reserve(void *memory, size_t need, size_t size, size_t *room,
                           weft_error *error) {
    return need <= *room ? WEFT_OK : grow(memory, need, size, room, error);
}

weft_status weft_pipeline_fit(weft_pipeline *pipeline, int32_t n_layers, weft_error *error) {
    weft_pipeline *p = pipeline;
    size_t n = (size_t)n_layers;
    p->n_layers = n_layers;
    WEFT_TRY(reserve(&p->runs, n * RUNS_A_LAYER, sizeof *p->runs, &p->runs_room, error));
    WEFT_TRY(reserve(&p->pieces, n * PIECES_A_LAYER, sizeof *p->pieces, &p->pieces_room, error));
    WEFT_TRY(reserve_work(p, WORK_ROOM, error));
    if (n_layers > p->layers_room) {
        free(p->first_run);
        free(p->last_row);
        p->layers_room = 0;
        p->first_run = calloc(n + 1, sizeof *p->first_run);
        p->last_row = calloc(n, sizeof *p->last_row);
        if (p->first_run == NULL || p->last_row == NULL) {
            return weft_fail_memory(error, n * sizeof *p->first_run);
        }
        p->layers_room = n_layers;
    }
    return WEFT_OK;
}

void weft_pipeline_destroy(weft_pipeline *pipeline) {
    free(pipeline->runs);
    free(pipeline->pieces);
    free(pipeline->first_run);
    free(pipeline->last_row);
    for (int i = 0; i < 3; i++) {
        free(pipeline->work[i]);
    }
    *pipeline = (weft_pipeline){0};
}

/* ---- rows in, as functions of the output column ---------------------------------------------- */

static int32_t needed_row(const weft_pipe_edge *edge, int32_t i) {
    int64_t row = edge->row_first + (int64_t)edge->row_step * i;
    return row < edge->height ? (int32_t)row : edge->height - 1;
}

static int32_t needed_column(const weft_pipe_edge *edge, int32_t j) {
    int64_t column = edge->column_first + (int64_t)edge->column_step * j;
    return column < edge->width ? (int32_t)column : edge->width - 1;
}

static int64_t piece_at(const weft_piece *piece, int32_t j) {
    return piece->value + piece->slope * (j - piece->first);
}

/* ceil(a / b) for b > 0 and a of any sign; steps are nearly always 1 or 2. */
static int32_t ceil_divide(int32_t a, int32_t b) {
    return b == 1 ? a : a > 0 ? (int32_t)(((int64_t)a + b - 1) / b) : -(-a / b);
}

/* X(j) = F_in(c(j)) + shift for j = 0 .. width - 1; at most n + 1 pieces. */
static int32_t take_columns(const weft_pipe_edge *edge, int32_t width, const weft_piece *in,
                            int32_t n, int64_t shift, weft_piece *out) {
    int32_t first = edge->column_first;
    int32_t step = edge->column_step;
    int32_t last = edge->width - 1;
    int64_t end = piece_at(&in[n - 1], last) + shift;
    int32_t stay = first >= last ? 0 : step == 0 ? width : ceil_divide(last - first, step);
    int32_t limit = stay < width ? stay : width;
    int32_t made = 0;
    for (int32_t k = 0; k < n && limit > 0; k++) {
        int32_t from = in[k].first <= first ? 0
                       : step == 0          ? limit
                                            : ceil_divide(in[k].first - first, step);
        if (from >= limit) {
            break;
        }
        if (made > 0 && out[made - 1].first == from) {
            made--;
        }
        int32_t column = first + step * from;
        int32_t end_of_piece = k + 1 < n ? in[k + 1].first : edge->width;
        int64_t slope = column + step < end_of_piece ? in[k].slope * step : 0;
        out[made++] = (weft_piece){from, piece_at(&in[k], column) + shift, slope};
    }
    if (limit < width) {
        out[made++] = (weft_piece){limit, end, 0};
    }
    return made;
}

/* Adds max(a, b) on columns first .. end - 1, where both are lines. */
static int32_t add_maximum(weft_piece a, weft_piece b, int32_t first, int32_t end,
                           weft_piece *out) {
    int64_t va = piece_at(&a, first);
    int64_t vb = piece_at(&b, first);
    if (vb > va || (vb == va && b.slope > a.slope)) {
        weft_piece swap = a;
        a = b;
        b = swap;
        int64_t value = va;
        va = vb;
        vb = value;
    }
    out[0] = (weft_piece){first, va, a.slope};
    if (b.slope <= a.slope) {
        return 1;
    }
    int64_t steps = (va - vb) / (b.slope - a.slope) + 1; /* from there on b is above a */
    if (steps >= end - first) {
        return 1;
    }
    out[1] = (weft_piece){(int32_t)(first + steps), vb + b.slope * steps, b.slope};
    return 2;
}

/* max(a, b) over the columns 0 .. width - 1; at most 2 (na + nb) pieces. */
static int32_t maximum(const weft_piece *a, int32_t na, const weft_piece *b, int32_t nb,
                       int32_t width, weft_piece *out) {
    int32_t made = 0;
    int32_t first = 0;
    for (int32_t ia = 0, ib = 0; first < width;) {
        int32_t end_a = ia + 1 < na ? a[ia + 1].first : width;
        int32_t end_b = ib + 1 < nb ? b[ib + 1].first : width;
        int32_t end = end_a < end_b ? end_a : end_b;
        made += add_maximum(a[ia], b[ib], first, end, out + made);
        ia += end == end_a && ia + 1 < na;
        ib += end == end_b && ib + 1 < nb;
        first = end;
    }
    return made;
}

/* ---- one row out ----------------------------------------------------------------------------- */

/* Adds a line on columns first .. first + n - 1; joins it to the piece before where that is the
 * same line. `last` is the index of the piece before, `first_piece` that of the row's first. */
static void add_line(weft_pipeline *p, size_t first_piece, int32_t first, int64_t n, int64_t value,
                     int64_t slope) {
    if (n <= 0) {
        return;
    }
    if (p->n_pieces > first_piece) {
        weft_piece *before = &p->pieces[p->n_pieces - 1];
        if (first - before->first == 1 && (n == 1 || value - before->value == slope)) {
            before->slope = value - before->value;
            return;
        }
        if (piece_at(before, first) == value && (n == 1 || before->slope == slope)) {
            return;
        }
    }
    p->pieces[p->n_pieces++] = (weft_piece){first, value, slope};
}

/* F over one row from X: `before` is the end of the row before, `t_first` and `t` the times of the
 * first pixel and of the others. Returns the end of the row. Room for 2 n + 2 pieces is there. */
static int64_t compute_row(weft_pipeline *p, const weft_piece *x, int32_t n, int32_t width,
                           int64_t before, int64_t t_first, int64_t t) {
    size_t start = p->n_pieces;
    int64_t now = (x[0].value > before ? x[0].value : before) + t_first;
    add_line(p, start, 0, 1, now, 0);
    for (int32_t k = 0; k < n; k++) {
        int32_t first = x[k].first > 0 ? x[k].first : 1;
        int32_t end = k + 1 < n ? x[k + 1].first : width;
        int32_t length = end - first;
        if (length <= 0) {
            continue;
        }
        int64_t value = piece_at(&x[k], first);
        int64_t slope = x[k].slope;
        int64_t by_itself = 0; /* pixels at the start of the piece that do not wait */
        if (now >= value) {
            int64_t until = slope > t ? (now - value) / (slope - t) + 1 : length;
            by_itself = until < length ? until : length;
        }
        add_line(p, start, first, by_itself, now + t, t);
        now += by_itself * t;
        if (by_itself < length) {
            int64_t follow = slope > t ? slope : t;
            int64_t at = value + slope * by_itself + t;
            int64_t rest = length - by_itself;
            add_line(p, start, (int32_t)(first + by_itself), rest, at, follow);
            now = at + follow * (rest - 1);
        }
    }
    return now;
}

/* ---- rows as runs ---------------------------------------------------------------------------- */

/* Files the pieces from `start` on as row i: as one more row of the last run if they are its row
 * `delta` later, else as a new run. */
static void file_row(weft_pipeline *p, size_t first_run, int32_t i, size_t start, int64_t delta) {
    int32_t n = (int32_t)(p->n_pieces - start);
    if (p->n_runs > first_run) {
        weft_run *last = &p->runs[p->n_runs - 1];
        int64_t shift = last->n_rows == 1 ? delta : last->period * last->n_rows;
        bool same = last->n_pieces == n && (last->n_rows == 1 || last->period == delta);
        for (int32_t k = 0; same && k < n; k++) {
            const weft_piece *a = &p->pieces[last->piece + (size_t)k];
            const weft_piece *b = &p->pieces[start + (size_t)k];
            same = a->first == b->first && a->slope == b->slope && b->value - a->value == shift;
        }
        if (same) {
            last->period = delta;
            last->n_rows++;
            p->n_pieces = start;
            return;
        }
    }
    p->runs[p->n_runs++] = (weft_run){i, 1, delta, start, n};
}

/* What row i takes from its inputs, and how the rows after it continue. */
typedef struct row_in {
    const weft_piece *x;
    int32_t n;
    int32_t more;  /* rows after this one whose X is this one's, later by `step` a row */
    int64_t step;  /* of the input with the largest */
    bool one_step; /* all inputs go on in the same step */
} row_in;

/* One input's row for output row i in work[slot]; *run is where to start looking, and stays. */
static int32_t take_input(weft_pipeline *p, const weft_pipe_layer *layer, int32_t i, int slot,
                          size_t *run, row_in *in) {
    const weft_pipe_edge *edge = &layer->input[slot];
    int32_t row = needed_row(edge, i);
    while (row >= p->runs[*run].row + p->runs[*run].n_rows) {
        (*run)++;
    }
    const weft_run *r = &p->runs[*run];
    int64_t step = 0;
    if (edge->row_step > 0 && row < edge->height - 1) {
        int32_t more = (r->row + r->n_rows - 1 - row) / edge->row_step;
        in->more = more < in->more ? more : in->more;
        step = r->period * edge->row_step;
    }
    in->one_step = slot == 0 || (in->one_step && step == in->step);
    in->step = slot == 0 || step > in->step ? step : in->step;
    return take_columns(edge, layer->width, p->pieces + r->piece, r->n_pieces,
                        r->period * (row - r->row), p->work[slot]);
}

static row_in take_row(weft_pipeline *p, const weft_pipe_layer *layer, int32_t i, int32_t rows,
                       size_t *run) {
    row_in in = {.more = rows - 1 - i, .one_step = true};
    int32_t n[WEFT_PIPE_MAX_INPUTS] = {0, 0};
    if (layer->n_inputs == 0) {
        p->work[0][0] = (weft_piece){0, 0, 0};
        n[0] = 1;
    }
    for (int32_t m = 0; m < layer->n_inputs; m++) {
        n[m] = take_input(p, layer, i, m, &run[m], &in);
    }
    in.x = p->work[0];
    in.n = n[0];
    if (layer->n_inputs == 2) {
        in.n = maximum(p->work[0], n[0], p->work[1], n[1], layer->width, p->work[2]);
        in.x = p->work[2];
    }
    return in;
}

/* Room for a row whose inputs have so many pieces, and for its run. */
static weft_status reserve_row(weft_pipeline *p, const weft_pipe_layer *layer, int32_t i,
                               size_t *run, weft_error *error) {
    size_t n = 4;
    for (int32_t m = 0; m < layer->n_inputs; m++) {
        int32_t row = needed_row(&layer->input[m], i);
        while (row >= p->runs[run[m]].row + p->runs[run[m]].n_rows) {
            run[m]++;
        }
        n += 2 * ((size_t)p->runs[run[m]].n_pieces + 1);
    }
    WEFT_TRY(reserve_work(p, n, error));
    if (p->n_pieces + 2 * n + 2 > p->pieces_room) {
        WEFT_TRY(
            grow(&p->pieces, p->n_pieces + 2 * n + 2, sizeof *p->pieces, &p->pieces_room, error));
    }
    if (p->n_runs + 1 > p->runs_room) {
        WEFT_TRY(grow(&p->runs, p->n_runs + 1, sizeof *p->runs, &p->runs_room, error));
    }
    return WEFT_OK;
}

/* All needed rows of one layer. *end: when its last needed row is done. */
static weft_status compute_layer(weft_pipeline *p, const weft_pipe_layer *layer, int32_t rows,
                                 int64_t *end, weft_error *error) {
    size_t run[WEFT_PIPE_MAX_INPUTS] = {0, 0};
    for (int32_t m = 0; m < layer->n_inputs; m++) {
        run[m] = p->first_run[layer->input[m].layer];
    }
    size_t first_run = p->n_runs;
    int64_t before = 0;
    for (int32_t i = 0; i < rows; i++) {
        WEFT_TRY(reserve_row(p, layer, i, run, error));
        row_in in = take_row(p, layer, i, rows, run);
        int64_t t_first = layer->time[weft_pipe_class(i, 0)];
        int64_t t = layer->time[weft_pipe_class(i, 1)];
        size_t start = p->n_pieces;
        int64_t now = compute_row(p, in.x, in.n, layer->width, before, t_first, t);
        int64_t delta = now - before;
        file_row(p, first_run, i, start, delta);
        before = now;
        int64_t alone = t_first + (layer->width - 1) * t;
        bool repeats = (in.one_step && delta == in.step) ||  /* (A) */
                       (delta == alone && in.step <= alone); /* (B) */
        if (i > 0 && in.more > 0 && repeats) {
            weft_run *last = &p->runs[p->n_runs - 1];
            last->period = delta;
            last->n_rows += in.more;
            before += delta * in.more;
            i += in.more;
        }
    }
    *end = before;
    return WEFT_OK;
}

/* ---- the network ----------------------------------------------------------------------------- */

/* The last row of each layer that a later layer needs; a layer without consumers needs them all. */
static void find_last_rows(weft_pipeline *p, const weft_pipe_layer *layers) {
    for (int32_t l = 0; l < p->n_layers; l++) {
        p->last_row[l] = -1;
    }
    for (int32_t l = p->n_layers - 1; l >= 0; l--) {
        if (p->last_row[l] < 0) {
            p->last_row[l] = layers[l].height - 1;
        }
        for (int32_t m = 0; m < layers[l].n_inputs; m++) {
            const weft_pipe_edge *edge = &layers[l].input[m];
            int32_t row = needed_row(edge, p->last_row[l]);
            int32_t *need = &p->last_row[edge->layer];
            *need = row > *need ? row : *need;
        }
    }
}

/* The network waits for the last pixel of every layer without consumers. */
static bool has_consumer(const weft_pipe_layer *layers, int32_t n, int32_t l) {
    for (int32_t k = l + 1; k < n; k++) {
        for (int32_t m = 0; m < layers[k].n_inputs; m++) {
            if (layers[k].input[m].layer == l) {
                return true;
            }
        }
    }
    return false;
}

weft_status weft_pipeline_run(weft_pipeline *p, const weft_pipe_layer *layers, int64_t *latency,
                              weft_error *error) {
    find_last_rows(p, layers);
    p->n_runs = 0;
    p->n_pieces = 0;
    int64_t latest = -1;
    for (int32_t l = 0; l < p->n_layers; l++) {
        int64_t end = 0;
        p->first_run[l] = p->n_runs;
        WEFT_TRY(compute_layer(p, &layers[l], p->last_row[l] + 1, &end, error));
        bool last = l == p->n_layers - 1;
        if (end > latest && (last || !has_consumer(layers, p->n_layers, l))) {
            latest = end;
            p->last_layer = l;
        }
    }
    p->first_run[p->n_layers] = p->n_runs;
    *latency = latest;
    return WEFT_OK;
}

/* ---- the critical path ----------------------------------------------------------------------- */

/* F of a pixel of the last computation. */
static int64_t done_at(const weft_pipeline *p, int32_t l, int32_t i, int32_t j) {
    size_t low = p->first_run[l];
    size_t high = p->first_run[l + 1];
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (p->runs[middle].row <= i) {
            low = middle;
        } else {
            high = middle;
        }
    }
    const weft_run *run = &p->runs[low];
    const weft_piece *pieces = p->pieces + run->piece;
    int32_t k = run->n_pieces - 1;
    while (pieces[k].first > j) {
        k--;
    }
    return piece_at(&pieces[k], j) + run->period * (i - run->row);
}

void weft_pipeline_trace(const weft_pipeline *p, const weft_pipe_layer *layers,
                         int64_t (*count)[WEFT_PIPE_CLASSES]) {
    for (int32_t l = 0; l < p->n_layers; l++) {
        memset(count[l], 0, sizeof count[l]);
    }
    int32_t l = p->last_layer;
    int32_t i = layers[l].height - 1;
    int32_t j = layers[l].width - 1;
    for (;;) {
        const weft_pipe_layer *layer = &layers[l];
        int kind = weft_pipe_class(i, j);
        count[l][kind]++;
        int64_t began = done_at(p, l, i, j) - layer->time[kind];
        int32_t before_i = j > 0 ? i : i - 1;
        int32_t before_j = j > 0 ? j - 1 : layer->width - 1;
        if (before_i >= 0 && done_at(p, l, before_i, before_j) == began) {
            i = before_i;
            j = before_j;
            continue;
        }
        int32_t m = 0;
        while (m < layer->n_inputs &&
               done_at(p, layer->input[m].layer, needed_row(&layer->input[m], i),
                       needed_column(&layer->input[m], j)) != began) {
            m++;
        }
        if (m == layer->n_inputs) {
            return; /* began at time 0 */
        }
        const weft_pipe_edge *edge = &layer->input[m];
        l = edge->layer;
        i = needed_row(edge, i);
        j = needed_column(edge, j);
    }
}
