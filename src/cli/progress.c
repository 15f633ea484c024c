/* SPDX-License-Identifier: Apache-2.0
 * The progress line. */
#include <stdarg.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/cli.h"

void cli_progress_begin(cli_progress *progress, const cli_call *call) {
    *progress = (cli_progress){
        .active = !call->common.quiet && !call->common.no_progress,
        .terminal = isatty(STDERR_FILENO),
        .last = weft_steady_time(),
    };
}

bool cli_progress_due(const cli_progress *progress) {
    double interval = progress->terminal ? 1.0 / 6 : 30;
    return progress->active && weft_steady_time() - progress->last >= interval;
}

/* Columns that a line may take. */
static int terminal_width(void) {
    struct winsize size;
    return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 20 ? size.ws_col : 80;
}

int cli_progress_room(const cli_progress *progress) {
    return progress->terminal ? terminal_width() - 1 : (int)sizeof progress->line - 1;
}

static void write_line(cli_progress *progress) {
    if (progress->terminal) {
        /* Back to the first column, the line, clear what the one before was longer by. */
        fprintf(stderr, "\r%.*s\033[K", cli_progress_room(progress), progress->line);
        fflush(stderr);
    } else {
        fprintf(stderr, "%s\n", progress->line);
    }
    progress->shown = true;
    progress->last = weft_steady_time();
}

void cli_progress_show(cli_progress *progress, const char *format, ...) {
    if (!progress->active) {
        return;
    }
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(progress->line, sizeof progress->line, format, arguments);
    va_end(arguments);
    write_line(progress);
}

void cli_progress_end(cli_progress *progress) {
    if (progress->active && progress->terminal && progress->shown) {
        fputc('\n', stderr);
    }
    progress->active = false;
}

char *cli_progress_bar(double share, char *buffer, size_t size) {
    enum { CELLS = 10 };
    char cells[CELLS + 1];
    int full = share > 0 ? (int)(share * CELLS) : 0;
    for (int i = 0; i < CELLS; i++) {
        cells[i] = i < full ? '#' : '.';
    }
    cells[CELLS] = '\0';
    snprintf(buffer, size, "[%s]", cells);
    return buffer;
}
