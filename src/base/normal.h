/* SPDX-License-Identifier: Apache-2.0
 * The normal distribution. */
#ifndef WEFT_BASE_NORMAL_H
#define WEFT_BASE_NORMAL_H

/* The standard normal quantile of 0 < p < 1, to 7 digits. */
double weft_normal_quantile(double p);

#endif
