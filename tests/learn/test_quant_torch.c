/* SPDX-License-Identifier: Apache-2.0
 * Quantizers against PyTorch's, kept in fixtures/quant.csv with the script that made them. */
#include "learn/quant_observe.h"
#include "learn/quant_support.h"

enum { MAX_VALUES = 64, MAX_ROWS = 4 };

/* A case of the fixture. */
typedef struct torch_case {
    int number;
    char rule[8];
    weft_quant_range range;
    int32_t zero;
    size_t rows, n, steps_told;
    float steps[MAX_ROWS], slopes[MAX_ROWS];
    float x[MAX_VALUES], dy[MAX_VALUES], y[MAX_VALUES], dx[MAX_VALUES];
} torch_case;

static FILE *open_fixture(void) {
    FILE *file = fopen("tests/learn/fixtures/quant.csv", "re");
    if (file == NULL) {
        fail_msg("tests/learn/fixtures/quant.csv cannot be opened: run from the source tree");
    }
    return file;
}

/* Whether a line is a value of a case, which is added. */
static bool add_value(torch_case *c, const char *line) {
    char rule[8];
    int number, row, low, high, zero;
    float step, x, dy, y, dx;
    if (sscanf(line, "%d,%7[a-z],%d,%d,%d,%d,%f,%f,%f,%f,%f", &number, rule, &row, &low, &high,
               &zero, &step, &x, &dy, &y, &dx) != 11) {
        return false;
    }
    assert_true(c->n < MAX_VALUES && row >= 0 && row < MAX_ROWS);
    c->number = number;
    memcpy(c->rule, rule, sizeof rule);
    c->range = (weft_quant_range){low, high};
    c->zero = zero;
    c->rows = (size_t)row + 1;
    c->steps[row] = step;
    c->x[c->n] = x;
    c->dy[c->n] = dy;
    c->y[c->n] = y;
    c->dx[c->n++] = dx;
    return true;
}

static bool add_slope(torch_case *c, const char *line) {
    int number, row, low, high, zero;
    float step, slope;
    if (sscanf(line, "%d,step,%d,%d,%d,%d,%f,%f", &number, &row, &low, &high, &zero, &step,
               &slope) != 7) {
        return false;
    }
    assert_true(number == c->number && row >= 0 && row < MAX_ROWS);
    c->slopes[row] = slope;
    c->steps_told++;
    return true;
}

static void check_case(const torch_case *c) {
    float y[MAX_VALUES], dx[MAX_VALUES];
    double sums[MAX_ROWS];
    weft_quant_array array = {WEFT_F32, c->rows, c->n / c->rows};
    weft_quant_forward(array, c->range, c->steps, c->x, y);
    if (strcmp(c->rule, "lsq") == 0) {
        weft_lsq_backward(array, c->range, c->steps, c->x, c->dy, dx, sums);
        assert_int_equal(c->steps_told, c->rows);
        for (size_t row = 0; row < c->rows; row++) {
            double size = 1.0 + fabs((double)c->slopes[row]);
            assert_true(fabs(sums[row] - (double)c->slopes[row]) < 1e-5 * size * c->range.high);
        }
    } else {
        weft_quant_backward(array, c->range, c->steps, c->x, c->dy, dx);
    }
    for (size_t i = 0; i < c->n; i++) {
        /* Autograd multiplies and divides the gradient by the step on its way. */
        bool same = fabsf(y[i] - c->y[i]) <= 1e-6F * fabsf(c->y[i]) &&
                    fabsf(dx[i] - c->dx[i]) <= 1e-6F * fabsf(c->dx[i]);
        if (!same) {
            fail_msg("case %d (%s) value %zu: y %g dx %g, PyTorch has %g, %g", c->number, c->rule,
                     i, (double)y[i], (double)dx[i], (double)c->y[i], (double)c->dx[i]);
        }
    }
}

static void test_quantizers(void **state) {
    (void)state;
    FILE *file = open_fixture();
    torch_case c = {.number = -1};
    char line[512];
    int checked = 0;
    while (fgets(line, sizeof line, file) != NULL) {
        int number;
        if (sscanf(line, "%d,", &number) == 1 && number != c.number && c.n > 0) {
            check_case(&c);
            checked++;
            c = (torch_case){.number = number};
        }
        if (!add_value(&c, line)) {
            (void)add_slope(&c, line);
        }
    }
    fclose(file);
    assert_int_equal(checked, 36);
}

/* The running extent, and the grid that it ends with. PyTorch works steps out in f32. */
static void test_observers(void **state) {
    (void)state;
    FILE *file = open_fixture();
    char line[512];
    weft_quant_extent running = {0}, batch, expected;
    int number, at, zero, checked = 0;
    float step;
    while (fgets(line, sizeof line, file) != NULL) {
        if (sscanf(line, "%d,batch,%d,%f,%f", &number, &at, &batch.low, &batch.high) == 4) {
            weft_quant_follow(&running, &batch, 1, 0.1, at == 0);
        }
        if (sscanf(line, "%d,follow,%f,%f,%f,%d", &number, &expected.low, &expected.high, &step,
                   &zero) == 5) {
            weft_quant_grid grid = weft_quant_grid_of(running, 8);
            assert_true(fabsf(running.low - expected.low) < 1e-6F);
            assert_true(fabsf(running.high - expected.high) < 1e-6F);
            assert_true(fabsf(grid.step - step) < 1e-6F * step);
            assert_int_equal(grid.zero, zero);
            checked++;
        }
    }
    fclose(file);
    assert_int_equal(checked, 4);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_quantizers),
        cmocka_unit_test(test_observers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
