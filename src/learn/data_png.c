/* SPDX-License-Identifier: Apache-2.0
 * Pictures: PNG through libpng's simplified interface, and scaling by area. */
#include "learn/data.h"

#include <png.h>
#include <stdlib.h>
#include <string.h>

static weft_status fail_png(png_image *image, weft_error *error) {
    char message[sizeof image->message];
    memcpy(message, image->message, sizeof message);
    message[sizeof message - 1] = '\0';
    png_image_free(image);
    return weft_fail(error, WEFT_ERROR_INPUT, "not a readable PNG: %s", message);
}

static bool has_colour(const png_image *image) {
    return (image->format & PNG_FORMAT_FLAG_COLOR) != 0;
}

static weft_status check_side(const png_image *image, weft_error *error) {
    if (image->width > WEFT_DATA_MAX_SIDE || image->height > WEFT_DATA_MAX_SIDE) {
        return weft_fail(error, WEFT_ERROR_INPUT, "a picture of %u x %u, expected at most %d x %d",
                         image->width, image->height, WEFT_DATA_MAX_SIDE, WEFT_DATA_MAX_SIDE);
    }
    return WEFT_OK;
}

weft_status weft_png_survey(const char *path, weft_shape *shape, weft_error *error) {
    png_image image = {.version = PNG_IMAGE_VERSION};
    weft_status status = WEFT_OK;
    if (png_image_begin_read_from_file(&image, path) == 0) {
        status = fail_png(&image, error);
    } else {
        status = check_side(&image, error);
    }
    if (status != WEFT_OK) {
        weft_error_file(error, path);
        png_image_free(&image);
        return status;
    }
    *shape = (weft_shape){has_colour(&image) ? 3 : 1, (int32_t)image.height, (int32_t)image.width};
    png_image_free(&image);
    return WEFT_OK;
}

weft_status weft_png_decode(const uint8_t *bytes, size_t size, int channels, weft_picture *picture,
                            weft_error *error) {
    png_image image = {.version = PNG_IMAGE_VERSION};
    if (png_image_begin_read_from_memory(&image, bytes, size) == 0) {
        return fail_png(&image, error);
    }
    weft_status status = check_side(&image, error);
    if (status == WEFT_OK && channels == 1 && has_colour(&image)) {
        status = weft_fail(error, WEFT_ERROR_INPUT,
                           "a picture in colour, expected grey as in the rest of the set");
        weft_hint(error, "convert it to grey, or add the set again with --replace");
    }
    if (status != WEFT_OK) {
        png_image_free(&image);
        return status;
    }
    image.format = channels == 3 ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY;
    size_t room = (size_t)PNG_IMAGE_SIZE(image);
    uint8_t *pixels = malloc(room);
    if (pixels == NULL) {
        png_image_free(&image);
        return weft_fail_memory(error, room);
    }
    const png_color black = {0, 0, 0};
    if (png_image_finish_read(&image, &black, pixels, 0, NULL) == 0) {
        free(pixels);
        return fail_png(&image, error);
    }
    picture->shape = (weft_shape){channels, (int32_t)image.height, (int32_t)image.width};
    picture->pixels = pixels;
    return WEFT_OK;
}

/* How much of source pixel s lies under destination pixel d, with `from` source and `to`
 * destination pixels on a line: both measured in units of 1/to source pixel, so that all is whole.
 */
static int64_t overlap(int64_t s, int64_t d, int64_t from, int64_t to) {
    int64_t begin = s * to > d * from ? s * to : d * from;
    int64_t end = (s + 1) * to < (d + 1) * from ? (s + 1) * to : (d + 1) * from;
    return end > begin ? end - begin : 0;
}

static uint8_t area_mean(const weft_picture *picture, weft_shape shape, int c, int y, int x) {
    const int64_t height = picture->shape.height;
    const int64_t width = picture->shape.width;
    const int64_t y_end = ((y + 1) * height + shape.height - 1) / shape.height;
    const int64_t x_end = ((x + 1) * width + shape.width - 1) / shape.width;
    int64_t sum = 0;
    for (int64_t sy = y * height / shape.height; sy < y_end; sy++) {
        int64_t line = 0;
        for (int64_t sx = x * width / shape.width; sx < x_end; sx++) {
            int64_t pixel = picture->pixels[(sy * width + sx) * picture->shape.channels + c];
            line += pixel * overlap(sx, x, width, shape.width);
        }
        sum += line * overlap(sy, y, height, shape.height);
    }
    int64_t area = height * width;
    return (uint8_t)((sum + area / 2) / area);
}

void weft_picture_store(const weft_picture *picture, weft_shape shape, uint8_t *planar) {
    for (int c = 0; c < shape.channels; c++) {
        for (int y = 0; y < shape.height; y++) {
            for (int x = 0; x < shape.width; x++) {
                *planar++ = area_mean(picture, shape, c, y, x);
            }
        }
    }
}
