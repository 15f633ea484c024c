/* SPDX-License-Identifier: Apache-2.0 */
#include "base/expr.h"
#include "base/rng.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char *const NAMES[] = {"accuracy", "latency", "energy", "area_mm2"};
enum { N_NAMES = 4 };
static const double VALUES[N_NAMES] = {0.9, 2e-3, 5e-6, 12.0};

static double value_of(const char *text) {
    weft_error error = {0};
    weft_expr *expr = NULL;
    if (weft_expr_parse(text, NAMES, N_NAMES, &expr, &error) != WEFT_OK) {
        fail_msg("'%s': %s", text, error.message);
    }
    double value = weft_expr_evaluate(expr, VALUES);
    weft_expr_destroy(expr);
    return value;
}

static void test_known_values(void **state) {
    (void)state;
    assert_true(value_of("1+2*3") == 7);
    assert_true(value_of("(1+2)*3") == 9);
    assert_true(value_of("2^3^2") == 512);
    assert_true(value_of("-2^2") == -4);
    assert_true(value_of("2^-1") == 0.5);
    assert_true(value_of("--3") == 3);
    assert_true(value_of("+3") == 3);
    assert_true(value_of("8/4/2") == 1);
    assert_true(value_of("8-4-2") == 2);
    assert_true(value_of("min(3, 1, 2)") == 1);
    assert_true(value_of("max(3,1,2) + abs(-4)") == 7);
    assert_true(value_of("sqrt(16) * exp(0) + log(1)") == 4);
    assert_true(value_of(" 1e3 *\t.5\n") == 500);
    assert_true(value_of("accuracy / latency") == 0.9 / 2e-3);
    assert_true(value_of("accuracy^2 / (latency * energy)") == pow(0.9, 2) / (2e-3 * 5e-6));
    assert_true(isinf(value_of("1/0")));
    assert_true(isnan(value_of("0/0")));
    assert_true(isnan(value_of("log(-1)")));
    assert_true(isnan(value_of("min(1, 0/0)")) && isnan(value_of("min(0/0, 1)")));
    assert_true(isnan(value_of("max(1, 0/0)")) && isnan(value_of("max(0/0, 1)")));
}

/* ---- against a tree ---------------------------------------------------------------------------
 * A random tree is written as text with all its parentheses and evaluated by walking it: precedence
 * of the parser cannot matter there; the same tree written with the fewest parentheses can. */

typedef struct tree {
    char op; /* '#' number, 'v' variable, 'n' minus, functions 'm' min, 'M' max, 'a' abs; + - * / ^
              */
    double number;
    int variable;
    struct tree *left, *right;
} tree;

static tree *grow(weft_rng *rng, int depth) {
    tree *t = calloc(1, sizeof *t);
    const char *ops = depth == 0 ? "#v" : "#v+-*/^nmMa";
    t->op = ops[weft_rng_below(rng, strlen(ops))];
    t->number = (double)weft_rng_below(rng, 9) / 4.0;
    t->variable = (int)weft_rng_below(rng, N_NAMES);
    if (strchr("+-*/^nmMa", t->op) != NULL) {
        t->left = grow(rng, depth - 1);
    }
    if (strchr("+-*/^mM", t->op) != NULL) {
        t->right = grow(rng, depth - 1);
    }
    return t;
}

static void fell(tree *t) {
    if (t != NULL) {
        fell(t->left);
        fell(t->right);
        free(t);
    }
}

static double walk(const tree *t) {
    double l = t->left != NULL ? walk(t->left) : 0.0;
    double r = t->right != NULL ? walk(t->right) : 0.0;
    switch (t->op) {
    case '#':
        return t->number;
    case 'v':
        return VALUES[t->variable];
    case '+':
        return l + r;
    case '-':
        return l - r;
    case '*':
        return l * r;
    case '/':
        return l / r;
    case '^':
        return pow(l, r);
    case 'n':
        return -l;
    case 'a':
        return fabs(l);
    case 'm':
        return isnan(l) || isnan(r) ? NAN : l < r ? l : r;
    default:
        return isnan(l) || isnan(r) ? NAN : l > r ? l : r;
    }
}

static int precedence(char op) {
    return op == '+' || op == '-'   ? 1
           : op == '*' || op == '/' ? 2
           : op == 'n'              ? 3
           : op == '^'              ? 4
                                    : 5;
}

static void append(char *text, size_t size, const char *more) {
    size_t used = strlen(text);
    snprintf(text + used, size - used, "%s", more);
}

