#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Images cut off, changed, or written to confuse: a sentence that names the item, never a crash,
and the other layers and images are reported all the same."""
import json
import os
import random
import sys
import tarfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "harness"))
import seawall  # noqa: E402
from hostile import images, layer, main, names, notes, put, reports  # noqa: E402

# By hand: how many times more.
MORE = int(os.environ.get("SEAWALL_MORE", "1"))
PACKAGES = [f"p{i}" for i in range(3)]


def scan(target, **options):
    """(exit status, reports, error text) of a scan that may end in any way but a crash."""
    done = seawall.run("scan", "-q", "--no-cache", "-f", "json", target, status=(0, 3, 4), timeout=60,
                       **options)
    assert b"Sanitizer" not in done.stderr and b"scanner: killed" not in done.stderr, done.stderr
    found = reports(done) if done.returncode != 3 else []
    for report in found:
        for note in notes(report):
            assert "killed by signal" not in note["message"], note
    if done.returncode == 3:
        assert not done.stdout and os.fsencode(str(target)) in done.stderr, done
    return done.returncode, found, done.stderr.decode()


def layers(where):
    return [layer(os.path.join(where, f"{i}.tar"), (name, "1"),
                  members=[("fill", os.urandom(3000), {})]) for i, name in enumerate(PACKAGES)]


def archives_cut_anywhere_tell_so(folder):
    whole = images(folder, layers(folder))
    layout = os.path.join(folder, "layout")
    seawall.oci_layout(layout, layers(folder))
    oci = os.path.join(folder, "oci.tar")
    seawall.tar_of(layout, oci)
    rng = random.Random(os.environ.get("SEAWALL_SEED", "11"))
    cut = os.path.join(folder, "cut")
    sources = [whole, oci]
    for kind in ("gzip", "zstd", "xz", "bzip2"):
        sources.append(f"{whole}.{kind}")
        seawall.compress(whole, sources[-1], kind)
    for source in sources:
        with open(source, "rb") as file:
            data = file.read()
        for n in [0, 1, 10, 511, 512, len(data) - 1] + [rng.randrange(len(data)) for _ in range(4 * MORE)]:
            with open(cut, "wb") as file:
                file.write(data[:n])
            code, found, error = scan(cut)
            # Whatever was lost: either said, or nothing was lost (padding at the end).
            seen = sorted(n for r in found for n in names(r))
            assert code == 3 or code == 4 or seen == PACKAGES or source == oci, (source, n, error)


def bytes_changed_anywhere_harm_nobody(folder):
    whole = images(folder, layers(folder))
    rng = random.Random(os.environ.get("SEAWALL_SEED", "12"))
    changed = os.path.join(folder, "changed")
    for source, kind in ((whole, None), (whole + ".gz", "gzip"), (whole + ".zst", "zstd")):
        if kind:
            seawall.compress(whole, source, kind)
        with open(source, "rb") as file:
            data = bytearray(file.read())
        for _ in range(8 * MORE):
            copy = bytearray(data)
            for _ in range(rng.choice((1, 3, 50))):
                copy[rng.randrange(len(copy))] = rng.choice((0, 0xff, 0x80, rng.randrange(256)))
            with open(changed, "wb") as file:
                file.write(copy)
            scan(changed)


BAD = [b"", b"{", b"[", b"null", b"7", b'"x"', b"[[[[", b"{}", b"[]", b"\xff\xfe", b"[" * 200000,
       b'{"a":' * 100000, b"1" * (4 << 20), b'{"x": ' + b"9" * 100000 + b"}", b'{"a": "\\ud800"}',
       b'{"layers": null, "rootfs": 1, "history": {}, "config": [], "os": {}, "manifests": 3}',
       b'{"rootfs": {"diff_ids": [1, null]}, "history": [null, 3]}', b'{"layers": [{}, {"digest": 1}]}',
       b'{"schemaVersion": 2, "layers": [{"digest": "sha256:../../../etc/passwd", "size": -1}]}',
       b'{"manifests": [{"digest": "nocolon"}, {"digest": ":"}, {"digest": "sha256:"}]}',
       b'{"manifests": [{"size": 1e999, "digest": "sha256:' + b"a" * 64 + b'"}]}']


def bad_json_stands_for_itself_only(folder):
    tar = layers(folder)[0]
    path = os.path.join(folder, "bad.tar")
    good = {"architecture": "amd64", "os": "linux", "rootfs": {"diff_ids": ["sha256:" + seawall.sha256(tar)]}}
    for text in BAD:
        for place in ("manifest.json", "c.json", "index.json", "repositories", "both"):
            with tarfile.open(path, "w") as archive:
                archive.add(tar, "l.tar")
                if place in ("manifest.json", "index.json", "repositories"):
                    put(archive, place, text)
                else:
                    put(archive, "c.json", text)
                    put(archive, "g.json", json.dumps(good).encode())
                    entries = [{"Config": "c.json", "Layers": ["l.tar"]},
                               {"Config": "g.json", "Layers": ["l.tar"]}]
                    put(archive, "manifest.json",
                        json.dumps(entries[:1] if place == "c.json" else entries).encode())
            code, found, error = scan(path)
            if place == "c.json":
                assert [names(r) for r in found] == [["p0"]], (text[:40], error)
            elif place == "both":
                assert [names(r) for r in found] == [["p0"], ["p0"]], (text[:40], error)
            else:
                assert code == 3, (place, text[:40], code, found)


def bad_blobs_of_a_layout_are_named(folder):
    layout = os.path.join(folder, "layout")
    seawall.oci_layout(layout, layers(folder))
    index = os.path.join(layout, "index.json")
    with open(index, encoding="ascii") as file:
        top = json.load(file)
    with open(index, "rb") as file:
        whole = file.read()
    digest = top["manifests"][0]["digest"][7:]
    for text in BAD:
        with open(index, "wb") as file:
            file.write(text)
        code, _, error = scan("oci:" + layout)
        assert code == 3 and error, (text[:40], code)
        with open(index, "wb") as file:
            file.write(whole)
        blob = os.path.join(layout, "blobs/sha256", digest)
        with open(blob, "rb") as file:
            kept = file.read()
        with open(blob, "wb") as file:
            file.write(text)
        code, _, error = scan(layout)
        assert code in (3, 4), (text[:40], code)
        with open(blob, "wb") as file:
            file.write(kept)
    # A link in the place of a blob leads nowhere.
    manifest = json.loads(kept)
    blob = os.path.join(layout, "blobs/sha256", manifest["layers"][1]["digest"][7:])
    os.unlink(blob)
    os.symlink("/etc/passwd", blob)
    code, found, _ = scan(layout)
    assert code == 4 and any("layer 2" in n["message"] for n in notes(found[0], "unreadable"))
    assert names(found[0]) == ["p2"]


def one_bad_image_leaves_the_others(folder):
    tars = layers(folder)
    with open(tars[1], "rb") as file:
        data = file.read()
    for i, text in enumerate((b"", b"\x1f\x8b" + os.urandom(400), b"BZh9" + os.urandom(300), data[:700],
                              b"\x28\xb5\x2f\xfd" + os.urandom(300), b"\xfd7zXZ\x00" + os.urandom(300),
                              os.urandom(5000), data[:512] + os.urandom(512) + data[1024:])):
        bad = os.path.join(folder, "bad")
        with open(bad, "wb") as file:
            file.write(text)
        code, found, error = scan(images(folder, [tars[0], bad, tars[2]]))
        assert len(found) == 3 and names(found[0]) == ["p0"] and names(found[2]) == ["p2"], (i, error)
        assert code == 4 or not text, (i, code, found[1]["notes"])


def members_that_lie_about_their_size_are_told(folder):
    tar = layers(folder)[0]
    with open(tar, "rb") as file:
        data = file.read()
    for size in (b"77777777777\0", b"\x80" + b"\xff" * 11, b"\xff" * 12, b"\x80\0\0\0\x7f" + b"\xff" * 7,
                 b"00000000000\0", b"-1\0\0\0\0\0\0\0\0\0\0", b"xxxxxxxxxxxx"):
        header = bytearray(data[:512])
        header[124:136] = size
        header[148:156] = b" " * 8
        header[148:156] = b"%06o\0 " % sum(header)
        bad = os.path.join(folder, "bad")
        with open(bad, "wb") as file:
            file.write(bytes(header) + data[512:])
        code, found, error = scan(images(folder, [bad, tar]))
        assert len(found) == 2 and names(found[1]) == ["p0"], (size, code, error)


def a_layer_of_whiteouts_does_not_cost_the_others(folder):
    tars = layers(folder)
    bomb = os.path.join(folder, "bomb.tar")
    with open(bomb, "wb") as file:
        for i in range(100000):
            file.write(tarfile.TarInfo(f"a/.wh.{i:0200d}"[:96] + f"{i}").tobuf(tarfile.GNU_FORMAT))
        file.write(bytes(1024))
    done = seawall.run("scan", "-q", "--no-cache", "-f", "json", "--memory-limit", "64M",
                       images(folder, [tars[0], bomb, tars[2]]), status=(4,))
    found = reports(done)
    assert [names(r) for r in found] == [["p0"], [], ["p2"]], found
    assert any("were dropped" in n["message"] for n in notes(found[1], "limit")), found[1]["notes"]


if __name__ == "__main__":
    main(globals())
