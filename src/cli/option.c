/* SPDX-License-Identifier: Apache-2.0
 * Reads the words of a call by the tables of options (getopt_long underneath). */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <math.h>
#include <sched.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"

const cli_option cli_common_options[] = {
    {"help", 'h', CLI_FLAG, .offset = offsetof(cli_common, help),
     .help = "Prints this help and ends."},
    {"quiet", 'q', CLI_FLAG, .offset = offsetof(cli_common, quiet),
     .help = "Prints errors only, beside the results."},
    {"no-color", 0, CLI_FLAG, .offset = offsetof(cli_common, no_color),
     .help = "No colours and no bold text; so does the variable NO_COLOR."},
    {"no-progress", 0, CLI_FLAG, .offset = offsetof(cli_common, no_progress),
     .help = "No progress line."},
};
const int cli_n_common_options = sizeof cli_common_options / sizeof cli_common_options[0];

weft_status cli_usage(cli_call *call, const char *format, ...) {
    char message[sizeof call->error.message];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    weft_fail(&call->error, WEFT_ERROR_USAGE, "%s", message);
    weft_hint(&call->error, "usage: weft %s %s; 'weft %s --help' says more", call->command->name,
              call->command->usage, call->command->name);
    return WEFT_ERROR_USAGE;
}

int cli_cores(void) {
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0) {
        return CPU_COUNT(&set) > 0 ? CPU_COUNT(&set) : 1;
    }
    long n = sysconf(_SC_NPROCESSORS_ONLN);
    return n > 0 ? (int)n : 1;
}

/* ---- values ---------------------------------------------------------------------------------- */

static weft_status bad_value(cli_call *call, const cli_option *option, const char *text,
                             const char *expected) {
    return cli_usage(call, "--%s takes %s, not '%s'", option->name, expected, text);
}

static weft_status read_integer(cli_call *call, const cli_option *option, const char *text,
                                int64_t *value) {
    char *end = NULL;
    errno = 0;
    long long number = strtoll(text, &end, 10);
    if (end == text || *end != '\0' || errno != 0 || (double)number < option->lower ||
        (double)number > option->upper) {
        char expected[96];
        snprintf(expected, sizeof expected, "a whole number from %.0f to %.0f", option->lower,
                 option->upper);
        return bad_value(call, option, text, expected);
    }
    *value = number;
    return WEFT_OK;
}

/* Seeds are those of a problem file, and such as JSON tells exactly. */
static weft_status read_seed(cli_call *call, const cli_option *option, const char *text,
                             uint64_t *value) {
    const unsigned long long most = 9000000000000000;
    char *end = NULL;
    errno = 0;
    unsigned long long number = strtoull(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 || number > most) {
        char expected[64];
        snprintf(expected, sizeof expected, "a whole number from 0 to %llu", most);
        return bad_value(call, option, text, expected);
    }
    *value = number;
    return WEFT_OK;
}

static weft_status read_real(cli_call *call, const cli_option *option, const char *text,
                             double *value) {
    char *end = NULL;
    double number = strtod(text, &end);
    if (end == text || *end != '\0' || !isfinite(number) || number < option->lower ||
        number > option->upper) {
        char expected[96];
        snprintf(expected, sizeof expected, "a number from %g to %g", option->lower, option->upper);
        return bad_value(call, option, text, expected);
    }
    *value = number;
    return WEFT_OK;
}

static weft_status read_choice(cli_call *call, const cli_option *option, const char *text,
                               int *value) {
    char expected[200] = "one of";
    size_t used = strlen(expected);
    size_t n = 0;
    for (; option->words[n] != NULL; n++) {
        if (strcmp(option->words[n], text) == 0) {
            *value = (int)n;
            return WEFT_OK;
        }
        int written = snprintf(expected + used, sizeof expected - used, "%s %s", n == 0 ? "" : ",",
                               option->words[n]);
        used += written > 0 && (size_t)written < sizeof expected - used ? (size_t)written : 0;
    }
    weft_status status = bad_value(call, option, text, expected);
    const char *nearest = weft_nearest(text, option->words, n);
    if (nearest != NULL) {
        weft_hint(&call->error, "did you mean '%s'?", nearest);
    }
    return status;
}

