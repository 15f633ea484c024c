/* SPDX-License-Identifier: Apache-2.0
 *
 * Layers on chips against the reference estimator, CiMLoop (mit-emze/cimloop@d6e1390): its basic
 * macro, ISAAC and RAELLA, with the versions and repairs that ../shared/golden/reference tells of.
 * Where that folder is present all its runs are compared, else those kept here. Nothing in the
 * chips is fitted; a variation is a change of the preset. */
#include <math.h>

#include "hardware/part.h"
#include "hardware/sheet.h"

#define GOLDEN "../shared/golden/reference/"

/* A median of fewer errors is not asked for. */
enum { MAX_RUNS = 512, MAX_GROUPS = 64, FEW = 5 };

/* Bounds that are promised (issue: energy of a component within 2 % and of a run within 5 % at the
 * median, cycles equal in nine of ten, area within 1 %), and those that hold: */
#define RUN_MEDIAN       1e-4
#define RUN_WORST        2e-3
#define COMPONENT_MEDIAN 1e-3
#define COMPONENT_WORST  2e-2
#define AREA_WORST       1e-3

/* ISAAC's router: in four runs the last turn of a loop in time keeps only some of the copies busy, and
 * the reference then lets windows bring in more new pixels than their overlap leaves. */
#define ROUTER_WORST 0.1

