# SPDX-License-Identifier: Apache-2.0
"""Makes and reads rpm header blobs, from the format alone; shares no code with the scanner."""
import struct

NAME, VERSION, RELEASE, EPOCH, SUMMARY = 1000, 1001, 1002, 1003, 1004
DESCRIPTION, BUILDTIME, SIZE, VENDOR, LICENSE = 1005, 1006, 1009, 1011, 1014
PACKAGER, GROUP, OS, ARCH, SOURCERPM = 1015, 1016, 1021, 1022, 1044
DIRINDEXES, BASENAMES, DIRNAMES, MODULARITYLABEL = 1116, 1117, 1118, 5096
IMMUTABLE = 63
INT32, STRING, BINARY, STRING_ARRAY, I18NSTRING = 4, 6, 7, 8, 9


def encode(tags):
    """A blob of [(tag, type, value)]: text for strings, numbers for INT32, lists for arrays."""
    index, store = [], b""
    for tag, kind, value in sorted(tags, key=lambda t: t[0]):
        values = value if isinstance(value, list) else [value]
        if kind == INT32:
            store += b"\0" * (-len(store) % 4)
            data = b"".join(struct.pack(">I", v) for v in values)
        else:
            data = b"".join(to_bytes(v) + b"\0" for v in values)
        index.append((tag, kind, len(store), len(values)))
        store += data
    blob = struct.pack(">II", len(index), len(store))
    return blob + b"".join(struct.pack(">IIII", *e) for e in index) + store


def to_bytes(value):
    return value if isinstance(value, bytes) else value.encode()


def decode(blob):
    """[(tag, type, value)] of a blob; the region tag is left out, later entries replace earlier."""
    n_index, n_store = struct.unpack_from(">II", blob)
    store = blob[8 + 16 * n_index:8 + 16 * n_index + n_store]
    found = {}
    for i in range(n_index):
        tag, kind, offset, count = struct.unpack_from(">IIii", blob, 8 + 16 * i)
        if kind in (STRING, STRING_ARRAY, I18NSTRING):
            values = store[offset:].split(b"\0", count)[:count]
            value = values[0] if kind == STRING else values
        elif kind == INT32:
            value = list(struct.unpack_from(">%dI" % count, store, offset))
        else:
            continue
        found[tag] = (tag, kind, value)
    return list(found.values())


def package(name, version, release, arch="x86_64", epoch=None, source=None, vendor=None,
            packager=None, licence="MIT", module=None, n_files=0):
    """The blob of a package with what the scanner reads, and as many files as asked for."""
    tags = [(NAME, STRING, name), (VERSION, STRING, version), (RELEASE, STRING, release),
            (SUMMARY, I18NSTRING, ["a package"]), (DESCRIPTION, I18NSTRING, ["made by a test"]),
            (BUILDTIME, INT32, 1), (SIZE, INT32, 1), (LICENSE, STRING, licence),
            (GROUP, I18NSTRING, ["Unspecified"]), (OS, STRING, "linux"), (ARCH, STRING, arch)]
    optional = [(VENDOR, vendor), (PACKAGER, packager), (SOURCERPM, source),
                (MODULARITYLABEL, module)]
    tags += [(tag, STRING, value) for tag, value in optional if value is not None]
    if epoch is not None:
        tags.append((EPOCH, INT32, epoch))
    if n_files > 0:
        names = ["file-%s-%06d" % (name, i) for i in range(n_files)]
        tags += [(DIRNAMES, STRING_ARRAY, ["/usr/share/%s/" % name]),
                 (BASENAMES, STRING_ARRAY, names), (DIRINDEXES, INT32, [0] * n_files)]
    return encode(tags)


def with_name(blob, name):
    """The same package under another name, without the digests and signatures (tags below 1000)
    that were made of the old one."""
    return encode([(t, k, to_bytes(name) if t == NAME else v) for t, k, v in decode(blob)
                   if t >= NAME])
