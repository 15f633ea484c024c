/* SPDX-License-Identifier: Apache-2.0
 *
 * What a supply voltage does: dynamic energy goes with its square, delay follows the alpha-power
 * law, and a node allows a window of voltages. */
#ifndef WEFT_HARDWARE_SUPPLY_H
#define WEFT_HARDWARE_SUPPLY_H

#include "hardware/part/cmos.h"

/* Legal window of a node, V: 0.25 V below to 0.10 V above the nominal supply, which gives the
 * windows that published CIM searches use (7 nm 0.45-0.80, 10 nm 0.50-0.85, 14 nm 0.55-0.90, 32 nm
 * 0.65-1.00, 45 nm 0.75-1.10 V; for 22 nm they take that of 32 nm), and never below the threshold of
 * the device. Source: JointHardwareWorkloadOptimizationIMC, technology sweep, and the node table. */
typedef struct weft_supply_window {
    double low, high; /* V */
} weft_supply_window;
weft_supply_window weft_supply_legal(weft_device device, double node);

/* Adds to a price: a warning where `voltage` lies outside the window of the node, the reason of
 * infeasibility where it is no higher than the threshold. 0 V stands for the nominal supply. */
void weft_supply_check(weft_device device, double node, double voltage, weft_part_price *price);

/* Factor of dynamic energy from supply `from` to `to`: (to / from)^2. */
double weft_supply_energy(double from, double to);

/* Factor of delay from supply `from` to `to`, delay ~ V / (V - Vth)^alpha; infinite at or below the
 * threshold. The exponent lies between 1 (speed of carriers saturated) and 2 (long channels); 1.3 is
 * usual for the short channels of all nodes here. Source: T. Sakurai, A. R. Newton, IEEE JSSC 25
 * (1990) 584. */
#define WEFT_SUPPLY_ALPHA 1.3
double weft_supply_delay(double from, double to, double threshold, double alpha);

#endif
