/* SPDX-License-Identifier: Apache-2.0
 *
 * Ask and tell as a service over lines of JSON: the process of the user is the master. */
#include "study/optimize.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"

typedef struct service {
    weft_optimize *optimize;
    weft_optimizer *optimizer;
    weft_journal journal;
    FILE *out;
    bool *told;        /* (capacity), by number */
    double *pending;   /* (n_pending, n_genes): asked for and not told */
    uint64_t *numbers; /* (n_pending) */
    size_t n_pending, capacity;
    uint64_t next; /* no number below it is still to be asked for */
    size_t n_genes;
} service;

/* ---- trials ---------------------------------------------------------------------------------- */

static weft_status reserve(service *s, uint64_t number, weft_error *error) {
    if (number < s->capacity) {
        return WEFT_OK;
    }
    size_t capacity = 2 * (size_t)number + 64;
    bool *told = realloc(s->told, capacity * sizeof *told);
    s->told = told != NULL ? told : s->told;
    double *pending = realloc(s->pending, capacity * s->n_genes * sizeof *pending);
    s->pending = pending != NULL ? pending : s->pending;
    uint64_t *numbers = realloc(s->numbers, capacity * sizeof *numbers);
    s->numbers = numbers != NULL ? numbers : s->numbers;
    if (told == NULL || pending == NULL || numbers == NULL) {
        return weft_fail_memory(error, capacity * s->n_genes * sizeof *pending);
    }
    memset(told + s->capacity, 0, (capacity - s->capacity) * sizeof *told);
    s->capacity = capacity;
    return WEFT_OK;
}

static weft_status tell(service *s, const weft_optimize_trial *trial, weft_error *error) {
    weft_outcome outcome;
    weft_optimize_outcome(s->optimize, trial, &outcome);
    s->told[trial->number] = true;
    return weft_optimizer_tell_trial(s->optimizer, trial->number, trial->genome, &outcome, error);
}

static weft_status take_record(void *context, const weft_optimize_trial *trial, weft_error *error) {
    service *s = context;
    if (trial->number >= (uint64_t)1 << 31) {
        return weft_fail(error, WEFT_ERROR_STORE, "a line of the journal is no trial");
    }
    WEFT_TRY(reserve(s, trial->number, error));
    WEFT_TRY(weft_optimize_keep(s->optimize, trial, error));
    return tell(s, trial, error);
}

/* The place of an outstanding trial; n_pending: there is none of that number. */
static size_t find(const service *s, int64_t id) {
    size_t i = 0;
    while (i < s->n_pending && s->numbers[i] != (uint64_t)id) {
        i++;
    }
    return i;
}

static void forget(service *s, size_t i) {
    s->n_pending--;
    memmove(&s->numbers[i], &s->numbers[i + 1], (s->n_pending - i) * sizeof *s->numbers);
    memmove(&s->pending[i * s->n_genes], &s->pending[(i + 1) * s->n_genes],
            (s->n_pending - i) * s->n_genes * sizeof *s->pending);
}

/* ---- answers --------------------------------------------------------------------------------- */

static weft_status send(service *s, const char *text, weft_error *error) {
    if (text == NULL) {
        return weft_fail_memory(error, 1);
    }
    if (fputs(text, s->out) < 0 || fflush(s->out) != 0) {
        return weft_fail_errno(error, "the answer cannot be written", "");
    }
    return WEFT_OK;
}

static weft_status send_object(service *s, weft_json *json, weft_error *error) {
    weft_json_object_end(json);
    const char *text = weft_json_get(json, NULL);
    weft_status status = send(s, text, error);
    weft_json_destroy(json);
    return status != WEFT_OK ? status : send(s, "\n", error);
}

static weft_status begin_object(weft_json **json, weft_error *error) {
    *json = weft_json_create(false);
    if (*json == NULL) {
        return weft_fail_memory(error, 1);
    }
    weft_json_object_begin(*json);
    return WEFT_OK;
}

static weft_status complain(service *s, const char *what, weft_error *error) {
    weft_json *json = NULL;
    WEFT_TRY(begin_object(&json, error));
    weft_json_member_text(json, "error", what);
    return send_object(s, json, error);
}

