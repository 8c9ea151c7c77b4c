# SPDX-License-Identifier: Apache-2.0
"""Makes Berkeley DB hash files as old rpm did, by the library's own loader (db5.3_load)."""
import struct
import subprocess


def write(path, blobs, is_big_endian=False, page_bytes=4096, extra=()):
    """Stores the blobs under the numbers from 1, and rpm's next number under 0."""
    order = ">I" if is_big_endian else "<I"
    settings = ["db_lorder=%d" % (4321 if is_big_endian else 1234), "db_pagesize=%d" % page_bytes]
    command = ["db5.3_load", "-t", "hash"]
    for setting in settings + list(extra):
        command += ["-c", setting]
    lines = ["VERSION=3", "format=bytevalue", "type=hash", "HEADER=END"]
    records = [(0, struct.pack(order, len(blobs)))] + list(enumerate(blobs, 1))
    for number, data in records:
        lines += [" " + struct.pack(order, number).hex(), " " + data.hex()]
    lines += ["DATA=END", ""]
    subprocess.run(command + [path], input="\n".join(lines).encode(), check=True,
                   stdout=subprocess.PIPE)
