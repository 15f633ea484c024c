/* SPDX-License-Identifier: Apache-2.0
 *
 * A recursive descent parser that writes a program for a stack machine:
 *
 *   constraint = sum ("<=" | ">=") sum
 *   sum        = product { ("+" | "-") product }
 *   product    = unary { ("*" | "/") unary }
 *   unary      = ("-" | "+") unary | power              -x^2 is -(x^2)
 *   power      = primary [ "^" unary ]                  x^y^z is x^(y^z)
 *   primary    = number | name | function "(" sum { "," sum } ")" | "(" sum ")" */
#include "base/expr.h"

#include "base/number.h"
#include "base/place.h"
#include "base/utf8.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    MAX_LENGTH = 1024,
    MAX_DEPTH = 64,
    /* An open level holds back at most five operands (of a sum, a product, a power and an if). */
    MAX_STACK = 6 * (MAX_DEPTH + 1),
};

typedef enum opcode {
    OP_NUMBER,
    OP_VARIABLE,
    OP_ADD,
    OP_SUBTRACT,
    OP_MULTIPLY,
    OP_DIVIDE,
    OP_POWER,
    OP_NEGATE,
    OP_MIN,
    OP_MAX,
    OP_LOG,
    OP_EXP,
    OP_SQRT,
    OP_ABS,
    OP_LOG2,
    OP_CEIL,
    OP_FLOOR,
    OP_ROUND,
    OP_IF,     /* of three: the second where the first is above 0, else the third */
    OP_EXCESS, /* of left over right, relative: left <= right */
    OP_LACK,   /* left >= right */
} opcode;

typedef struct instruction {
    opcode code;
    int variable;
    double number;
} instruction;

struct weft_expr {
    int n;
    int n_variables;
    bool *uses; /* behind the program */
    instruction program[];
};

/* ---- parsing --------------------------------------------------------------------------------- */

typedef struct parser {
    const char *text;
    size_t at;
    const char *const *names;
    int n_names;
    int n;                               /* instructions of the program so far */
    instruction program[MAX_LENGTH + 1]; /* every instruction comes from a character of its own */
    int depth;                           /* open parentheses, signs and powers */
    int stack;                           /* operands on the stack after what was written so far */
    weft_error *error;
} parser;

typedef struct function {
    const char *name;
    opcode code;
    int operands; /* that it takes; MANY: two or more */
} function;

enum { MANY = -1 };

static const function FUNCTIONS[] = {
    {"min", OP_MIN, MANY},  {"max", OP_MAX, MANY},  {"log", OP_LOG, 1},   {"exp", OP_EXP, 1},
    {"sqrt", OP_SQRT, 1},   {"abs", OP_ABS, 1},     {"log2", OP_LOG2, 1}, {"ceil", OP_CEIL, 1},
    {"floor", OP_FLOOR, 1}, {"round", OP_ROUND, 1}, {"if", OP_IF, 3},
};
enum { N_FUNCTIONS = sizeof FUNCTIONS / sizeof FUNCTIONS[0] };

static weft_status parse_sum(parser *p);
static weft_status parse_unary(parser *p);

static void skip_blanks(parser *p) {
    p->at += strspn(p->text + p->at, " \t\r\n");
}

static char next_character(parser *p) {
    skip_blanks(p);
    return p->text[p->at];
}

/* Places an error that weft_fail has just set. */
static weft_status place(parser *p, size_t start, size_t end) {
    weft_error_place(p->error, p->text, strlen(p->text), start, end);
    return WEFT_ERROR_INPUT;
}

static weft_status fail_expected(parser *p, const char *expected) {
    skip_blanks(p);
    const char *found = p->text + p->at;
    size_t left = strlen(found);
    if (left == 0) {
        weft_fail(p->error, WEFT_ERROR_INPUT, "the expression ends early; expected %s", expected);
        return place(p, p->at, p->at);
    }
    size_t length = weft_utf8_length(found, left);
    weft_fail(p->error, WEFT_ERROR_INPUT, "expected %s; found '%.*s'", expected,
              length > 0 ? (int)length : 1, length > 0 ? found : "?");
    if (isalpha((unsigned char)found[0])) { /* "8 cm2" */
        weft_hint(p->error,
                  "numbers stand without units: each name has its own, such as J, s, mm2");
    }
    return place(p, p->at, p->at + (length > 0 ? length : 1));
}