/* Whole numbers joined by ',' (or 'x'): at most `most` of them; -1 where it is anything else. */
static int read_list(const char *text, int most, int upper, int *values) {
    int n = 0;
    const char *at = text;
    for (;;) {
        char *end = NULL;
        errno = 0;
        long number = strtol(at, &end, 10);
        if (end == at || errno != 0 || number < 1 || number > upper || n == most) {
            return -1;
        }
        values[n++] = (int)number;
        if (*end == '\0') {
            return n;
        }
        if (*end != ',' && *end != 'x') {
            return -1;
        }
        at = end + 1;
    }
}

static weft_status read_shape(cli_call *call, const cli_option *option, const char *text,
                              weft_shape *value) {
    int sides[3];
    if (read_list(text, 3, 65536, sides) != 3) {
        return bad_value(call, option, text, "channels, height and width such as 3,32,32");
    }
    *value = (weft_shape){sides[0], sides[1], sides[2]};
    return WEFT_OK;
}

static weft_status read_widths(cli_call *call, const cli_option *option, const char *text,
                               cli_widths *value) {
    cli_widths widths = {0};
    if (strcmp(text, "none") != 0) {
        widths.n = read_list(text, WEFT_IMC_MAX_HIDDEN, 1 << 20, widths.width);
        if (widths.n < 0) {
            return bad_value(call, option, text, "at most 8 sizes such as 200,50, or none");
        }
    }
    *value = widths;
    return WEFT_OK;
}

static weft_status read_bits(cli_call *call, const cli_option *option, const char *text,
                             cli_bits *value) {
    enum { LEAST = 2, MOST = 8 }; /* that training knows */
    if (strcmp(text, "none") == 0 || strcmp(text, "layers") == 0) {
        *value = (cli_bits){.on = text[0] == 'l'};
        return WEFT_OK;
    }
    int bits[2];
    int n = read_list(text, 2, MOST, bits);
    if (n < 1 || bits[0] < LEAST || bits[n - 1] < LEAST) {
        return bad_value(call, option, text,
                         "bits from 2 to 8, of weights and inputs such as 4,8 or of both such as "
                         "4; or layers, or none");
    }
    *value = (cli_bits){.on = true, .weights = bits[0], .inputs = bits[n - 1]};
    return WEFT_OK;
}

static weft_status read_switch(cli_call *call, const cli_option *option, const char *text,
                               bool *value) {
    if (strcmp(text, "on") != 0 && strcmp(text, "off") != 0) {
        return bad_value(call, option, text, "on or off");
    }
    *value = strcmp(text, "on") == 0;
    return WEFT_OK;
}

static weft_status read_threads(cli_call *call, const cli_option *option, const char *text,
                                int *value) {
    if (strcmp(text, "auto") == 0) {
        *value = cli_cores();
        return WEFT_OK;
    }
    char *end = NULL;
    errno = 0;
    long number = strtol(text, &end, 10);
    if (end == text || *end != '\0' || errno != 0 || number < 1 || number > 1024) {
        return bad_value(call, option, text, "a whole number from 1 to 1024, or auto");
    }
    *value = (int)number;
    return WEFT_OK;
}

static weft_status store_value(cli_call *call, const cli_option *option, const char *text,
                               void *base) {
    void *member = (char *)base + option->offset;
    int64_t integer = 0;
    switch (option->type) {
    case CLI_FLAG:
        *(bool *)member = true;
        return WEFT_OK;
    case CLI_SWITCH:
        return read_switch(call, option, text, member);
    case CLI_TEXT:
        if (text[0] == '\0') {
            return cli_usage(call, "--%s was given an empty %s", option->name, option->argument);
        }
        *(const char **)member = text;
        return WEFT_OK;
    case CLI_INT:
        WEFT_TRY(read_integer(call, option, text, &integer));
        *(int *)member = (int)integer;
        return WEFT_OK;
    case CLI_INT64:
        return read_integer(call, option, text, member);
    case CLI_UINT64:
        return read_seed(call, option, text, member);
    case CLI_REAL:
        return read_real(call, option, text, member);
    case CLI_CHOICE:
        return read_choice(call, option, text, member);
    case CLI_SHAPE:
        return read_shape(call, option, text, member);
    case CLI_THREADS:
        return read_threads(call, option, text, member);
    case CLI_WIDTHS:
        return read_widths(call, option, text, member);
    case CLI_BITS:
        return read_bits(call, option, text, member);
    }
    return WEFT_OK;
}

