/* SPDX-License-Identifier: Apache-2.0
 *
 * How well points A stand for a reference front Z, objectives minimised:
 *
 *     IGD+(A)  = 1/|Z| sum over z of  min over a of  sqrt(sum over k of max(a_k - z_k, 0)^2)
 *     I_e+(A)  = max over z of  min over a of  max over k of  (a_k - z_k)
 *
 * H. Ishibuchi, H. Masuda, Y. Tanigaki, Y. Nojima, "Modified distance calculation in generational
 * distance and inverted generational distance", EMO 2015; E. Zitzler, L. Thiele, M. Laumanns, C. M.
 * Fonseca, V. Grunert da Fonseca, "Performance assessment of multiobjective optimizers: an analysis
 * and review", IEEE Trans. Evol. Comput. 7(2), 2003. */
#include <weft/search.h>

#include <math.h>

static bool any_nan(const double *values, size_t n) {
    for (size_t i = 0; i < n; i++) {
        if (isnan(values[i])) {
            return true;
        }
    }
    return false;
}

static bool undefined(const double *points, size_t n, const double *reference, size_t n_reference,
                      int n_objectives) {
    size_t row = (size_t)n_objectives;
    return n_reference == 0 || any_nan(points, n * row) || any_nan(reference, n_reference * row);
}

/* a_k - z_k, where equal infinite values are no distance apart. */
static double excess(double a, double z) {
    return a == z ? 0.0 : a - z;
}

/* The square of the distance from z to what a dominates. */
static double squared_distance(const double *a, const double *z, int n_objectives) {
    double sum = 0.0;
    for (int k = 0; k < n_objectives; k++) {
        double worse = fmax(excess(a[k], z[k]), 0.0);
        sum += worse * worse;
    }
    return sum;
}

static double largest_excess(const double *a, const double *z, int n_objectives) {
    double largest = -INFINITY;
    for (int k = 0; k < n_objectives; k++) {
        largest = fmax(largest, excess(a[k], z[k]));
    }
    return largest;
}

double weft_igd_plus(const double *points, size_t n, const double *reference, size_t n_reference,
                     int n_objectives) {
    if (undefined(points, n, reference, n_reference, n_objectives)) {
        return (double)NAN;
    }
    size_t row = (size_t)n_objectives;
    double sum = 0.0;
    for (size_t j = 0; j < n_reference; j++) {
        double least = INFINITY;
        for (size_t i = 0; i < n; i++) {
            least =
                fmin(least, squared_distance(&points[i * row], &reference[j * row], n_objectives));
        }
        sum += sqrt(least);
    }
    return sum / (double)n_reference;
}

double weft_epsilon_indicator(const double *points, size_t n, const double *reference,
                              size_t n_reference, int n_objectives) {
    if (undefined(points, n, reference, n_reference, n_objectives)) {
        return (double)NAN;
    }
    size_t row = (size_t)n_objectives;
    double most = -INFINITY;
    for (size_t j = 0; j < n_reference; j++) {
        double least = INFINITY;
        for (size_t i = 0; i < n; i++) {
            least =
                fmin(least, largest_excess(&points[i * row], &reference[j * row], n_objectives));
        }
        most = fmax(most, least);
    }
    return most;
}
