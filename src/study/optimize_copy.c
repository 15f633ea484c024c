/* SPDX-License-Identifier: Apache-2.0
 *
 * A running copy of a program: lines to its standard input, lines from its standard output. It is the
 * leader of a process group of its own, so that what it started ends with it, and an interrupt of the
 * terminal reaches Weft alone. */
#include "study/optimize.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { GRACE_STEPS = 100, STEP_NANOSECONDS = 10000000 }; /* a second in all */

typedef struct pipes {
    int input[2], output[2], trouble[2]; /* read end, write end */
} pipes;

static void close_pair(int pair[2]) {
    for (int i = 0; i < 2; i++) {
        if (pair[i] >= 0) {
            close(pair[i]);
        }
        pair[i] = -1;
    }
}

static void close_pipes(pipes *p) {
    close_pair(p->input);
    close_pair(p->output);
    close_pair(p->trouble);
}

static bool open_pipes(pipes *p) {
    *p = (pipes){{-1, -1}, {-1, -1}, {-1, -1}};
    return pipe2(p->input, O_CLOEXEC) == 0 && pipe2(p->output, O_CLOEXEC) == 0 &&
           pipe2(p->trouble, O_CLOEXEC) == 0;
}

/* Becomes the program; what goes wrong is written to the pipe that is closed otherwise. */
static void become(const pipes *p, const char *const *program) {
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* Weft killed: so is the program */
    if (dup2(p->input[0], STDIN_FILENO) >= 0 && dup2(p->output[1], STDOUT_FILENO) >= 0) {
        execvp(program[0], (char *const *)(uintptr_t)program);
    }
    int trouble = errno;
    (void)!write(p->trouble[1], &trouble, sizeof trouble);
    _exit(127);
}

/* What the program's exec came to: 0, or an errno. */
static int trouble_of(int descriptor) {
    int trouble = 0;
    ssize_t n = 0;
    do {
        n = read(descriptor, &trouble, sizeof trouble);
    } while (n < 0 && errno == EINTR);
    return n == (ssize_t)sizeof trouble ? trouble : 0;
}

weft_status weft_copy_start(weft_copy *copy, const char *const *program, weft_error *error) {
    pipes p;
    if (!open_pipes(&p)) {
        weft_status status = weft_fail_errno(error, "no pipe to the program", program[0]);
        close_pipes(&p);
        return status;
    }
    pid_t child = fork();
    if (child == 0) {
        become(&p, program);
    }
    if (child < 0) {
        weft_status status = weft_fail_errno(error, "no process for the program", program[0]);
        close_pipes(&p);
        return status;
    }
    setpgid(child, child); /* here too: whoever is first */
    close(p.trouble[1]);
    p.trouble[1] = -1;
    int trouble = trouble_of(p.trouble[0]);
    if (trouble != 0) {
        waitpid(child, NULL, 0);
        close_pipes(&p);
        weft_fail(error, WEFT_ERROR_INPUT, "the program '%.200s' cannot be run: %s", program[0],
                  strerror(trouble));
        weft_hint(error, "give the path of a program that may be executed, such as ./simulate, or "
                         "one that is found in PATH");
        return WEFT_ERROR_INPUT;
    }
    copy->process = child;
    copy->input = p.input[1];
    copy->output = p.output[0];
    p.input[1] = -1;
    p.output[0] = -1;
    copy->used = 0;
    close_pipes(&p);
    fcntl(copy->output, F_SETFL, O_NONBLOCK);
    return WEFT_OK;
}

/* A program that is gone would send SIGPIPE: it is held back, and taken away if it came. */
bool weft_copy_send(weft_copy *copy, const char *text) {
    size_t left = strlen(text);
    sigset_t pipe_signal;
    sigset_t before;
    bool sent = true;
    sigemptyset(&pipe_signal);
    sigaddset(&pipe_signal, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe_signal, &before);
    while (left > 0 && sent) {
        ssize_t n = write(copy->input, text, left);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        sent = n > 0;
        text += sent ? n : 0;
        left -= sent ? (size_t)n : 0;
    }
    if (!sent && sigismember(&before, SIGPIPE) == 0) {
        struct timespec none = {0, 0};
        (void)sigtimedwait(&pipe_signal, NULL, &none);
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return sent;
}

static bool reserve(weft_copy *copy) {
    if (copy->used < copy->capacity) {
        return true;
    }
    size_t capacity = copy->capacity == 0 ? 4096 : 2 * copy->capacity;
    char *line = realloc(copy->line, capacity);
    if (line == NULL) {
        return false;
    }
    copy->line = line;
    copy->capacity = capacity;
    return true;
}

/* Whether there is a whole line; *length becomes its bytes. */
static bool has_line(const weft_copy *copy, size_t *length) {
    const char *end = copy->used > 0 ? memchr(copy->line, '\n', copy->used) : NULL;
    *length = end != NULL ? (size_t)(end - copy->line) : 0;
    return end != NULL;
}

weft_copy_state weft_copy_read(weft_copy *copy, size_t *length) {
    while (!has_line(copy, length)) {
        if (copy->used > WEFT_OPTIMIZE_LINE) {
            return WEFT_COPY_FLOODED;
        }
        if (!reserve(copy)) {
            return WEFT_COPY_MEMORY;
        }
        ssize_t n = read(copy->output, copy->line + copy->used, copy->capacity - copy->used);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
            return WEFT_COPY_WAITING;
        }
        if (n <= 0) {
            return WEFT_COPY_ENDED;
        }
        copy->used += (size_t)n;
    }
    return WEFT_COPY_LINE;
}

void weft_copy_drop(weft_copy *copy, size_t length) {
    copy->used -= length + 1;
    memmove(copy->line, copy->line + length + 1, copy->used);
}

static void tell_end(int status, char *how, size_t size) {
    if (WIFSIGNALED(status)) {
        snprintf(how, size, "was killed by signal %d (%s)", WTERMSIG(status),
                 strsignal(WTERMSIG(status)));
    } else {
        snprintf(how, size, "ended with exit code %d", WEXITSTATUS(status));
    }
}

void weft_copy_close(weft_copy *copy) {
    if (copy->process != 0 && copy->input >= 0) {
        close(copy->input);
        copy->input = -1;
    }
}

void weft_copy_end(weft_copy *copy, bool grace, char *how, size_t size) {
    if (copy->process == 0) {
        return;
    }
    int status = 0;
    pid_t ended = 0;
    weft_copy_close(copy);
    for (int i = 0; grace && ended == 0 && i < GRACE_STEPS; i++) {
        struct timespec step = {0, STEP_NANOSECONDS};
        ended = waitpid(copy->process, &status, WNOHANG);
        if (ended == 0) {
            nanosleep(&step, NULL);
        }
    }
    kill(-copy->process, SIGKILL);
    while (ended == 0 || (ended < 0 && errno == EINTR)) {
        ended = waitpid(copy->process, &status, 0);
    }
    close(copy->output);
    if (how != NULL) {
        tell_end(status, how, size);
    }
    copy->process = 0;
    copy->used = 0;
}
