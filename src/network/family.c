/* SPDX-License-Identifier: Apache-2.0
 *
 * The table of the families that have a name. */
#include "network/family.h"

#include <math.h>

#include "network/cells.h"

#define CNN_OPTIONS     "input,classes,width"
#define ELASTIC_OPTIONS "input,classes,width,depth,kernel,expansion"
#define CELLS_OPTIONS   "input,classes,depth,channels,skips"
#define SMALL_OPTIONS   ELASTIC_OPTIONS ",channels,squeeze,drop_path"

static const char resnet_source[] =
    "He et al., Deep residual learning for image recognition, CVPR 2016, arXiv 1512.03385";
static const char vgg_source[] = "Simonyan and Zisserman, Very deep convolutional networks for "
                                 "large-scale image recognition, ICLR 2015, arXiv 1409.1556";
static const char densenet_source[] =
    "Huang et al., Densely connected convolutional networks, CVPR 2017, arXiv 1608.06993";
static const char v3_source[] = "Howard et al., Searching for MobileNetV3, ICCV 2019, "
                                "arXiv 1905.02244";
static const char v1_source[] = "Howard et al., MobileNets, arXiv 1704.04861";
static const char vit_source[] =
    "Dosovitskiy et al., An image is worth 16x16 words, ICLR 2021, arXiv 2010.11929";
static const char gpt2_source[] =
    "Radford et al., Language models are unsupervised multitask learners, 2019";
static const char proxyless_source[] =
    "Wang et al., APQ, CVPR 2020, arXiv 2006.08509; Cai et al., ProxylessNAS, arXiv 1812.00332";
static const char ofa_source[] = "Cai et al., Once-for-All, ICLR 2020, arXiv 1908.09791";
static const char small_source[] = "Sandler et al., MobileNetV2, CVPR 2018, arXiv 1801.04381, with "
                                   "strides for small images and a narrower head";
static const char hybrid_source[] = "small-mobilenetv2, with the encoder blocks of Dosovitskiy et "
                                    "al., ICLR 2021, arXiv 2010.11929, as NASViT mixes them (Gong "
                                    "et al., ICLR 2022)";
static const char nasbench201_source[] =
    "Dong and Yang, NAS-Bench-201, ICLR 2020, arXiv 2001.00326";
static const char macro_source[] =
    "Su et al., Prioritized architecture sampling with Monte-Carlo tree search (NAS-Bench-Macro), "
    "CVPR 2021, arXiv 2103.11922";
static const char cells_source[] =
    "Li et al., FLASH, ACM TECS 20(5s), 2021, arXiv 2108.00568; Bhardwaj et al., CVPR 2021, arXiv "
    "1910.00780";
static const char tiny_source[] = "MLPerf Tiny, Banbury et al., arXiv 2106.07597";
static const char imc_source[] = "Amin, Mohammadi and Zand, Multi-objective neural architecture "
                                 "search for in-memory computing, ISVLSI 2024, arXiv 2406.06746";

#define IMAGENET {3, 224, 224}, 1000, 1.0
#define CIFAR    {3, 32, 32}, 10, 1.0