static const char RUNS[] =
    "run_id,macro,dnn,layer,TECHNOLOGY,ADC_RESOLUTION,BITS_PER_CELL,TEMPORAL_DAC_RESOLUTION,"
    "ARRAY_WORDLINES,ARRAY_BITLINES,INPUT_BITS,cycles,energy_from_counts_J,"
    "area_all_instances_mm2,variation\n"
    "basic_analog__default__mobilenet_v2__01,"
    "basic_analog,mobilenet_v2,01,65,8,8,8,32,32,8,12544,8.82503e-06,334.0716,default\n"
    "basic_analog__default__resnet18__01,"
    "basic_analog,resnet18,01,65,8,8,8,32,32,8,3136,3.02883e-05,334.0716,default\n"
    "basic_analog__r64c64__resnet18__16,"
    "basic_analog,resnet18,16,65,8,8,8,64,64,8,49,1.5397e-05,384.1438,r64c64\n"
    "basic_analog__r256c256__resnet18__16,"
    "basic_analog,resnet18,16,65,8,8,8,256,256,8,49,4.80162e-06,556.9164,r256c256\n"
    "basic_analog__r128c128_adc6__resnet18__20,"
    "basic_analog,resnet18,20,65,6,8,8,128,128,8,1,2.89751e-08,394.3422,r128c128_adc6\n"
    "basic_analog__r128c128_bpc2_dac1__resnet18__16,"
    "basic_analog,resnet18,16,65,8,2,1,128,128,8,392,0.000189077,450.4537,r128c128_bpc2_dac1\n"
    "basic_analog__r128c128_bpc4_dac4__resnet18__00,"
    "basic_analog,resnet18,00,65,8,4,4,128,128,8,25088,4.25258e-05,450.4537,r128c128_bpc4_dac4\n"
    "basic_analog__r128c128_t22_bpc2_dac1_adc6__resnet18__16,"
    "basic_analog,resnet18,16,22,6,2,1,128,128,8,392,1.55726e-05,71.17197,r128c128_t22_bpc2_dac1_"
    "adc6\n"
    "basic_analog__r128c128_t32__resnet18__20,"
    "basic_analog,resnet18,20,32,8,8,8,128,128,8,1,1.27786e-08,147.1321,r128c128_t32\n"
    "isaac_isca_2016__default__mobilenet_v2__01,"
    "isaac_isca_2016,mobilenet_v2,01,32,8,2,1,128,128,16,560,0.000156958,600340.4,default\n"
    "isaac_isca_2016__default__resnet18__00,"
    "isaac_isca_2016,resnet18,00,32,8,2,1,128,128,16,160,0.000595358,600340.4,default\n"
    "isaac_isca_2016__default__resnet18__01,"
    "isaac_isca_2016,resnet18,01,32,8,2,1,128,128,16,112,0.000424221,600340.4,default\n"
    "isaac_isca_2016__default__resnet18__07,"
    "isaac_isca_2016,resnet18,07,32,8,2,1,128,128,16,16,4.19386e-05,600340.4,default\n"
    "isaac_isca_2016__adc6__resnet18__01,"
    "isaac_isca_2016,resnet18,01,32,6,2,1,128,128,16,112,0.000313224,547330.6,adc6\n"
    "isaac_isca_2016__bpc1__resnet18__16,"
    "isaac_isca_2016,resnet18,16,32,8,1,1,128,128,16,448,0.000783345,600340.4,bpc1\n"
    "isaac_isca_2016__bpc4__resnet18__07,"
    "isaac_isca_2016,resnet18,07,32,8,4,1,128,128,16,16,2.49351e-05,600340.4,bpc4\n"
    "isaac_isca_2016__dac2__resnet18__20,"
    "isaac_isca_2016,resnet18,20,32,8,2,2,128,128,16,8,1.33606e-06,600340.4,dac2\n"
    "isaac_isca_2016__r64c64__resnet18__00,"
    "isaac_isca_2016,resnet18,00,32,8,2,1,64,64,16,560,0.000728306,461270.6,r64c64\n"
    "isaac_isca_2016__r256c256__resnet18__00,"
    "isaac_isca_2016,resnet18,00,32,8,2,1,256,256,16,48,0.000506486,962504.4,r256c256\n"
    "isaac_isca_2016__t22__resnet18__07,"
    "isaac_isca_2016,resnet18,07,22,8,2,1,128,128,16,16,2.3616e-05,357968.8,t22\n"
    "isaac_isca_2016__w8i8o8__resnet18__16,"
    "isaac_isca_2016,resnet18,16,32,8,2,1,128,128,8,56,9.7417e-05,561923.9,w8i8o8\n"
    "raella_isca_2023__default__resnet18__00,"
    "raella_isca_2023,resnet18,00,32,7,3,1,512,1024,8,862401,4.37581e-05,5862.085,default\n"
    "raella_isca_2023__default__resnet18__01,"
    "raella_isca_2023,resnet18,01,32,7,3,1,512,1024,8,215601,1.833e-05,5856.906,default\n"
    "raella_isca_2023__default__resnet18__07,"
    "raella_isca_2023,resnet18,07,32,7,3,1,512,1024,8,30801,2.56127e-06,5856.906,default\n"
    "raella_isca_2023__default__resnet18__16,"
    "raella_isca_2023,resnet18,16,32,7,3,1,512,1024,8,53901,7.06665e-06,5856.906,default\n"
    "raella_isca_2023__default__resnet18__20,"
    "raella_isca_2023,resnet18,20,32,7,3,1,512,1024,8,825,6.7361e-08,5856.906,default\n";

