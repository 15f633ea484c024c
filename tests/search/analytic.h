/* SPDX-License-Identifier: Apache-2.0
 *
 * Problems of several objectives whose fronts are known: ZDT1 to ZDT6 (E. Zitzler, K. Deb, L. Thiele,
 * "Comparison of multiobjective evolutionary algorithms: empirical results", Evol. Comput. 8(2), 2000,
 * eq. 7 to 12) and DTLZ1 to DTLZ7 of three objectives (K. Deb, L. Thiele, M. Laumanns, E. Zitzler,
 * "Scalable test problems for evolutionary multiobjective optimization", 2005, section 6.7 on). Objectives
 * are minimised. */
#ifndef WEFT_TESTS_SEARCH_ANALYTIC_H
#define WEFT_TESTS_SEARCH_ANALYTIC_H

#include <weft/search.h>

#include <math.h>
#include <stdlib.h>

#define ANALYTIC_PI 3.14159265358979323846

enum {
    ANALYTIC_MAX_GENES = 80,
    ANALYTIC_GRID = 60,
    ANALYTIC_MAX_FRONT = ANALYTIC_GRID * ANALYTIC_GRID
};

/* Last, the shares at which bits and the box are; ZDT5 has 30 bits, then ten times five. */
typedef struct analytic {
    const char *name;
    int family; /* 0: ZDT, 1: DTLZ */
    int which;
    int n_objectives;
    int n_genes;
} analytic;

static const analytic analytic_all[] = {
    {"ZDT1", 0, 1, 2, 30},  {"ZDT2", 0, 2, 2, 30},  {"ZDT3", 0, 3, 2, 30},  {"ZDT4", 0, 4, 2, 10},
    {"ZDT5", 0, 5, 2, 80},  {"ZDT6", 0, 6, 2, 10},  {"DTLZ1", 1, 1, 3, 7},  {"DTLZ2", 1, 2, 3, 12},
    {"DTLZ3", 1, 3, 3, 12}, {"DTLZ4", 1, 4, 3, 12}, {"DTLZ5", 1, 5, 3, 12}, {"DTLZ6", 1, 6, 3, 12},
    {"DTLZ7", 1, 7, 3, 22},
};
enum { N_ANALYTIC = sizeof analytic_all / sizeof analytic_all[0] };

static inline void analytic_genes(const analytic *p, weft_gene *genes) {
    for (int g = 0; g < p->n_genes; g++) {
        genes[g] = (weft_gene){.name = "x", .kind = WEFT_GENE_REAL, .upper = 1.0};
        if (p->family == 0 && p->which == 4 && g > 0) {
            genes[g].lower = -5.0;
            genes[g].upper = 5.0;
        } else if (p->family == 0 && p->which == 5) {
            genes[g].kind = WEFT_GENE_CATEGORICAL;
            genes[g].n_choices = 2;
        }
    }
}

/* ---- ZDT -------------------------------------------------------------------------------------- */

static inline double analytic_ones(const double *bits, int n) {
    double ones = 0.0;
    for (int i = 0; i < n; i++) {
        ones += bits[i];
    }
    return ones;
}

/* g of the genes behind the first: 1 (ZDT5: 10) on the front. */
static inline double analytic_zdt_g(const analytic *p, const double *x) {
    double sum = 0.0;
    if (p->which == 5) {
        for (int k = 0; k < 10; k++) {
            double ones = analytic_ones(&x[30 + 5 * k], 5);
            sum += ones < 5.0 ? 2.0 + ones : 1.0;
        }
        return sum;
    }
    for (int i = 1; i < p->n_genes; i++) {
        sum += p->which == 4 ? x[i] * x[i] - 10.0 * cos(4.0 * ANALYTIC_PI * x[i]) : x[i];
    }
    double n = p->n_genes - 1.0;
    return p->which == 4   ? 1.0 + 10.0 * n + sum
           : p->which == 6 ? 1.0 + 9.0 * pow(sum / n, 0.25)
                           : 1.0 + 9.0 * sum / n;
}

/* The second objective of a first one and of g. */
static inline double analytic_zdt_second(int which, double f, double g) {
    double ratio = f / g;
    switch (which) {
    case 2:
    case 6:
        return g * (1.0 - ratio * ratio);
    case 3:
        return g * (1.0 - sqrt(ratio) - ratio * sin(10.0 * ANALYTIC_PI * f));
    case 5:
        return g / f;
    default:
        return g * (1.0 - sqrt(ratio));
    }
}

static inline double analytic_zdt6_first(double x) {
    return 1.0 - exp(-4.0 * x) * pow(sin(6.0 * ANALYTIC_PI * x), 6.0);
}

static inline void analytic_zdt(const analytic *p, const double *x, double *f) {
    f[0] = p->which == 5   ? 1.0 + analytic_ones(x, 30)
           : p->which == 6 ? analytic_zdt6_first(x[0])
                           : x[0];
    f[1] = analytic_zdt_second(p->which, f[0], analytic_zdt_g(p, x));
}