/* `least`: the precedence that needs no parentheses here; 9 puts them everywhere. */
static void write_tree(const tree *t, int least, bool all, char *text, size_t size) {
    int own = precedence(t->op);
    bool wrap = own < 5 && (all || own < least);
    char number[32];
    append(text, size, wrap ? "(" : "");
    if (t->op == '#') {
        snprintf(number, sizeof number, "%.2f", t->number);
        append(text, size, number);
    } else if (t->op == 'v') {
        append(text, size, NAMES[t->variable]);
    } else if (t->op == 'n') {
        append(text, size, "-");
        write_tree(t->left, 3, all, text, size);
    } else if (strchr("mMa", t->op) != NULL) {
        append(text, size, t->op == 'm' ? "min(" : t->op == 'M' ? "max (" : "abs( ");
        write_tree(t->left, 0, all, text, size);
        if (t->right != NULL) {
            append(text, size, ", ");
            write_tree(t->right, 0, all, text, size);
        }
        append(text, size, ")");
    } else {
        const char op[] = {' ', t->op, ' ', '\0'};
        write_tree(t->left, t->op == '^' ? 5 : own, all, text, size);
        append(text, size, op);
        write_tree(t->right, t->op == '^' ? 3 : own + 1, all, text, size);
    }
    append(text, size, wrap ? ")" : "");
}

static void test_random_trees(void **state) {
    (void)state;
    for (uint64_t seed = 0; seed < 20000; seed++) {
        weft_rng rng = weft_rng_make(seed, WEFT_PURPOSE_TEST, 0);
        tree *t = grow(&rng, 1 + (int)(seed % 5));
        double expected = walk(t);
        for (int all = 0; all < 2; all++) {
            char text[4096] = "";
            write_tree(t, 0, all != 0, text, sizeof text);
            if (strlen(text) > 1024) {
                continue;
            }
            double found = value_of(text);
            if (!(found == expected || (isnan(found) && isnan(expected)))) {
                fail_msg("seed %llu: '%s' gives %.17g, expected %.17g", (unsigned long long)seed,
                         text, found, expected);
            }
        }
        fell(t);
    }
}

/* ---- constraints ----------------------------------------------------------------------------- */

static double violation_of(const char *text) {
    weft_error error = {0};
    weft_expr *expr = NULL;
    if (weft_expr_parse_constraint(text, NAMES, N_NAMES, &expr, &error) != WEFT_OK) {
        fail_msg("'%s': %s", text, error.message);
    }
    double value = weft_expr_evaluate(expr, VALUES);
    weft_expr_destroy(expr);
    return value;
}

static void test_constraints(void **state) {
    (void)state;
    assert_true(violation_of("area_mm2 <= 12") == 0);
    assert_true(violation_of("area_mm2 <= 10") == 0.2);
    assert_true(violation_of("area_mm2 >= 12") == 0);
    assert_true(violation_of("area_mm2 >= 16") == 0.25);
    assert_true(violation_of("3 <= 2 + 2") == 0);
    assert_true(violation_of("-1 >= -2") == 0);
    assert_true(violation_of("-3 >= -2") == 0.5);
    double at_zero = violation_of("1e-6 <= 0");
    assert_true(isfinite(at_zero) && at_zero > 0);
    assert_true(isnan(violation_of("0/0 <= 1")));
    assert_true(isnan(violation_of("1 >= 0/0")));
    assert_true(violation_of("1/0 <= 1/0") == 0);
    assert_true(isinf(violation_of("1/0 <= 1")));
}

/* ---- malformed ------------------------------------------------------------------------------- */

static void check_fails(const char *text, bool constraint, int column, const char *part) {
    weft_error error = {0};
    weft_expr *expr = NULL;
    weft_status status = constraint
                             ? weft_expr_parse_constraint(text, NAMES, N_NAMES, &expr, &error)
                             : weft_expr_parse(text, NAMES, N_NAMES, &expr, &error);
    assert_null(expr);
    assert_int_equal(status, WEFT_ERROR_INPUT);
    assert_int_equal(error.status, WEFT_ERROR_INPUT);
    if (error.column != column || strstr(error.message, part) == NULL) {
        fail_msg("'%s': column %d, '%s'", text, error.column, error.message);
    }
    assert_true(column == 0 || error.length >= 1);
}