static const char COMPONENTS[] =
    "run_id,component,energy_from_counts_J,area_um2_per_instance,instances_total\n"
    "basic_analog__default__resnet18__01,cim_unit,4.19676e-07,0.169,4194304\n"
    "basic_analog__default__resnet18__01,row_drivers,6.40621e-06,519.889,4096\n"
    "basic_analog__default__resnet18__01,adc,2.34624e-05,80412.6,4096\n"
    "isaac_isca_2016__default__resnet18__01,cim_unit,0.000102686,0.016384,824633720832\n"
    "isaac_isca_2016__default__resnet18__01,row_drivers,4.12576e-06,1370.7,50331648\n"
    "isaac_isca_2016__default__resnet18__01,adc,0.000247808,6469.27,50331648\n"
    "isaac_isca_2016__default__resnet18__01,shift_add,2.01498e-05,1380.66,6291456\n"
    "isaac_isca_2016__default__resnet18__01,output_buffer,4.1251e-05,7198.73,6291456\n"
    "isaac_isca_2016__default__resnet18__01,input_buffer,2.02342e-06,3709.28,6291456\n"
    "isaac_isca_2016__default__resnet18__01,"
    "inter_macro_network,1.3354e-06,90000.0,524288\n"
    "isaac_isca_2016__default__resnet18__01,output_quantize,5.83285e-07,41500.0,524288\n"
    "isaac_isca_2016__default__resnet18__01,eDRAM_buf,3.4963e-06,83000.0,524288\n"
    "isaac_isca_2016__default__resnet18__01,router,7.61905e-07,18750.0,131072\n"
    "isaac_isca_2016__t22__resnet18__07,cim_unit,5.59435e-06,0.007744,824633720832\n"
    "isaac_isca_2016__t22__resnet18__07,row_drivers,1.21496e-07,572.536,50331648\n"
    "isaac_isca_2016__t22__resnet18__07,adc,1.22513e-05,3611.68,50331648\n"
    "isaac_isca_2016__t22__resnet18__07,shift_add,1.79302e-06,652.578,6291456\n"
    "isaac_isca_2016__t22__resnet18__07,output_buffer,2.91005e-06,3389.15,6291456\n"
    "isaac_isca_2016__t22__resnet18__07,input_buffer,2.79588e-08,1745.41,6291456\n"
    "isaac_isca_2016__t22__resnet18__07,inter_macro_network,1.23908e-07,81900.0,524288\n"
    "isaac_isca_2016__t22__resnet18__07,output_quantize,9.26191e-08,37765.0,524288\n"
    "isaac_isca_2016__t22__resnet18__07,eDRAM_buf,4.88797e-07,75530.0,524288\n"
    "isaac_isca_2016__t22__resnet18__07,router,2.12455e-07,17062.5,131072\n"
    "raella_isca_2023__default__resnet18__00,cim_unit,1.48287e-05,0.032768,34359738368\n"
    "raella_isca_2023__default__resnet18__00,timely_psubbuf,8.86309e-08,5.0,67108864\n"
    "raella_isca_2023__default__resnet18__00,row_drivers,9.20383e-07,2040.11,131072\n"
    "raella_isca_2023__default__resnet18__00,adc,2.12906e-05,23059.3,131072\n"
    "raella_isca_2023__default__resnet18__00,shift_add,2.12256e-06,86.2913,131072\n"
    "raella_isca_2023__default__resnet18__00,output_register,1.01697e-06,1531.97,131072\n"
    "raella_isca_2023__default__resnet18__00,input_buffer,7.31198e-07,3931.27,32768\n"
    "raella_isca_2023__default__resnet18__00,"
    "output_center_offset_correct,3.57903e-07,432.436,32768\n"
    "raella_isca_2023__default__resnet18__00,"
    "inter_macro_network,3.87003e-07,60000.0,4096\n"
    "raella_isca_2023__default__resnet18__00,output_quantize,3.88856e-07,41500.0,4096\n"
    "raella_isca_2023__default__resnet18__00,eDRAM_buf,1.62529e-06,83000.0,4096\n"
    "raella_isca_2023__default__resnet18__01,cim_unit,8.62599e-06,0.032768,34359738368\n"
    "raella_isca_2023__default__resnet18__01,timely_psubbuf,2.21577e-08,5.0,67108864\n"
    "raella_isca_2023__default__resnet18__01,row_drivers,5.04393e-07,2040.11,131072\n"
    "raella_isca_2023__default__resnet18__01,adc,5.32268e-06,23059.3,131072\n"
    "raella_isca_2023__default__resnet18__01,shift_add,5.30588e-07,86.2913,131072\n"
    "raella_isca_2023__default__resnet18__01,output_register,5.08186e-07,1531.97,131072\n"
    "raella_isca_2023__default__resnet18__01,input_buffer,1.34689e-06,3773.22,32768\n"
    "raella_isca_2023__default__resnet18__01,"
    "output_center_offset_correct,8.94809e-08,432.436,32768\n"
    "raella_isca_2023__default__resnet18__01,"
    "inter_macro_network,3.46817e-07,60000.0,4096\n"
    "raella_isca_2023__default__resnet18__01,output_quantize,9.72141e-08,41500.0,4096\n"
    "raella_isca_2023__default__resnet18__01,eDRAM_buf,9.35628e-07,83000.0,4096\n";

