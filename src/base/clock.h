/* SPDX-License-Identifier: Apache-2.0
 *
 * Two clocks, in seconds: one to say when, one to say how long. */
#ifndef WEFT_BASE_CLOCK_H
#define WEFT_BASE_CLOCK_H

/* Unix time; it jumps when somebody sets the machine's clock. */
double weft_unix_time(void);

/* Since some moment in the past; never goes back. */
double weft_steady_time(void);

#endif