static weft_status descend(parser *p) {
    if (p->depth == MAX_DEPTH) {
        weft_fail(p->error, WEFT_ERROR_INPUT, "nested more than %d levels deep", MAX_DEPTH);
        return place(p, p->at, p->at + 1);
    }
    p->depth++;
    return WEFT_OK;
}

static int stack_effect(opcode code) {
    switch (code) {
    case OP_NUMBER:
    case OP_VARIABLE:
        return 1;
    case OP_NEGATE:
    case OP_LOG:
    case OP_EXP:
    case OP_SQRT:
    case OP_ABS:
    case OP_LOG2:
    case OP_CEIL:
    case OP_FLOOR:
    case OP_ROUND:
        return 0;
    case OP_IF:
        return -2;
    case OP_ADD:
    case OP_SUBTRACT:
    case OP_MULTIPLY:
    case OP_DIVIDE:
    case OP_POWER:
    case OP_MIN:
    case OP_MAX:
    case OP_EXCESS:
    case OP_LACK:
        return -1;
    }
    return 0;
}

static weft_status emit(parser *p, instruction made) {
    p->stack += stack_effect(made.code);
    if (p->n > MAX_LENGTH || p->stack > MAX_STACK) {
        return weft_fail(p->error, WEFT_ERROR_INTERNAL, "an expression outgrew its program");
    }
    p->program[p->n++] = made;
    return WEFT_OK;
}

static weft_status emit_code(parser *p, opcode code) {
    return emit(p, (instruction){.code = code});
}

static weft_status parse_number(parser *p) {
    double value = 0.0;
    bool whole = false;
    size_t length = weft_number_scan(p->text + p->at, &value, &whole);
    if (length == 0) {
        return fail_expected(p, "a number, a name or '('");
    }
    if (!isfinite(value)) {
        weft_fail(p->error, WEFT_ERROR_INPUT, "this number is too large");
        return place(p, p->at, p->at + length);
    }
    p->at += length;
    return emit(p, (instruction){.code = OP_NUMBER, .number = value});
}

static weft_status fail_name(parser *p, const char *name, size_t start, bool is_call) {
    const char *known[N_FUNCTIONS];
    for (int i = 0; i < N_FUNCTIONS; i++) {
        known[i] = FUNCTIONS[i].name;
    }
    const char *nearest = is_call ? weft_nearest(name, known, N_FUNCTIONS)
                                  : weft_nearest(name, p->names, (size_t)p->n_names);
    weft_fail(p->error, WEFT_ERROR_INPUT, "unknown %s '%s'%s%s%s", is_call ? "function" : "name",
              name, nearest != NULL ? "; did you mean '" : "", nearest != NULL ? nearest : "",
              nearest != NULL ? "'?" : "");
    place(p, start, start + strlen(name));
    if (is_call) {
        weft_hint(p->error,
                  "functions: min, max, log, exp, sqrt, abs, log2, ceil, floor, round, if");
    }
    return WEFT_ERROR_INPUT;
}

/* After "name(". */
static weft_status parse_call(parser *p, const char *name, size_t start) {
    const function *called = NULL;
    for (int i = 0; i < N_FUNCTIONS; i++) {
        called = strcmp(FUNCTIONS[i].name, name) == 0 ? &FUNCTIONS[i] : called;
    }
    if (called == NULL) {
        return fail_name(p, name, start, true);
    }
    WEFT_TRY(descend(p));
    p->at++;
    WEFT_TRY(parse_sum(p));
    int operands = 1;
    while (called->operands != 1 && next_character(p) == ',') {
        p->at++;
        WEFT_TRY(parse_sum(p));
        operands++;
        if (called->operands == MANY) {
            WEFT_TRY(emit_code(p, called->code));
        }
    }
    if (operands < (called->operands == MANY ? 2 : called->operands)) {
        return fail_expected(p, called->operands == 3 ? "',' and three operands in all"
                                                      : "',' and a second operand");
    }
    if (next_character(p) != ')' || (called->operands > 0 && operands > called->operands)) {
        return fail_expected(p, called->operands == MANY ? "',' or ')'" : "')'");
    }
    p->at++;
    p->depth--;
    return called->operands == MANY ? WEFT_OK : emit_code(p, called->code);
}