static const char LAYERS[] =
    "dnn,layer,N,C,M,P,Q,R,S,G,inputs_hist,weights_hist\n"
    "mobilenet_v2,01,1,1,1,112,112,3,3,32,"
    "0.0 0.0 0.0 0.0 0.0 0.0 0.0 0.0 0.0 0.0 0.0 0.0 0.0 0.0 0.0 0.4 0.1359 0.1059 "
    "0.08244 0.0642 0.05 0.03894 0.03033 0.02362 0.01839 0.01433 0.01116 0.008689 "
    "0.006767 0.00527 0.004104"
    ","
    "0.0008881 0.001586 0.002722 0.004487 0.007108 0.01082 0.01582 0.02223 0.03 0.03891 "
    "0.04849 0.05805 0.06677 0.07379 0.07836 0.07994 0.07836 0.07379 0.06677 0.05805 "
    "0.04849 0.03891 0.03 0.02223 0.01582 0.01082 0.007108 0.004487 0.002722 0.001586 "
    "0.0008881"
    "\n"
    "resnet18,01,1,64,64,56,56,3,3,1,"
    "0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0.269 0.0568 0.124 0.162 0.128 0.086 0.0642 0.0398 "
    "0.0224 0.013 0.00957 0.00614 0.00891 0.00318 0.00271 0.00441"
    ","
    "0.00192 0.00157 0.0022 0.00255 0.00428 0.00552 0.00604 0.00796 0.0113 0.0156 0.0225 "
    "0.0354 0.0517 0.083 0.114 0.258 0.12 0.0879 0.0599 0.0389 0.0226 0.0157 0.0105 "
    "0.00711 0.00492 0.00302 0.00189 0.00129 0.00129 0.000989 0.000796"
    "\n"
    "resnet18,16,1,512,512,7,7,3,3,1,"
    "0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0.836 0.0271 0.0213 0.0199 0.019 0.0143 0.0121 0.0103 "
    "0.00874 0.00737 0.0066 0.00519 0.00431 0.00302 0.0027 0.00213"
    ","
    "0.00343 0.00489 0.00687 0.0095 0.013 0.0177 0.0231 0.0294 0.037 0.0446 0.0524 "
    "0.0595 0.0653 0.0696 0.0712 0.0703 0.0675 0.0623 0.0566 0.0492 0.0418 0.0344 0.0278 "
    "0.022 0.0171 0.0131 0.01 0.00748 0.00557 0.00419 0.00314"
    "\n"
    "resnet18,20,1,512,1000,1,1,1,1,1,"
    "0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0.134 0.209 0.154 0.121 0.107 0.0613 0.0613 0.0435 "
    "0.0395 0.0217 0.0198 0.00791 0.00593 0.00593 0.00198 0.00593"
    ","
    "1.38e-05 3.55e-05 6.91e-05 0.000152 0.000393 0.000868 0.00237 0.00601 0.0144 0.0292 "
    "0.054 0.0849 0.11 0.123 0.118 0.102 0.0825 0.0638 0.0493 0.037 0.0284 0.0218 0.017 "
    "0.0134 0.0104 0.00834 0.00675 0.00548 0.00438 0.00341 0.00288"
    "\n"
    "resnet18,00,1,3,64,112,112,7,7,1,"
    "0.00406 0.0153 0.0195 0.0205 0.0178 0.0164 0.0218 0.0331 0.0325 0.0305 0.0301 "
    "0.0375 0.0454 0.0475 0.0399 0.0342 0.0326 0.0329 0.0301 0.0309 0.0317 0.0352 0.0357 "
    "0.0364 0.0413 0.0458 0.0474 0.0346 0.0219 0.0321 0.0653"
    ","
    "0.0026 0.00238 0.00271 0.00401 0.00444 0.0078 0.00856 0.0105 0.0141 0.0173 0.0236 "
    "0.0295 0.0399 0.061 0.117 0.291 0.127 0.0736 0.0461 0.027 0.0229 0.0164 0.0125 "
    "0.0091 0.00737 0.00618 0.0039 0.0039 0.00379 0.0026 0.00141"
    "\n"
    "resnet18,07,1,64,128,28,28,1,1,1,"
    "0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0.304 0.082 0.0878 0.0894 0.0892 0.0809 0.0679 0.0536 "
    "0.0429 0.0322 0.0235 0.017 0.0121 0.00793 0.00539 0.00426"
    ","
    "0.00124 0.00149 0.00174 0.0031 0.00285 0.00385 0.00794 0.00831 0.012 0.018 0.0269 "
    "0.0419 0.0635 0.095 0.137 0.154 0.142 0.101 0.065 0.0395 0.0239 0.0158 0.00844 "
    "0.00707 0.00471 0.00372 0.00335 0.00186 0.00261 0.00112 0.00149"
    "\n";