/* One more candidate; *given is false where there is none. */
static weft_status ask_one(service *s, bool *given, weft_error *error) {
    int n = 0;
    *given = false;
    while (s->next < s->capacity && s->told[s->next]) {
        s->next++;
    }
    if (s->next >= (uint64_t)s->optimize->info.trials) {
        return WEFT_OK;
    }
    WEFT_TRY(reserve(s, s->next, error));
    double *genome = &s->pending[s->n_pending * s->n_genes];
    weft_status asked = weft_optimizer_ask_beside(s->optimizer, s->pending, (int)s->n_pending,
                                                  s->next, 1, genome, &n, error);
    if (asked < 0 || n == 0) {
        return asked < 0 ? asked : WEFT_OK;
    }
    weft_optimize_trial trial = {.number = s->next, .genome = genome};
    WEFT_TRY(weft_optimize_keep(s->optimize, &trial, error));
    s->numbers[s->n_pending++] = s->next++;
    char *line = weft_candidate_write(s->optimize, &trial);
    weft_status status = send(s, line, error);
    free(line);
    *given = true;
    return status;
}

static weft_status answer_ask(service *s, int64_t n, weft_error *error) {
    bool given = true;
    for (int64_t i = 0; i < n && given; i++) {
        WEFT_TRY(ask_one(s, &given, error));
    }
    return given ? WEFT_OK : send(s, "{\"done\":true}\n", error);
}

static weft_status answer_tell(service *s, const char *line, size_t length, int64_t id,
                               weft_error *error) {
    static const char *const states[] = {"ok", "infeasible", "failed"};
    weft_json *json = NULL;
    size_t i = find(s, id);
    if (i == s->n_pending) {
        return complain(s, "this id was not asked for, or was told before", error);
    }
    weft_optimize_trial *trial = &s->optimize->trials[id];
    (void)weft_answer_read(s->optimize, line, length, trial);
    WEFT_TRY(weft_journal_add(&s->journal, s->optimize, trial, error));
    WEFT_TRY(tell(s, trial, error));
    forget(s, i);
    WEFT_TRY(begin_object(&json, error));
    weft_json_member_integer(json, "told", id);
    weft_json_member_text(json, "state", states[trial->state]);
    weft_json_member_text(json, "reason", trial->reason);
    return send_object(s, json, error);
}

static weft_status serve(service *s, FILE *in, weft_error *error) {
    char *line = NULL;
    size_t size = 0;
    weft_status status = WEFT_OK;
    ssize_t length;
    while (status == WEFT_OK && (length = getline(&line, &size, in)) > 0) {
        int64_t ask = 0;
        int64_t id = -1;
        size_t n = (size_t)length - (line[length - 1] == '\n');
        if (!weft_request_read(line, n, &ask, &id)) {
            status = complain(s, "expected {\"ask\": 1} or {\"id\": 0, \"metrics\": {...}}", error);
        } else if (ask > 0) {
            status = answer_ask(s, ask, error);
        } else {
            status = answer_tell(s, line, n, id, error);
        }
    }
    free(line);
    return status;
}

weft_status weft_optimize_serve(weft_optimize *optimize, const char *journal, FILE *in, FILE *out,
                                weft_error *error) {
    weft_gene_table table = weft_space_genes(optimize->space);
    weft_optimizer_settings settings = optimize->info.optimizer;
    service s = {.optimize = optimize, .out = out, .n_genes = (size_t)table.n_genes};
    settings.seed = optimize->info.seed;
    weft_optimize_drop(optimize, 0);
    WEFT_TRY(weft_optimizer_create(&table, &settings, &s.optimizer, error));
    weft_status status = reserve(&s, 0, error);
    if (status == WEFT_OK) {
        status = weft_journal_open(optimize, journal, take_record, &s, &s.journal, error);
    }
    if (status == WEFT_OK) {
        status = serve(&s, in, error);
        weft_journal_close(&s.journal);
    }
    weft_optimizer_destroy(s.optimizer);
    free(s.told);
    free(s.pending);
    free(s.numbers);
    weft_optimize_drop(optimize, 0);
    return status;
}