static void widths_text(const cli_widths *widths, char *buffer, size_t size) {
    snprintf(buffer, size, "%s", widths->n == 0 ? "none" : "");
    for (int i = 0; i < widths->n; i++) {
        size_t used = strlen(buffer);
        snprintf(buffer + used, size - used, "%s%d", i > 0 ? "," : "", widths->width[i]);
    }
}

static void bits_text(const cli_bits *bits, char *buffer, size_t size) {
    if (!bits->on || bits->weights == 0) {
        snprintf(buffer, size, "%s", bits->on ? "layers" : "none");
    } else {
        snprintf(buffer, size, "%d,%d", bits->weights, bits->inputs);
    }
}

/* The value of a member as it would be typed; "" for a flag and for text that is not set. */
static void value_text(const cli_option *option, const void *base, char *buffer, size_t size) {
    const void *member = (const char *)base + option->offset;
    const weft_shape *shape = member;
    buffer[0] = '\0';
    switch (option->type) {
    case CLI_FLAG:
        break;
    case CLI_SWITCH:
        snprintf(buffer, size, "%s", *(const bool *)member ? "on" : "off");
        break;
    case CLI_TEXT:
        if (*(const char *const *)member != NULL) {
            snprintf(buffer, size, "%s", *(const char *const *)member);
        }
        break;
    case CLI_INT:
        snprintf(buffer, size, "%d", *(const int *)member);
        break;
    case CLI_INT64:
        snprintf(buffer, size, "%" PRId64, *(const int64_t *)member);
        break;
    case CLI_UINT64:
        snprintf(buffer, size, "%" PRIu64, *(const uint64_t *)member);
        break;
    case CLI_REAL:
        snprintf(buffer, size, "%g", *(const double *)member);
        break;
    case CLI_CHOICE:
        snprintf(buffer, size, "%s", option->words[*(const int *)member]);
        break;
    case CLI_SHAPE:
        snprintf(buffer, size, "%d,%d,%d", shape->channels, shape->height, shape->width);
        break;
    case CLI_THREADS:
        snprintf(buffer, size, "auto");
        break;
    case CLI_WIDTHS:
        widths_text(member, buffer, size);
        break;
    case CLI_BITS:
        bits_text(member, buffer, size);
        break;
    }
}

char *cli_default_text(const cli_command *command, const cli_option *option, char *buffer,
                       size_t size) {
    buffer[0] = '\0';
    if (option->unset != NULL) {
        snprintf(buffer, size, "%s", option->unset);
        return buffer;
    }
    void *arguments = calloc(1, command->size + 1);
    if (arguments == NULL) {
        return buffer;
    }
    if (command->defaults != NULL) {
        command->defaults(arguments);
    }
    value_text(option, arguments, buffer, size);
    free(arguments);
    return buffer;
}

/* ---- words ----------------------------------------------------------------------------------- */

/* getopt_long's view of the tables; `val` is the option's place in `all`, plus this. */
enum { FIRST_VALUE = 256 };

typedef struct option_set {
    const cli_option *all[CLI_MAX_OPTIONS + 1];
    struct option longs[CLI_MAX_OPTIONS + 1];
    char shorts[2 * CLI_MAX_OPTIONS + 2];
    int n;
} option_set;

static void add_option(option_set *set, const cli_option *option) {
    set->all[set->n] = option;
    set->longs[set->n] = (struct option){option->name,
                                         option->type == CLI_FLAG ? no_argument : required_argument,
                                         NULL, FIRST_VALUE + set->n};
    size_t used = strlen(set->shorts);
    if (option->letter != '\0') {
        set->shorts[used++] = option->letter;
        if (option->type != CLI_FLAG) {
            set->shorts[used++] = ':';
        }
    }
    set->n++;
}

static void collect_options(const cli_command *command, option_set *set) {
    memset(set, 0, sizeof *set);
    set->shorts[0] = ':'; /* tells a missing argument from an unknown option */
    for (int i = 0; i < command->n_options; i++) {
        add_option(set, &command->options[i]);
    }
    for (int i = 0; i < cli_n_common_options; i++) {
        add_option(set, &cli_common_options[i]);
    }
}