/* ---- a run ----------------------------------------------------------------------------------- */

typedef struct reference {
    const char *name, *preset;
} reference;

static const reference MACROS[] = {
    {"basic_analog", "basic-65nm-rram"},
    {"isaac_isca_2016", "isaac"},
    {"raella_isca_2023", "raella"},
};

static const reference *macro_of(const char *name) {
    for (int i = 0; i < WEFT_LENGTH(MACROS); i++) {
        if (strcmp(MACROS[i].name, name) == 0) {
            return &MACROS[i];
        }
    }
    return NULL;
}

static void set(weft_chip *chip, const char *path, double value, const char *unit) {
    char text[64];
    weft_error error;
    snprintf(text, sizeof text, "%g%s%s", value, unit[0] != '\0' ? " " : "", unit);
    expect_ok(weft_chip_set(chip, path, text, &error), &error, path);
}

static weft_chip *chip_of(const sheet *runs, int row) {
    const reference *m = macro_of(sheet_text(runs, row, "macro"));
    weft_chip *chip = NULL;
    weft_error error;
    expect_ok(weft_chip_read(m->preset, &chip, &error), &error, m->preset);
    if (strcmp(m->preset, "raella") == 0) {
        return chip; /* has no variation */
    }
    set(chip, "node", sheet_real(runs, row, "TECHNOLOGY"), "nm");
    set(chip, "rows", sheet_real(runs, row, "ARRAY_WORDLINES"), "");
    set(chip, "columns", sheet_real(runs, row, "ARRAY_BITLINES"), "");
    set(chip, "resolution", sheet_real(runs, row, "ADC_RESOLUTION"), "bit");
    set(chip, "cell_bits", sheet_real(runs, row, "BITS_PER_CELL"), "bit");
    set(chip, "dac_bits", sheet_real(runs, row, "TEMPORAL_DAC_RESOLUTION"), "bit");
    if (strcmp(m->preset, "isaac") == 0) {
        set(chip, "operand_bits", sheet_real(runs, row, "INPUT_BITS"), "bit");
    }
    return chip;
}