/* clang-format off */
const weft_family_row weft_family_rows[] = {
    {{"imc", "chains of VGG (V), MVGG (M) and residual (R) blocks: imc:R32,V64", imc_source,
      "input,classes,pool,hidden,dropout"}, NULL, 0, CIFAR},
    {{"resnet18", "ResNet-18, ImageNet", resnet_source, CNN_OPTIONS}, weft_build_resnet, 18, IMAGENET},
    {{"resnet34", "ResNet-34, ImageNet", resnet_source, CNN_OPTIONS}, weft_build_resnet, 34, IMAGENET},
    {{"resnet50", "ResNet-50, ImageNet", resnet_source, CNN_OPTIONS}, weft_build_resnet, 50, IMAGENET},
    {{"resnet101", "ResNet-101, ImageNet", resnet_source, CNN_OPTIONS}, weft_build_resnet, 101, IMAGENET},
    {{"resnet152", "ResNet-152, ImageNet", resnet_source, CNN_OPTIONS}, weft_build_resnet, 152, IMAGENET},
    {{"resnet20", "ResNet-20, CIFAR-10", resnet_source, CNN_OPTIONS}, weft_build_resnet_cifar, 20, CIFAR},
    {{"resnet32", "ResNet-32, CIFAR-10", resnet_source, CNN_OPTIONS}, weft_build_resnet_cifar, 32, CIFAR},
    {{"resnet44", "ResNet-44, CIFAR-10", resnet_source, CNN_OPTIONS}, weft_build_resnet_cifar, 44, CIFAR},
    {{"resnet56", "ResNet-56, CIFAR-10", resnet_source, CNN_OPTIONS}, weft_build_resnet_cifar, 56, CIFAR},
    {{"vgg8", "VGG-8 of DNN+NeuroSim, CIFAR-10",
      "Peng et al., DNN+NeuroSim, IEDM 2019; DNN_NeuroSim_V1.3, NetWork_VGG8.csv", CNN_OPTIONS},
     weft_build_vgg8, 0, CIFAR},
    {{"vgg11", "VGG-11, ImageNet", vgg_source, CNN_OPTIONS}, weft_build_vgg, 11, IMAGENET},
    {{"vgg13", "VGG-13, ImageNet", vgg_source, CNN_OPTIONS}, weft_build_vgg, 13, IMAGENET},
    {{"vgg16", "VGG-16, ImageNet", vgg_source, CNN_OPTIONS}, weft_build_vgg, 16, IMAGENET},
    {{"vgg19", "VGG-19, ImageNet", vgg_source, CNN_OPTIONS}, weft_build_vgg, 19, IMAGENET},
    {{"alexnet", "AlexNet (one tower), ImageNet",
      "Krizhevsky, One weird trick for parallelizing convolutional neural networks, arXiv 1404.5997",
      CNN_OPTIONS}, weft_build_alexnet, 0, IMAGENET},
    {{"lenet5", "LeNet-5, digits of 32 x 32",
      "LeCun et al., Gradient-based learning applied to document recognition, Proc. IEEE 86, 1998",
      "input,classes"}, weft_build_lenet, 0, {1, 32, 32}, 10, 1.0},
    {{"densenet121", "DenseNet-121, ImageNet", densenet_source, "input,classes"}, weft_build_densenet, 121, IMAGENET},
    {{"densenet169", "DenseNet-169, ImageNet", densenet_source, "input,classes"}, weft_build_densenet, 169, IMAGENET},
    {{"densenet201", "DenseNet-201, ImageNet", densenet_source, "input,classes"}, weft_build_densenet, 201, IMAGENET},
    {{"mobilenetv1", "MobileNet, ImageNet", v1_source, CNN_OPTIONS}, weft_build_mobilenet_v1, 0, IMAGENET},
    {{"mobilenetv1-0.25-96", "MobileNet at a quarter of its width, visual wake words of MLPerf Tiny",
      tiny_source, CNN_OPTIONS}, weft_build_mobilenet_v1, 1, {3, 96, 96}, 2, 0.25},
    {{"mobilenetv2", "MobileNetV2, ImageNet",
      "Sandler et al., MobileNetV2, CVPR 2018, arXiv 1801.04381", CNN_OPTIONS},
     weft_build_mobilenet_v2, 0, IMAGENET},
    {{"mobilenetv3-large", "MobileNetV3-Large, ImageNet", v3_source, CNN_OPTIONS}, weft_build_mobilenet_v3, 1, IMAGENET},
    {{"mobilenetv3-small", "MobileNetV3-Small, ImageNet", v3_source, CNN_OPTIONS}, weft_build_mobilenet_v3, 0, IMAGENET},
    {{"proxyless", "supernet of CIMNAS and APQ, full depth, kernel 3, expansion 6, ImageNet",
      proxyless_source, ELASTIC_OPTIONS}, weft_build_elastic, 0, IMAGENET},
    {{"ofa-mobilenetv3", "Once-for-All supernet, full depth, kernel 3, expansion 6, ImageNet",
      ofa_source, ELASTIC_OPTIONS}, weft_build_elastic, 1, IMAGENET},
    {{"small-mobilenetv2", "supernet for small images, full depth, kernel 3, expansion 6, CIFAR-10",
      small_source, SMALL_OPTIONS}, weft_build_elastic, 2, CIFAR},
    {{"small-hybrid", "the same with transformer blocks where maps are small, CIFAR-10",
      hybrid_source, SMALL_OPTIONS ",attention,heads,mlp_ratio"}, weft_build_elastic, 3, CIFAR},
    {{"resnet8", "ResNet-8, image classification of MLPerf Tiny", tiny_source, CNN_OPTIONS}, weft_build_resnet8, 0, CIFAR},
    {{"ds-cnn", "DS-CNN, keyword spotting of MLPerf Tiny", tiny_source, CNN_OPTIONS},
     weft_build_ds_cnn, 0, {1, 49, 10}, 12, 1.0},
    {{"nasbench201", "NAS-Bench-201, the cell of six 3x3 convolutions unless named, CIFAR-10",
      nasbench201_source, CNN_OPTIONS ",depth,arch"}, weft_build_nasbench, 201, CIFAR},
    {{"nasbench-macro", "NAS-Bench-Macro, the largest of its networks unless named, CIFAR-10",
      macro_source, CNN_OPTIONS ",arch"}, weft_build_nasbench, 0, CIFAR},
    {{"cells-concat", "cells of DenseNet type: depth, channels and skips of each, CIFAR-10",
      cells_source, CELLS_OPTIONS}, weft_build_cells, WEFT_CELLS_CONCAT, CIFAR},
    {{"cells-add", "cells of ResNet type: blocks, channels and skips of each, CIFAR-10",
      cells_source, CELLS_OPTIONS}, weft_build_cells, WEFT_CELLS_ADD, CIFAR},
    {{"cells-inverted", "cells of MobileNetV2 type: blocks, channels and skips of each, CIFAR-10",
      cells_source, CELLS_OPTIONS ",expansion"}, weft_build_cells, WEFT_CELLS_INVERTED, CIFAR},
    {{"vit-b-16", "Vision transformer, base, patches of 16 x 16", vit_source, "input,classes"}, weft_build_vit, 16, IMAGENET},
    {{"vit-b-32", "Vision transformer, base, patches of 32 x 32", vit_source, "input,classes"}, weft_build_vit, 32, IMAGENET},
    {{"gpt2", "GPT-2 small, 256 tokens", gpt2_source, "tokens,head"}, weft_build_gpt2, 12, {1, 256, 1}, 0, 1.0},
    {{"gpt2-medium", "GPT-2 medium, 256 tokens", gpt2_source, "tokens,head"}, weft_build_gpt2, 24, {1, 256, 1}, 0, 1.0},
    {{"gpt2-large", "GPT-2 large, 256 tokens", gpt2_source, "tokens,head"}, weft_build_gpt2, 36, {1, 256, 1}, 0, 1.0},
    {{"mobilebert", "MobileBERT, 128 tokens",
      "Sun et al., MobileBERT, ACL 2020, arXiv 2004.02984", "tokens"},
     weft_build_mobilebert, 0, {1, 128, 1}, 0, 1.0},
};
/* clang-format on */

const size_t weft_n_family_rows = sizeof weft_family_rows / sizeof weft_family_rows[0];

const weft_network_family *weft_network_family_at(size_t i) {
    return i < weft_n_family_rows ? &weft_family_rows[i].family : NULL;
}

int32_t weft_scale(double width, int32_t channels) {
    int32_t scaled = (int32_t)round(width * channels);
    return scaled < 1 ? 1 : scaled;
}

int32_t weft_scale_by_8(double width, int32_t channels) {
    double wanted = width * channels;
    int32_t scaled = (int32_t)((wanted + 4.0) / 8.0) * 8;
    scaled = scaled < 8 ? 8 : scaled;
    return scaled < 0.9 * wanted ? scaled + 8 : scaled;
}
