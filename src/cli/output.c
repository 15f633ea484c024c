/* SPDX-License-Identifier: Apache-2.0
 * Tables, figures with units, colours, and messages. */
#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"

bool cli_colour(const cli_call *call, FILE *stream) {
    const char *off = getenv("NO_COLOR");
    const char *terminal = getenv("TERM");
    return !call->common.no_color && (off == NULL || off[0] == '\0') && terminal != NULL &&
           strcmp(terminal, "dumb") != 0 && isatty(fileno(stream));
}

void cli_note(const cli_call *call, const char *format, ...) {
    if (call->common.quiet) {
        return;
    }
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
}

void cli_print_error(const cli_call *call, const weft_error *error) {
    char text[2048];
    weft_error_format(error, text, sizeof text);
    const char *word = strstr(text, "error: ");
    fflush(stdout);
    if (cli_colour(call, stderr) && word != NULL) {
        fprintf(stderr, "%.*s\033[1;31merror:\033[0m%s\n", (int)(word - text), text,
                word + strlen("error:"));
    } else {
        fprintf(stderr, "%s\n", text);
    }
}

void cli_heading(const cli_call *call, const char *text) {
    bool bold = cli_colour(call, stdout);
    printf("%s%s%s\n", bold ? "\033[1m" : "", text, bold ? "\033[0m" : "");
}

weft_json *cli_json_create(cli_call *call) {
    weft_json *json = weft_json_create(true);
    if (json == NULL) {
        weft_fail_memory(&call->error, 0);
    }
    return json;
}

weft_status cli_json_print(cli_call *call, weft_json *json) {
    size_t length = 0;
    const char *text = weft_json_get(json, &length);
    weft_status status = WEFT_OK;
    if (text == NULL) {
        status = weft_fail_memory(&call->error, length);
    } else {
        fwrite(text, 1, length, stdout);
        fputc('\n', stdout);
    }
    weft_json_destroy(json);
    return status;
}

/* ---- figures --------------------------------------------------------------------------------- */

/* Four digits, zeros too; a point only where digits follow. */
static char *four_digits(double value, char *buffer, size_t size) {
    snprintf(buffer, size, "%#.4g", value);
    size_t length = strlen(buffer);
    if (length > 0 && buffer[length - 1] == '.') {
        buffer[length - 1] = '\0';
    }
    return buffer;
}

char *cli_quantity(double value, const char *unit, char *buffer, size_t size) {
    static const char *const PREFIXES[] = {"f", "p", "n", "u", "m", "", "k", "M", "G", "T"};
    enum { UNITY = 5, LAST = 9 };
    if (isnan(value)) {
        snprintf(buffer, size, "-");
        return buffer;
    }
    int prefix = UNITY;
    double scaled = value;
    /* 999.95 is rounded to 1000 by four digits: it belongs to the next prefix. */
    while (fabs(scaled) >= 999.95 && prefix < LAST) {
        scaled /= 1000;
        prefix++;
    }
    while (scaled != 0 && fabs(scaled) < 0.99995 && prefix > 0) {
        scaled *= 1000;
        prefix--;
    }
    bool bare = unit[0] == '\0' && prefix == UNITY;
    if (scaled == 0 || bare) {
        snprintf(buffer, size, "%.4g%s%s", scaled, bare ? "" : " ", unit);
    } else {
        char digits[CLI_QUANTITY];
        snprintf(buffer, size, "%s %s%s", four_digits(scaled, digits, sizeof digits),
                 PREFIXES[prefix], unit);
    }
    return buffer;
}

char *cli_count_text(const char *count, char *buffer, size_t size) {
    enum { EXACT_DIGITS = 15, SHOWN = 5 };
    size_t length = strlen(count);
    if (length <= EXACT_DIGITS || strspn(count, "0123456789") != length) {
        snprintf(buffer, size, "%s", count);
        return buffer;
    }
    double mantissa = strtod(count, NULL) / pow(10.0, (double)(length - 1));
    snprintf(buffer, size, "%.*ge%zu", SHOWN, mantissa, length - 1);
    return buffer;
}

char *cli_duration(double seconds, char *buffer, size_t size) {
    if (!isfinite(seconds) || seconds < 0 || seconds > 1e9) {
        snprintf(buffer, size, "-");
        return buffer;
    }
    long whole = lround(seconds);
    if (whole < 60) {
        snprintf(buffer, size, "%lds", whole);
    } else if (whole < 3600) {
        snprintf(buffer, size, "%ldm%02lds", whole / 60, whole % 60);
    } else {
        snprintf(buffer, size, "%ldh%02ldm", whole / 3600, whole % 3600 / 60);
    }
    return buffer;
}

/* ---- CSV ------------------------------------------------------------------------------------- */