static void test_malformed(void **state) {
    (void)state;
    check_fails("", false, 1, "ends early");
    check_fails("   ", false, 4, "ends early");
    check_fails("1 +", false, 4, "ends early");
    check_fails("(1", false, 3, "')'");
    check_fails("1)", false, 2, "an operator");
    check_fails("1 2", false, 3, "an operator");
    check_fails("2accuracy", false, 2, "an operator");
    check_fails("acuracy / energy", false, 1, "did you mean 'accuracy'");
    check_fails("accuracy / enrgy", false, 12, "did you mean 'energy'");
    check_fails("qqqqq", false, 1, "unknown name 'qqqqq'");
    check_fails("sqr(2)", false, 1, "did you mean 'sqrt'");
    check_fails("sqrt(1, 2)", false, 7, "')'");
    check_fails("min(1)", false, 6, "second operand");
    check_fails("min()", false, 5, "a number");
    check_fails("sqrt 4", false, 1, "unknown name");
    check_fails("1 $ 2", false, 3, "'$'");
    check_fails("1 \xC3\x97 2", false, 3, "\xC3\x97");
    check_fails("1e999", false, 1, "too large");
    check_fails("1 <= 2", false, 3, "an operator");
    check_fails("1 + 2", true, 6, "'<=' or '>='");
    check_fails("1 < 2", true, 3, "'<=' or '>='");
    check_fails("1 <= 2 <= 3", true, 8, "the end");
    check_fails("* 2", false, 1, "a number");
    check_fails("1 ** 2", false, 4, "a number");
}

static void test_deep_and_long(void **state) {
    (void)state;
    char text[3000];
    const char *const open[] = {"(", "-", "abs(", "2^"};
    for (int kind = 0; kind < 4; kind++) {
        for (int levels = 60; levels < 70; levels++) {
            text[0] = '\0';
            for (int i = 0; i < levels; i++) {
                append(text, sizeof text, open[kind]);
            }
            append(text, sizeof text, "1");
            for (int i = 0; i < levels && strchr(open[kind], '(') != NULL; i++) {
                append(text, sizeof text, ")");
            }
            weft_error error = {0};
            weft_expr *expr = NULL;
            weft_status status = weft_expr_parse(text, NAMES, N_NAMES, &expr, &error);
            assert_int_equal(status, levels <= 64 ? WEFT_OK : WEFT_ERROR_INPUT);
            assert_true(status == WEFT_OK || strstr(error.message, "64 levels") != NULL);
            weft_expr_destroy(expr);
        }
    }
    /* The deepest stack: every level holds back three operands. */
    text[0] = '\0';
    for (int i = 0; i < 32; i++) {
        append(text, sizeof text, "1+2*3^(");
    }
    append(text, sizeof text, "0");
    for (int i = 0; i < 32; i++) {
        append(text, sizeof text, ")");
    }
    assert_true(isfinite(value_of(text)) || isinf(value_of(text)));
    /* 1024 characters pass, 1025 do not. */
    memset(text, ' ', sizeof text);
    text[0] = '7';
    text[1024] = '\0';
    assert_true(value_of(text) == 7);
    text[1024] = ' ';
    text[1025] = '\0';
    check_fails(text, false, 0, "at most 1024");
    for (int i = 0; i < 512; i++) {
        text[2 * i] = '1';
        text[2 * i + 1] = '+';
    }
    text[1023] = '\0';
    assert_true(value_of(text) == 512);
}

static void test_uses(void **state) {
    (void)state;
    weft_error error = {0};
    weft_expr *expr = NULL;
    assert_int_equal(
        weft_expr_parse("energy * max(energy, area_mm2)", NAMES, N_NAMES, &expr, &error), WEFT_OK);
    assert_false(weft_expr_uses(expr, 0));
    assert_false(weft_expr_uses(expr, 1));
    assert_true(weft_expr_uses(expr, 2));
    assert_true(weft_expr_uses(expr, 3));
    assert_false(weft_expr_uses(expr, 4));
    assert_false(weft_expr_uses(expr, -1));
    weft_expr_destroy(expr);
    weft_expr_destroy(NULL);
}

/* Random texts of likely characters: an error or a program, never a crash. */
static void test_random_texts(void **state) {
    (void)state;
    static const char letters[] = "0123456789.eE+-*/^(),<>= accuracylatencyminmaxsqrt";
    weft_rng rng = weft_rng_make(5, WEFT_PURPOSE_TEST, 0);
    for (int round = 0; round < 50000; round++) {
        char text[40];
        size_t length = weft_rng_below(&rng, sizeof text);
        for (size_t i = 0; i < length; i++) {
            text[i] = letters[weft_rng_below(&rng, sizeof letters - 1)];
        }
        text[length] = '\0';
        weft_error error = {0};
        weft_expr *expr = NULL;
        if (weft_expr_parse(text, NAMES, N_NAMES, &expr, &error) == WEFT_OK) {
            (void)weft_expr_evaluate(expr, VALUES);
            weft_expr_destroy(expr);
        } else {
            assert_true(error.message[0] != '\0' && error.column >= 1);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_values),  cmocka_unit_test(test_random_trees),
        cmocka_unit_test(test_constraints),   cmocka_unit_test(test_malformed),
        cmocka_unit_test(test_deep_and_long), cmocka_unit_test(test_uses),
        cmocka_unit_test(test_random_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