static bool is_name_start(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_name_part(char c) {
    return is_name_start(c) || (c >= '0' && c <= '9') || c == '.';
}

static weft_status parse_name(parser *p) {
    enum { MAX_NAME = 64 };
    char name[MAX_NAME];
    size_t start = p->at;
    size_t length = 0;
    while (is_name_part(p->text[start + length])) {
        length++;
    }
    if (length >= MAX_NAME) {
        weft_fail(p->error, WEFT_ERROR_INPUT, "a name of %zu characters; at most %d", length,
                  MAX_NAME - 1);
        return place(p, start, start + length);
    }
    memcpy(name, p->text + start, length);
    name[length] = '\0';
    p->at += length;
    if (next_character(p) == '(') {
        return parse_call(p, name, start);
    }
    for (int i = 0; i < p->n_names; i++) {
        if (strcmp(p->names[i], name) == 0) {
            return emit(p, (instruction){.code = OP_VARIABLE, .variable = i});
        }
    }
    return fail_name(p, name, start, false);
}

static weft_status parse_primary(parser *p) {
    char c = next_character(p);
    if (is_name_start(c)) {
        return parse_name(p);
    }
    if (c != '(') {
        return parse_number(p);
    }
    WEFT_TRY(descend(p));
    p->at++;
    WEFT_TRY(parse_sum(p));
    if (next_character(p) != ')') {
        return fail_expected(p, "an operator or ')'");
    }
    p->at++;
    p->depth--;
    return WEFT_OK;
}

static weft_status parse_unary(parser *p) {
    char c = next_character(p);
    if (c == '-' || c == '+') {
        WEFT_TRY(descend(p));
        p->at++;
        WEFT_TRY(parse_unary(p));
        p->depth--;
        return c == '-' ? emit_code(p, OP_NEGATE) : WEFT_OK;
    }
    WEFT_TRY(parse_primary(p));
    if (next_character(p) != '^') {
        return WEFT_OK;
    }
    WEFT_TRY(descend(p));
    p->at++;
    WEFT_TRY(parse_unary(p));
    p->depth--;
    return emit_code(p, OP_POWER);
}

static weft_status parse_product(parser *p) {
    WEFT_TRY(parse_unary(p));
    char c = next_character(p);
    while (c == '*' || c == '/') {
        p->at++;
        WEFT_TRY(parse_unary(p));
        WEFT_TRY(emit_code(p, c == '*' ? OP_MULTIPLY : OP_DIVIDE));
        c = next_character(p);
    }
    return WEFT_OK;
}

static weft_status parse_sum(parser *p) {
    WEFT_TRY(parse_product(p));
    char c = next_character(p);
    while (c == '+' || c == '-') {
        p->at++;
        WEFT_TRY(parse_product(p));
        WEFT_TRY(emit_code(p, c == '+' ? OP_ADD : OP_SUBTRACT));
        c = next_character(p);
    }
    return WEFT_OK;
}

static weft_status parse_comparison(parser *p) {
    WEFT_TRY(parse_sum(p));
    char c = next_character(p);
    if ((c != '<' && c != '>') || p->text[p->at + 1] != '=') {
        return fail_expected(p, "'<=' or '>=' (a constraint compares two values)");
    }
    p->at += 2;
    WEFT_TRY(parse_sum(p));
    return emit_code(p, c == '<' ? OP_EXCESS : OP_LACK);
}

/* The program with its length, and which variables it reads. */
static weft_status keep_program(const parser *p, weft_expr **expr) {
    size_t program = (size_t)p->n * sizeof(instruction);
    size_t size = sizeof(weft_expr) + program + (size_t)p->n_names * sizeof(bool);
    weft_expr *made = calloc(1, size);
    if (made == NULL) {
        return weft_fail_memory(p->error, size);
    }
    made->n = p->n;
    made->n_variables = p->n_names;
    memcpy(made->program, p->program, program);
    made->uses = (bool *)(made->program + made->n);
    for (int i = 0; i < made->n; i++) {
        if (made->program[i].code == OP_VARIABLE) {
            made->uses[made->program[i].variable] = true;
        }
    }
    *expr = made;
    return WEFT_OK;
}

static weft_status parse_text(const char *text, const char *const *names, int n_names,
                              weft_status (*rule)(parser *p), const char *expected_end,
                              weft_expr **expr, weft_error *error) {
    if (strnlen(text, MAX_LENGTH + 1) > MAX_LENGTH) {
        return weft_fail(error, WEFT_ERROR_INPUT,
                         "the expression is %zu characters long; at most %d", strlen(text),
                         MAX_LENGTH);
    }
    parser p;
    p = (parser){.text = text, .names = names, .n_names = n_names, .error = error};
    WEFT_TRY(rule(&p));
    if (next_character(&p) != '\0') {
        return fail_expected(&p, expected_end);
    }
    return keep_program(&p, expr);
}

/* ---- evaluation ------------------------------------------------------------------------------ */

/* By how much `left` exceeds `right`, relative to `scale`; a limit of 0 is exceeded by all of it. */
static double excess(double left, double right, double scale) {
    if (left <= right) {
        return 0.0;
    }
    double size = fabs(scale) > 0.0 ? fabs(scale) : fmax(fabs(left), fabs(right));
    return (left - right) / size;
}

static double apply_binary(opcode code, double left, double right) {
    switch (code) {
    case OP_ADD:
        return left + right;
    case OP_SUBTRACT:
        return left - right;
    case OP_MULTIPLY:
        return left * right;
    case OP_DIVIDE:
        return left / right;
    case OP_POWER:
        return pow(left, right);
    case OP_MIN: /* NaN wins, as everywhere else: fmin would hide it */
        return isnan(left) || left < right ? left : right;
    case OP_MAX:
        return isnan(left) || left > right ? left : right;
    case OP_EXCESS:
        return excess(left, right, right);
    case OP_LACK:
        return excess(right, left, right);
    case OP_NUMBER:
    case OP_VARIABLE:
    case OP_NEGATE:
    case OP_LOG:
    case OP_EXP:
    case OP_SQRT:
    case OP_ABS:
    case OP_LOG2:
    case OP_CEIL:
    case OP_FLOOR:
    case OP_ROUND:
    case OP_IF:
        break;
    }
    return NAN;
}

static double apply_unary(opcode code, double operand) {
    static double (*const APPLY[])(double) = {
        [OP_LOG] = log,   [OP_EXP] = exp,   [OP_SQRT] = sqrt,   [OP_ABS] = fabs,
        [OP_LOG2] = log2, [OP_CEIL] = ceil, [OP_FLOOR] = floor, [OP_ROUND] = round,
    };
    return code == OP_NEGATE ? -operand : APPLY[code](operand);
}

/* NaN in the condition is NaN in the result. */
static double apply_if(const double *operands) {
    if (isnan(operands[0])) {
        return operands[0];
    }
    return operands[0] > 0 ? operands[1] : operands[2];
}

/* ==== public ================================================================================== */

weft_status weft_expr_parse(const char *text, const char *const *names, int n_names,
                            weft_expr **expr, weft_error *error) {
    return parse_text(text, names, n_names, parse_sum, "an operator", expr, error);
}

weft_status weft_expr_parse_constraint(const char *text, const char *const *names, int n_names,
                                       weft_expr **expr, weft_error *error) {
    return parse_text(text, names, n_names, parse_comparison, "an operator or the end", expr,
                      error);
}

void weft_expr_destroy(weft_expr *expr) {
    free(expr);
}

static double evaluate(const weft_expr *expr, const double *values, bool absolute) {
    double stack[MAX_STACK];
    stack[0] = NAN; /* of an empty program, which parsing never makes */
    int top = -1;
    for (int i = 0; i < expr->n; i++) {
        const instruction *at = &expr->program[i];
        if (at->code == OP_NUMBER) {
            stack[++top] = at->number;
        } else if (at->code == OP_VARIABLE) {
            stack[++top] = values[at->variable];
        } else if (at->code == OP_IF) {
            top -= 2;
            stack[top] = apply_if(&stack[top]);
        } else if (stack_effect(at->code) == 0) {
            stack[top] = apply_unary(at->code, stack[top]);
        } else if (absolute && (at->code == OP_EXCESS || at->code == OP_LACK)) {
            top--;
            double over = at->code == OP_EXCESS ? stack[top] - stack[top + 1]
                                                : stack[top + 1] - stack[top];
            stack[top] = over <= 0.0 ? 0.0 : over; /* NaN stays */
        } else {
            top--;
            stack[top] = apply_binary(at->code, stack[top], stack[top + 1]);
        }
    }
    return stack[0];
}

double weft_expr_evaluate(const weft_expr *expr, const double *values) {
    return evaluate(expr, values, false);
}

double weft_expr_excess(const weft_expr *expr, const double *values) {
    return evaluate(expr, values, true);
}

bool weft_expr_uses(const weft_expr *expr, int i) {
    return i >= 0 && i < expr->n_variables && expr->uses[i];
}
