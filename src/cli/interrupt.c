/* SPDX-License-Identifier: Apache-2.0
 * Signals: the first one asks the work to stop, the second one ends the process; so does a timer
 * where a single step of a huge network takes longer than a person waits. Ending at once is safe
 * for a store: each trial is a transaction. */
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/cli.h"

static weft_stop stop;
static volatile sig_atomic_t received;
static volatile sig_atomic_t quiet;
static volatile sig_atomic_t has_timer;
static timer_t timer;

enum { PATIENCE_NS = 300000000 }; /* beyond one second: gigabytes take a while to give back */

static void on_timer(int number) {
    (void)number;
    if (!quiet) {
        static const char MESSAGE[] = "ended within one long step; what was stored is safe\n";
        ssize_t written = write(STDERR_FILENO, MESSAGE, sizeof MESSAGE - 1);
        (void)written;
    }
    _exit(128 + received);
}

static void on_signal(int number) {
    if (received != 0) {
        _exit(128 + number);
    }
    received = number;
    atomic_store_explicit(&stop.requested, true, memory_order_relaxed);
    if (has_timer) {
        const struct itimerspec patience = {.it_value = {1, PATIENCE_NS}};
        timer_settime(timer, 0, &patience, NULL);
    }
    if (number == SIGINT && !quiet) {
        static const char MESSAGE[] = "\nstopping; Ctrl-C once more ends at once\n";
        ssize_t written = write(STDERR_FILENO, MESSAGE, sizeof MESSAGE - 1);
        (void)written;
    }
}

const weft_stop *cli_interrupt_install(const cli_call *call) {
    quiet = call->common.quiet;
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    sigemptyset(&action.sa_mask);
    struct sigaction late = {.sa_handler = on_timer, .sa_flags = SA_RESTART};
    sigemptyset(&late.sa_mask);
    sigaction(SIGALRM, &late, NULL);
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM};
    has_timer = timer_create(CLOCK_MONOTONIC, &event, &timer) == 0;
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    struct sigaction before;
    /* nohup has it ignored: then it stays so. */
    if (sigaction(SIGHUP, NULL, &before) == 0 && before.sa_handler != SIG_IGN) {
        sigaction(SIGHUP, &action, NULL);
    }
    return &stop;
}

int cli_interrupt_code(void) {
    return received == 0 ? 0 : 128 + received;
}