void cli_csv_text(const char *text) {
    if (strpbrk(text, ",\"\n\r") == NULL) {
        printf("%s", text);
        return;
    }
    putchar('"');
    for (; *text != '\0'; text++) {
        printf(*text == '"' ? "\"\"" : "%c", *text);
    }
    putchar('"');
}

void cli_csv_real(double value) {
    char text[40];
    printf(",%s", isnan(value) ? "" : weft_real_text(value, text, sizeof text));
}

/* ---- tables ---------------------------------------------------------------------------------- */

void cli_table_begin(cli_table *table, const char *const *headers, const char *align) {
    *table = (cli_table){.headers = headers, .align = align, .n_columns = (int)strlen(align)};
}

void cli_table_cell(cli_table *table, const char *format, ...) {
    if (table->n == table->capacity) {
        size_t capacity = table->capacity == 0 ? 64 : 2 * table->capacity;
        char **cells = realloc(table->cells, capacity * sizeof *cells);
        if (cells == NULL) {
            table->failed = true;
            return;
        }
        table->cells = cells;
        table->capacity = capacity;
    }
    va_list arguments;
    va_start(arguments, format);
    char *text = NULL;
    if (vasprintf(&text, format, arguments) < 0) {
        table->failed = true;
        text = NULL;
    } else {
        table->cells[table->n++] = text;
    }
    va_end(arguments);
}

void cli_table_quantity(cli_table *table, double value, const char *unit) {
    char text[CLI_QUANTITY];
    cli_table_cell(table, "%s", cli_quantity(value, unit, text, sizeof text));
}

void cli_table_area(cli_table *table, double area_mm2) {
    if (isnan(area_mm2)) {
        cli_table_cell(table, "-");
    } else {
        char digits[CLI_QUANTITY];
        cli_table_cell(table, "%s mm2",
                       area_mm2 == 0 ? "0" : four_digits(area_mm2, digits, sizeof digits));
    }
}

static weft_status end_table(cli_table *table, cli_call *call) {
    for (size_t i = 0; i < table->n; i++) {
        free(table->cells[i]);
    }
    free(table->cells);
    return table->failed ? weft_fail_memory(&call->error, 0) : WEFT_OK;
}

static void print_row(const cli_table *table, const int *widths, const char *const *cells) {
    for (int column = 0; column < table->n_columns; column++) {
        bool last = column + 1 == table->n_columns;
        int width = table->align[column] == 'r' ? widths[column] : last ? 0 : -widths[column];
        printf("  %*s", width, cells[column]);
    }
}

weft_status cli_table_print(cli_table *table, cli_call *call) {
    enum { MAX_COLUMNS = 64 };
    int widths[MAX_COLUMNS];
    for (int column = 0; column < table->n_columns; column++) {
        widths[column] = (int)strlen(table->headers[column]);
    }
    for (size_t i = 0; i < table->n; i++) {
        int *width = &widths[i % (size_t)table->n_columns];
        int length = (int)strlen(table->cells[i]);
        *width = length > *width ? length : *width;
    }
    bool bold = cli_colour(call, stdout);
    printf("%s", bold ? "\033[1m" : "");
    print_row(table, widths, table->headers);
    printf("%s\n", bold ? "\033[0m" : "");
    for (size_t i = 0; i + (size_t)table->n_columns <= table->n; i += (size_t)table->n_columns) {
        print_row(table, widths, (const char *const *)&table->cells[i]);
        printf("\n");
    }
    return end_table(table, call);
}

weft_status cli_table_print_markdown(cli_table *table, cli_call *call) {
    for (int column = 0; column < table->n_columns; column++) {
        printf("| %s ", table->headers[column]);
    }
    printf("|\n");
    for (int column = 0; column < table->n_columns; column++) {
        printf("|%s", table->align[column] == 'r' ? "---:" : "---");
    }
    printf("|\n");
    for (size_t i = 0; i < table->n; i++) {
        printf("| %s ", table->cells[i]);
        if ((i + 1) % (size_t)table->n_columns == 0) {
            printf("|\n");
        }
    }
    return end_table(table, call);
}

/* ---- files ----------------------------------------------------------------------------------- */

weft_status cli_check_folder(cli_call *call, const char *file) {
    if (file == NULL) {
        return WEFT_OK;
    }
    const char *slash = strrchr(file, '/');
    char folder[PATH_MAX];
    int length = slash == NULL || slash == file ? 1 : (int)(slash - file);
    snprintf(folder, sizeof folder, "%.*s", length, slash == NULL ? "." : file);
    return access(folder, W_OK | X_OK) == 0
               ? WEFT_OK
               : weft_fail_errno(&call->error, "no file can be made in this folder", folder);
}