/* ---- DTLZ, three objectives ------------------------------------------------------------------- */

static inline double analytic_dtlz_g(const analytic *p, const double *x) {
    double sum = 0.0;
    int k = p->n_genes - 2;
    for (int i = 2; i < p->n_genes; i++) {
        double away = x[i] - 0.5;
        sum += p->which == 1 || p->which == 3 ? away * away - cos(20.0 * ANALYTIC_PI * away)
               : p->which == 6                ? pow(x[i], 0.1)
               : p->which == 7                ? x[i]
                                              : away * away;
    }
    return p->which == 1 || p->which == 3 ? 100.0 * (k + sum)
           : p->which == 7                ? 1.0 + 9.0 * sum / k
                                          : sum;
}

static inline double analytic_dtlz7_last(double a, double b, double g) {
    double h = 3.0 - a / (1.0 + g) * (1.0 + sin(3.0 * ANALYTIC_PI * a)) -
               b / (1.0 + g) * (1.0 + sin(3.0 * ANALYTIC_PI * b));
    return (1.0 + g) * h;
}

static inline void analytic_dtlz(const analytic *p, const double *x, double *f) {
    double g = analytic_dtlz_g(p, x);
    if (p->which == 1) {
        f[0] = 0.5 * x[0] * x[1] * (1.0 + g);
        f[1] = 0.5 * x[0] * (1.0 - x[1]) * (1.0 + g);
        f[2] = 0.5 * (1.0 - x[0]) * (1.0 + g);
        return;
    }
    if (p->which == 7) {
        f[0] = x[0];
        f[1] = x[1];
        f[2] = analytic_dtlz7_last(x[0], x[1], g);
        return;
    }
    double a = p->which == 4 ? pow(x[0], 100.0) : x[0];
    double b = p->which == 4 ? pow(x[1], 100.0) : x[1];
    b = p->which == 5 || p->which == 6 ? (1.0 + 2.0 * g * b) / (2.0 * (1.0 + g)) : b;
    f[0] = (1.0 + g) * cos(0.5 * ANALYTIC_PI * a) * cos(0.5 * ANALYTIC_PI * b);
    f[1] = (1.0 + g) * cos(0.5 * ANALYTIC_PI * a) * sin(0.5 * ANALYTIC_PI * b);
    f[2] = (1.0 + g) * sin(0.5 * ANALYTIC_PI * a);
}

static inline void analytic_evaluate(const analytic *p, const double *x, double *f) {
    if (p->family == 0) {
        analytic_zdt(p, x, f);
    } else {
        analytic_dtlz(p, x, f);
    }
}

/* ---- fronts ----------------------------------------------------------------------------------- */

/* A point of the front's surface, or beside it where it has gaps, at shares (s, t) of its parameters. */
static inline void analytic_surface(const analytic *p, double s, double t, double *f) {
    if (p->family == 0) {
        f[0] = p->which == 5   ? 1.0 + floor(30.0 * s + 0.5)
               : p->which == 6 ? 0.2807753191 + (1.0 - 0.2807753191) * s
                               : s;
        f[1] = analytic_zdt_second(p->which, f[0], p->which == 5 ? 10.0 : 1.0);
        return;
    }
    double x[ANALYTIC_MAX_GENES];
    for (int i = 0; i < p->n_genes; i++) {
        x[i] = p->which == 6 || p->which == 7 ? 0.0 : 0.5;
    }
    x[0] = p->which == 4 ? pow(s, 0.01) : p->which == 1 ? sqrt(s) : s;
    x[1] = p->which == 4 ? pow(t, 0.01) : t;
    analytic_dtlz(p, x, f);
}

/* Points of the true front (row by row) and their number; room for ANALYTIC_MAX_FRONT. */
static inline size_t analytic_front(const analytic *p, double *front) {
    bool curve = p->family == 0 || p->which == 5 || p->which == 6;
    int n_s = curve ? 1000 : ANALYTIC_GRID;
    int n_t = curve ? 1 : ANALYTIC_GRID;
    size_t m = (size_t)p->n_objectives;
    double *all = malloc((size_t)n_s * (size_t)n_t * m * sizeof *all);
    size_t n = 0;
    size_t kept = 0;
    for (int i = 0; all != NULL && i < n_s; i++) {
        for (int j = 0; j < n_t; j++) {
            double t = n_t > 1 ? (double)j / (n_t - 1) : 0.0;
            analytic_surface(p, (double)i / (n_s - 1), t, &all[n++ * m]);
        }
    }
    for (size_t i = 0; i < n; i++) {
        bool dominated = false;
        for (size_t j = 0; j < n && !dominated; j++) {
            dominated = weft_dominates(&all[j * m], &all[i * m], p->n_objectives);
        }
        for (size_t k = 0; k < m && !dominated; k++) {
            front[kept * m + k] = all[i * m + k];
        }
        kept += !dominated;
    }
    free(all);
    return kept;
}

#endif
