/* SPDX-License-Identifier: Apache-2.0
 *
 * Processes that train a network for bench_train, ours and PyTorch's alike: they say "ready" and
 * their number of parameters, or why they cannot, on a line; then, for each line with a number, train
 * so many steps and answer with a line; 0 ends them. Between that they sleep, so that who is asked has the machine
 * for itself. */
#ifndef WEFT_BENCH_TRAIN_WORKER_H
#define WEFT_BENCH_TRAIN_WORKER_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/rng.h"
#include "learn/engine.h"
#include "learn/loss.h"
#include "learn/optimizer.h"
#include "train_cases.h"
#include "weft_build_config.h"

/* ---- in the process: ours -------------------------------------------------------------------- */

typedef struct own {
    weft_network *network;
    weft_crew *crew;
    weft_engine *engine;
    float *velocity;
    uint16_t *labels;
    int64_t steps;
} own;

static void fill_images(weft_engine *engine) {
    weft_rng rng = weft_rng_make(1, WEFT_PURPOSE_TEST, 0);
    for (size_t i = 0; i < (size_t)engine->settings.batch * engine->image_values; i++) {
        float value = (float)weft_rng_normal(&rng);
        if (engine->settings.type == WEFT_F32) {
            ((float *)engine->images)[i] = value;
        } else {
            ((weft_bf16 *)engine->images)[i] = weft_to_bf16(value);
        }
    }
}

static weft_status own_open(const bench_case *c, weft_type type, int threads, own *made,
                            weft_error *error) {
    const weft_engine_settings settings = {.batch = c->batch, .type = type};
    WEFT_TRY(make_network(c, &made->network, error));
    WEFT_TRY(weft_crew_create(threads, &made->crew, error));
    WEFT_TRY(weft_engine_create(made->network, made->crew, &settings, &made->engine, error));
    WEFT_TRY(weft_engine_initialise(made->engine, 1, NULL, error));
    made->velocity = calloc(made->engine->n_parameters, sizeof *made->velocity);
    made->labels = malloc((size_t)c->batch * sizeof *made->labels);
    if (made->velocity == NULL || made->labels == NULL) {
        return weft_fail_memory(error, made->engine->n_parameters * sizeof *made->velocity);
    }
    for (int i = 0; i < c->batch; i++) {
        made->labels[i] = (uint16_t)(i % CLASSES);
    }
    fill_images(made->engine);
    return WEFT_OK;
}

static weft_status own_step(own *o, weft_error *error) {
    weft_engine *engine = o->engine;
    engine->mask_step = o->steps++;
    WEFT_TRY(weft_engine_forward(engine, WEFT_MODE_TRAIN, NULL, error));
    weft_cross_entropy(engine->logits, o->labels, (size_t)engine->settings.batch, CLASSES, 0.0,
                       engine->logits_gradient);
    WEFT_TRY(weft_engine_backward(engine, NULL, error));
    const weft_segment all = {.count = engine->n_parameters, .rate = 1.0, .decays = true};
    const weft_descent descent = {
        .kind = WEFT_DESCENT_SGD,
        .momentum = 0.9,
        .decay = 3e-4,
        .segments = &all,
        .n_segments = 1,
    };
    weft_descent_step(&descent, engine->parameters, engine->gradients, o->velocity,
                      engine->n_parameters, 0.01, o->steps);
    weft_engine_touch(engine);
    return WEFT_OK;
}

static void say(const char *text) {
    printf("%s\n", text);
    fflush(stdout);
}

/* The life of a process of ours. */
static void own_main(const bench_case *c, weft_type type, int threads) {
    weft_error error = {0};
    own o = {0};
    char line[64];
    if (own_open(c, type, threads, &o, &error) != WEFT_OK) {
        say(error.message);
        exit(0);
    }
    snprintf(line, sizeof line, "ready %lld", (long long)o.network->params);
    say(line);
    long steps = 0;
    while (fgets(line, sizeof line, stdin) != NULL && (steps = strtol(line, NULL, 10)) > 0) {
        for (; steps > 0; steps--) {
            if (own_step(&o, &error) != WEFT_OK) {
                say(error.message);
                exit(1);
            }
        }
        say("done");
    }
    exit(0);
}

/* ---- from outside ---------------------------------------------------------------------------- */

typedef struct worker {
    pid_t pid;
    FILE *to, *from;
    long long parameters;
    char reason[160]; /* why it cannot; empty: it can */
} worker;

/* What a process is to train, and with whom. */
typedef struct contender {
    const char *name;
    const char *mode; /* of torch_train.py; NULL: ours */
    weft_type type;   /* of ours */
} contender;

static void torch_exec(const bench_case *c, const char *mode, int threads) {
    static const char script[] = WEFT_SOURCE_SHARE "/../../bench/torch_train.py";
    char count[16];
    snprintf(count, sizeof count, "%d", threads);
    setenv("OMP_NUM_THREADS", count, 1);
    if (access("/usr/bin/python3", X_OK) != 0) {
        say("no python3 here (Debian: apt install python3-torch)");
    } else if (access(script, R_OK) != 0) {
        say("no bench/torch_train.py in the source tree");
    } else {
        execl("/usr/bin/python3", "python3", script, c->name, mode, count, (char *)NULL);
        say("python3 cannot be started");
    }
    exit(0);
}

static void become(const bench_case *c, const contender *who, int threads, const int *in,
                   const int *out) {
    dup2(in[0], STDIN_FILENO);
    dup2(out[1], STDOUT_FILENO);
    for (int i = 0; i < 2; i++) {
        close(in[i]);
        close(out[i]);
    }
    if (who->mode != NULL) {
        torch_exec(c, who->mode, threads);
    }
    own_main(c, who->type, threads);
}

/* Asks for steps, does not wait. */
static void worker_ask(const worker *w, int steps) {
    fprintf(w->to, "%d\n", steps);
    fflush(w->to);
}

static bool worker_wait(worker *w) {
    char line[sizeof w->reason];
    if (fgets(line, sizeof line, w->from) != NULL && strcmp(line, "done\n") == 0) {
        return true;
    }
    snprintf(w->reason, sizeof w->reason, "it ended");
    return false;
}

static void worker_open(const bench_case *c, const contender *who, int threads, worker *w) {
    int in[2], out[2];
    *w = (worker){0};
    fflush(stdout);
    if (pipe(in) != 0 || pipe(out) != 0 || (w->pid = fork()) < 0) {
        snprintf(w->reason, sizeof w->reason, "no process");
        return;
    }
    if (w->pid == 0) {
        become(c, who, threads, in, out);
    }
    close(in[0]);
    close(out[1]);
    w->to = fdopen(in[1], "w");
    w->from = fdopen(out[0], "r");
    if (w->to == NULL || w->from == NULL || fgets(w->reason, sizeof w->reason, w->from) == NULL) {
        snprintf(w->reason, sizeof w->reason, "it ended");
    } else if (sscanf(w->reason, "ready %lld", &w->parameters) == 1) {
        w->reason[0] = '\0';
    }
    w->reason[strcspn(w->reason, "\n")] = '\0';
}

static void worker_close(worker *w) {
    if (w->to != NULL) {
        worker_ask(w, 0); /* an end of file would not come: later processes have the pipe, too */
        fclose(w->to);
    }
    if (w->from != NULL) {
        fclose(w->from);
    }
    if (w->pid > 0) {
        waitpid(w->pid, NULL, 0);
    }
}

#endif