static const cli_option *find_value(const option_set *set, int value) {
    for (int i = 0; i < set->n; i++) {
        if (value == FIRST_VALUE + i || (value != 0 && value == set->all[i]->letter)) {
            return set->all[i];
        }
    }
    return NULL;
}

static weft_status unknown_option(cli_call *call, const option_set *set, const char *word) {
    if (optopt >= FIRST_VALUE) {
        return cli_usage(call, "--%s takes no argument", find_value(set, optopt)->name);
    }
    if (optopt != 0) {
        return cli_usage(call, "unknown option '-%c'", optopt);
    }
    const char *names[CLI_MAX_OPTIONS];
    size_t n = 0;
    size_t length = strcspn(word + 2, "=");
    char name[64];
    snprintf(name, sizeof name, "%.*s", (int)length, word + 2);
    int prefixes = 0;
    for (int i = 0; i < set->n; i++) {
        prefixes += strncmp(set->all[i]->name, name, strlen(name)) == 0;
        if (!set->all[i]->hidden) {
            names[n++] = set->all[i]->name;
        }
    }
    if (prefixes > 1) {
        return cli_usage(call, "'--%s' is short for more than one option", name);
    }
    weft_status status = cli_usage(call, "unknown option '--%s'", name);
    const char *nearest = weft_nearest(name, names, n);
    if (nearest != NULL) {
        weft_hint(&call->error, "did you mean '--%s'? 'weft %s --help' lists the options", nearest,
                  call->command->name);
    }
    return status;
}

static bool is_common(const cli_option *option) {
    return option >= cli_common_options && option < cli_common_options + cli_n_common_options;
}

static weft_status take_option(cli_call *call, const cli_option *option, void *arguments) {
    if (is_common(option)) {
        return store_value(call, option, NULL, &call->common);
    }
    if (call->n_given == CLI_MAX_GIVEN) {
        return cli_usage(call, "too many options");
    }
    call->given[call->n_given].option = option;
    call->given[call->n_given].text = optarg;
    call->n_given++;
    return store_value(call, option, optarg, arguments);
}

static weft_status check_operands(cli_call *call) {
    const cli_command *command = call->command;
    if (call->n_operands < command->min_operands) {
        const cli_operand *missing = &command->operands[call->n_operands];
        return cli_usage(call, "%s is missing: %s", missing->name, missing->help);
    }
    if (command->max_operands >= 0 && call->n_operands > command->max_operands) {
        return cli_usage(call, "'%s' is one word too many", call->operands[command->max_operands]);
    }
    for (int i = 0; i < call->n_operands; i++) {
        if (call->operands[i][0] == '\0') {
            return cli_usage(call, "an empty word was given");
        }
    }
    return WEFT_OK;
}

weft_status cli_parse(cli_call *call, int argc, char **argv, void *arguments) {
    option_set set;
    collect_options(call->command, &set);
    if (call->command->defaults != NULL) {
        call->command->defaults(arguments);
    }
    weft_status status = WEFT_OK;
    optind = 0; /* glibc: start anew */
    opterr = 0;
    for (;;) {
        int value = getopt_long(argc, argv, set.shorts, set.longs, NULL);
        if (value == -1) {
            break;
        }
        const cli_option *option = find_value(&set, value == ':' ? optopt : value);
        if (value == ':') {
            status = cli_usage(call, "--%s wants its %s", option->name, option->argument);
        } else if (option == NULL) {
            status = unknown_option(call, &set, argv[optind - 1]);
        } else {
            status = take_option(call, option, arguments);
        }
        if (status != WEFT_OK || call->common.help) {
            return status;
        }
    }
    call->operands = argv + optind;
    call->n_operands = argc - optind;
    return check_operands(call);
}

bool cli_given(const cli_call *call, const char *name) {
    for (int i = 0; i < call->n_given; i++) {
        if (strcmp(call->given[i].option->name, name) == 0) {
            return true;
        }
    }
    return false;
}

weft_status cli_apply(cli_call *call, void *arguments) {
    for (int i = 0; i < call->n_given; i++) {
        WEFT_TRY(store_value(call, call->given[i].option, call->given[i].text, arguments));
    }
    return WEFT_OK;
}
