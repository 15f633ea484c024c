#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Makes CIFAR-10 binary files of a copy of CIFAR-10 that is kept as JPEG.

usage: cifar_jpeg_to_bin.py FOLDER OUT

FOLDER holds cifar10_jpeg_all.tar.xz (train/00000.jpg .. train/49999.jpg, test/00000.jpg ..
test/09999.jpg, in the order of the official files) and the labels train-labels-idx1-ubyte and
test-labels-idx1-ubyte. OUT gets cifar10-jpeg-train.bin and cifar10-jpeg-test.bin: records of one
label byte and 3072 bytes of planar RGB. JPEG loses detail: this is NOT the official CIFAR-10, and
accuracies on it are a few per cent lower.

Needs Debian's python3-pil and python3-numpy.
"""
import hashlib
import os
import struct
import sys
import tarfile

import numpy
from PIL import Image

ARCHIVE = "cifar10_jpeg_all.tar.xz"
SETS = {"train": 50000, "test": 10000}
PIXELS = 3 * 32 * 32


def fail(message):
    sys.exit("cifar_jpeg_to_bin.py: error: " + message)


def read_labels(path, count):
    """The labels of an IDX file of exactly `count` labels 0 .. 9."""
    with open(path, "rb") as file:
        content = file.read()
    if len(content) != 8 + count or struct.unpack(">II", content[:8]) != (0x801, count):
        fail(f"{path}: not an IDX file of {count} labels")
    labels = numpy.frombuffer(content, numpy.uint8)[8:]
    if labels.max() > 9:
        fail(f"{path}: label {labels.max()}, expected 0 .. 9")
    return labels


def read_images(archive, records):
    """Fills the pixels of the records from the archive; returns how many images of each set."""
    found = dict.fromkeys(SETS, 0)
    with tarfile.open(archive, "r|xz") as tar:
        for member in tar:
            part, _, name = member.name.removeprefix("./").partition("/")
            number = name.removesuffix(".jpg")
            if part not in SETS or not number.isdigit() or not member.isfile():
                continue
            if int(number) >= SETS[part]:
                fail(f"{archive}: {member.name}: expected at most {SETS[part]} images")
            with Image.open(tar.extractfile(member)) as image:
                pixels = numpy.asarray(image.convert("RGB"))
            if pixels.shape != (32, 32, 3):
                fail(f"{archive}: {member.name} is not 32 x 32")
            records[part][int(number), 1:] = pixels.transpose(2, 0, 1).reshape(PIXELS)
            found[part] += 1
    return found


def write(path, records):
    """Writes the file whole or not at all."""
    draft = path + ".tmp"
    with open(draft, "wb") as file:
        file.write(records.tobytes())
        file.flush()
        os.fsync(file.fileno())
    os.replace(draft, path)
    print(f"{path}: {len(records)} images, SHA-256 {hashlib.sha256(records.tobytes()).hexdigest()}")


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    folder, out = sys.argv[1:]
    records = {}
    for part, count in SETS.items():
        records[part] = numpy.zeros((count, 1 + PIXELS), numpy.uint8)
        path = os.path.join(folder, part + "-labels-idx1-ubyte")
        records[part][:, 0] = read_labels(path, count)
    archive = os.path.join(folder, ARCHIVE)
    found = read_images(archive, records)
    if found != SETS:
        fail(f"{archive}: {found} images, expected {SETS}")
    os.makedirs(out, exist_ok=True)
    for part in SETS:
        write(os.path.join(out, f"cifar10-jpeg-{part}.bin"), records[part])


try:
    main()
except (OSError, EOFError, tarfile.TarError) as error:
    fail(str(error))