/* The layer of a run as a table of one layer. */
static weft_network *layer_of(const sheet *runs, int row, const sheet *layers) {
    static const char HEADING[] = "N,C,M,P,Q,R,S,G,inputs_hist,weights_hist\n";
    static const char *const DIMS[] = {"N", "C", "M", "P", "Q", "R", "S", "G"};
    int l = 1;
    while (l <= layers->n_rows &&
           (strcmp(sheet_text(layers, l, "dnn"), sheet_text(runs, row, "dnn")) != 0 ||
            strcmp(sheet_text(layers, l, "layer"), sheet_text(runs, row, "layer")) != 0)) {
        l++;
    }
    assert_true(l <= layers->n_rows);
    char text[4096];
    int used = snprintf(text, sizeof text, "%s", HEADING);
    for (int d = 0; d < WEFT_LENGTH(DIMS); d++) {
        used += snprintf(text + used, sizeof text - (size_t)used, "%s,",
                         sheet_text(layers, l, DIMS[d]));
    }
    used += snprintf(text + used, sizeof text - (size_t)used, "\"%s\",\"%s\"\n",
                     sheet_text(layers, l, "inputs_hist"), sheet_text(layers, l, "weights_hist"));
    assert_true((size_t)used < sizeof text);
    weft_network *network = NULL;
    weft_error error;
    expect_ok(weft_network_parse_csv(text, (size_t)used, "layer", &network, &error), &error,
              sheet_text(runs, row, "run_id"));
    return network;
}

static weft_cost *cost_of_run(const sheet *runs, int row, const sheet *layers) {
    weft_chip *chip = chip_of(runs, row);
    weft_network *network = layer_of(runs, row, layers);
    weft_priced *priced = NULL;
    weft_error error;
    expect_ok(weft_priced_create(chip, &priced, &error), &error, sheet_text(runs, row, "run_id"));
    weft_cost *cost = cost_of(priced, network);
    weft_priced_destroy(priced);
    weft_network_destroy(network);
    weft_chip_destroy(chip);
    return cost;
}

/* ---- comparing ------------------------------------------------------------------------------- */

static double off_by(double ours, double theirs) {
    return theirs != 0 ? fabs(ours / theirs - 1) : fabs(ours);
}

/* Parts of ours that are one component there. */
static bool belongs(const char *part, const char *component) {
    static const char *const OF[][2] = {
        {"cells", "cim_unit"},
        {"output_scales", "output_quantize"},
        {"input_sum", "input_buffer"},
        {"failed", "output_register"},
        {"centers", "output_center_offset_correct"},
    };
    for (int i = 0; i < WEFT_LENGTH(OF); i++) {
        if (strcmp(part, OF[i][0]) == 0) {
            return strcmp(component, OF[i][1]) == 0;
        }
    }
    return strcmp(part, component) == 0;
}

static void sum_component(const weft_cost *cost, const char *component, double *energy,
                          double *area) {
    int n = 0;
    *energy = *area = 0;
    for (int p = 0; p < cost->n_parts; p++) {
        if (belongs(cost->parts[p].token, component)) {
            *energy += cost->energy_by[p];
            *area += cost->area_by[p];
            n++;
        }
    }
    if (n == 0) {
        fail_msg("no part for '%s'", component);
    }
}

/* Errors of runs or components that are held to one bound. */
typedef struct group {
    char name[96];
    int n;
    double error[MAX_RUNS];
} group;

typedef struct groups {
    int n;
    group *all;
} groups;

static void add_error(groups *g, const char *macro, const char *what, double error) {
    char name[sizeof g->all[0].name];
    snprintf(name, sizeof name, "%s %s", macro, what);
    int i = 0;
    while (i < g->n && strcmp(g->all[i].name, name) != 0) {
        i++;
    }
    assert_true(i < MAX_GROUPS);
    if (i == g->n) {
        g->n++;
        snprintf(g->all[i].name, sizeof g->all[i].name, "%s", name);
    }
    assert_true(g->all[i].n < MAX_RUNS);
    g->all[i].error[g->all[i].n++] = error;
}

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a;
    double y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static void check_groups(groups *g, double median, double worst) {
    for (int i = 0; i < g->n; i++) {
        group *of = &g->all[i];
        qsort(of->error, (size_t)of->n, sizeof of->error[0], ascending);
        double middle = of->error[of->n / 2];
        double last = of->error[of->n - 1];
        bool router = strstr(of->name, " router") != NULL;
        print_message("  %-50s %3d  median %.4f %%  worst %.4f %%\n", of->name, of->n, middle * 100,
                      last * 100);
        if ((of->n >= FEW && !(middle <= median)) || !(last <= (router ? ROUTER_WORST : worst))) {
            fail_msg("%s: median error %.3g, worst %.3g", of->name, middle, last);
        }
    }
}

