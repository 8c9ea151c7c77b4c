# SPDX-License-Identifier: Apache-2.0
"""Writes Packages.db files in rpm's NDB form, from the format alone; shares no code with the
scanner. With holes, it looks as after packages were removed."""
import struct
import zlib

PAGE, BLOCK, SLOT = 4096, 16, 16


def make_blob(number, generation, data):
    head = struct.pack("<4sIII", b"BlbS", number, generation, len(data))
    body = head + data
    body += b"\0" * (-(len(body) + 12) % BLOCK)
    return body + struct.pack("<II4s", zlib.adler32(body), len(data), b"BlbE")


def write(blobs, holes=()):
    """The bytes of a database with the blobs numbered from 1; numbers in holes were removed."""
    n_slots = len(blobs) + 2
    n_pages = -(-n_slots * SLOT // PAGE)
    slots, area = [], b""
    at = n_pages * PAGE // BLOCK
    for number, data in enumerate(blobs, 1):
        blob = make_blob(number, number, data)
        if number in holes:
            slots.append(struct.pack("<4sIII", b"Slot", 0, 0, 0))
            blob = b"\0" * len(blob)
        else:
            slots.append(struct.pack("<4sIII", b"Slot", number, at, len(blob) // BLOCK))
        at += len(blob) // BLOCK
        area += blob
    empty = struct.pack("<4sIII", b"Slot", 0, 0, 0)
    slots += [empty] * (n_pages * PAGE // SLOT - n_slots)
    header = struct.pack("<4sIIII12x", b"RpmP", 0, len(blobs) + 1, n_pages, len(blobs) + 1)
    return header + b"".join(slots) + area