typedef struct comparison {
    groups runs, components;
} comparison;

static void compare_components(const sheet *components, const char *run, const char *macro,
                               const weft_cost *cost, int *from, comparison *c) {
    for (int r = *from; r <= components->n_rows; r++) {
        if (strcmp(sheet_text(components, r, "run_id"), run) != 0) {
            continue;
        }
        *from = r;
        const char *component = sheet_text(components, r, "component");
        double energy, area;
        sum_component(cost, component, &energy, &area);
        double theirs = sheet_real(components, r, "energy_from_counts_J");
        if (strcmp(component, "column_drivers") == 0) {
            assert_true(theirs < 1e-9 * cost->total.energy_j); /* leakage that is not there */
            assert_true(energy == 0);
        } else {
            add_error(&c->components, macro, component, off_by(energy, theirs));
        }
        double their_area = sheet_real(components, r, "area_um2_per_instance") *
                            sheet_real(components, r, "instances_total") * 1e-6;
        bool by_layer = strcmp(component, "input_buffer") ==
                        0; /* RAELLA: wider for signed inputs */
        if (off_by(area, their_area) > (by_layer ? 0.05 : AREA_WORST)) {
            fail_msg("%s: area of %s is %.6g mm2, there %.6g", run, component, area, their_area);
        }
    }
}

static void compare(const sheet *runs, const sheet *components, const sheet *layers) {
    comparison c = {{0, calloc(MAX_GROUPS, sizeof(group))}, {0, calloc(MAX_GROUPS, sizeof(group))}};
    assert_non_null(c.runs.all);
    assert_non_null(c.components.all);
    int from = 1;
    for (int r = 1; r <= runs->n_rows; r++) {
        const char *macro = sheet_text(runs, r, "macro");
        const char *run = sheet_text(runs, r, "run_id");
        if (macro_of(macro) == NULL) {
            continue;
        }
        weft_cost *cost = cost_of_run(runs, r, layers);
        double theirs = sheet_real(runs, r, "energy_from_counts_J");
        add_error(&c.runs, macro, sheet_text(runs, r, "variation"),
                  off_by(cost->total.energy_j, theirs));
        double area = sheet_real(runs, r, "area_all_instances_mm2");
        if (cost->layers[0].cycles != sheet_real(runs, r, "cycles") ||
            off_by(cost->total.area_mm2, area) > AREA_WORST) {
            fail_msg("%s: %.0f cycles and %.7g mm2, there %s and %.7g", run, cost->layers[0].cycles,
                     cost->total.area_mm2, sheet_text(runs, r, "cycles"), area);
        }
        compare_components(components, run, macro, cost, &from, &c);
        weft_cost_destroy(cost);
    }
    check_groups(&c.runs, RUN_MEDIAN, RUN_WORST);
    check_groups(&c.components, COMPONENT_MEDIAN, COMPONENT_WORST);
    free(c.runs.all);
    free(c.components.all);
}

static void test_kept(void **state) {
    (void)state;
    sheet runs = sheet_keep(RUNS);
    sheet components = sheet_keep(COMPONENTS);
    sheet layers = sheet_keep(LAYERS);
    compare(&runs, &components, &layers);
    sheet_free(&runs);
    sheet_free(&components);
    sheet_free(&layers);
}

static void test_all(void **state) {
    (void)state;
    sheet runs, components, layers;
    if (!sheet_read(GOLDEN "runs.csv", &runs)) {
        print_message("skipped: " GOLDEN " is not here\n");
        skip();
    }
    assert_true(sheet_read(GOLDEN "run_components.csv", &components));
    assert_true(sheet_read(GOLDEN "workloads.csv", &layers));
    compare(&runs, &components, &layers);
    sheet_free(&runs);
    sheet_free(&components);
    sheet_free(&layers);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kept),
        cmocka_unit_test(test_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
