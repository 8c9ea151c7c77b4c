#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Bad input: each ends in a clear message that names the item, and everything else is reported."""
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "harness"))
import fake_scanner  # noqa: E402
import hostile  # noqa: E402
import seawall  # noqa: E402
from engine import PRINT, SCANNER, need_engine, notes, packages, run, scan  # noqa: E402
from scan_sources_test import (BASE, OS_RELEASE, UPPER, WANTED, add, base_layers, file,  # noqa: E402
                               link, make_tar, status)


def image_of(folder, *members, kind="plain", name="image.tar"):
    layer = make_tar(os.path.join(folder, name + ".l"), *members)
    path = os.path.join(folder, name)
    seawall.docker_archive(path, [layer], kind)
    return path


def truncated_archives_say_so(folder):
    path = os.path.join(folder, "whole.tar")
    seawall.docker_archive(path, base_layers(folder), "gzip")
    with open(path, "rb") as f:
        whole = f.read()
    cut = os.path.join(folder, "cut.tar")
    for packed in (False, True):
        for n in sorted(random.Random(1).sample(range(1, len(whole) - 1024), 24)):
            with open(cut, "wb") as f:
                f.write(whole[:n])
            target = cut
            if packed:
                seawall.compress(cut, cut + ".gz", "gzip")
                target = cut + ".gz"
            reports, error = run(target)
            if reports:
                continue  # the cut was behind everything that matters
            # Padding that is missing within a compressed stream cannot be told from an end.
            words = ("archive", "cut short", "truncated") + (("no image",) if packed else ())
            assert any(word in error for word in words), (n, error)
    # A truncated stream of a compressed outer archive.
    seawall.compress(path, path + ".gz", "gzip")
    with open(path + ".gz", "rb") as f:
        whole = f.read()
    for n in (1, 5, 20, len(whole) // 2, len(whole) - 1):
        with open(cut, "wb") as f:
            f.write(whole[:n])
        reports, error = run(cut)
        assert reports or error.strip(), n


def a_truncated_layer_keeps_the_others(folder):
    layers = base_layers(folder)
    layout = os.path.join(folder, "cut-layer")
    seawall.oci_layout(layout, layers, "gzip")
    blobs = os.path.join(layout, "blobs", "sha256")
    index = json.load(open(os.path.join(layout, "index.json"), encoding="ascii"))
    manifest = json.load(open(os.path.join(blobs, index["manifests"][0]["digest"][7:]),
                              encoding="ascii"))
    upper = os.path.join(blobs, manifest["layers"][1]["digest"][7:])
    with open(upper, "r+b") as f:
        f.truncate(os.path.getsize(upper) // 2)
    report = scan(layout)
    assert [n for n in notes(report, "unreadable") if "layer 2" in n["message"]], report["notes"]
    assert packages(report) == [("bash", "5.2", 0), ("curl", "7.88.1-10", 0)]
    os.unlink(upper)
    report = scan(layout)
    assert [n for n in notes(report, "unreadable") if "layer 2" in n["message"]], report["notes"]
    assert len(report["packages"]) == 2


def wrong_digests_are_told_and_never_cached(folder):
    layers = base_layers(folder)
    layout = os.path.join(folder, "wrong")
    seawall.oci_layout(layout, layers, "gzip")
    blobs = os.path.join(layout, "blobs", "sha256")
    index = json.load(open(os.path.join(layout, "index.json"), encoding="ascii"))
    manifest = json.load(open(os.path.join(blobs, index["manifests"][0]["digest"][7:]),
                              encoding="ascii"))
    claimed = manifest["layers"][1]["digest"][7:]
    other = make_tar(os.path.join(folder, "other.tar"),
                     file("var/lib/dpkg/status", status(("evil", "1"))))
    seawall.compress(other, os.path.join(blobs, claimed), "gzip")
    cache = os.path.join(folder, "cache")
    for _ in range(2):
        report = scan(layout, cache=cache)
        text = [n["message"] for n in notes(report, "unreadable")]
        assert any("layer 2: digest mismatch" in t and claimed in t for t in text), text
        assert packages(report) == [("evil", "1", 1)], packages(report)
    assert claimed not in os.listdir(os.path.join(cache, "layers"))
    # In a docker archive the diff id is what is claimed.
    for kind in ("plain", "gzip"):
        path = os.path.join(folder, f"diff-{kind}.tar")
        seawall.docker_archive(path, layers, kind)
        changed = os.path.join(folder, "changed.tar")
        with tarfile.open(path) as old, tarfile.open(changed, "w") as new:
            for member in old:
                data = old.extractfile(member).read()
                if member.name.endswith(".json") and member.name != "manifest.json":
                    data = data.replace(seawall.sha256(layers[0]).encode(), b"0" * 64)
                add(new, member.name, data)
        for target in (changed, changed + ".gz"):
            if target.endswith(".gz"):
                seawall.compress(changed, target, "gzip")
            report = scan(target)
            text = [n["message"] for n in notes(report, "unreadable")]
            assert any("layer 1: digest mismatch" in t for t in text), (kind, target, text)
            assert len(report["packages"]) == 2


def zeros(path, n_bytes, kind):
    """A tar with one file of so many zeros, compressed on the way."""
    command = seawall.COMPRESS[kind]
    with open(path, "wb") as out:
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=out) as packer:
            info = tarfile.TarInfo("zeros")
            info.size = n_bytes
            packer.stdin.write(info.tobuf(tarfile.GNU_FORMAT))
            block = bytes(1 << 20)
            for _ in range(n_bytes >> 20):
                packer.stdin.write(block)
            with open(path + ".rest", "wb") as rest:
                with tarfile.open(fileobj=rest, mode="w") as archive:
                    for name, data, fields in BASE:
                        add(archive, name, data, **fields)
            with open(path + ".rest", "rb") as rest:
                shutil.copyfileobj(rest, packer.stdin)


def layout_of_blob(folder, blob, name):
    """An OCI layout around one layer blob that is there already."""
    layout = os.path.join(folder, name)
    seawall.oci_layout(layout, [make_tar(os.path.join(folder, "tiny.tar"), *BASE)])
    blobs = os.path.join(layout, "blobs", "sha256")
    index = json.load(open(os.path.join(layout, "index.json"), encoding="ascii"))
    digest = index["manifests"][0]["digest"][7:]
    manifest = json.load(open(os.path.join(blobs, digest), encoding="ascii"))
    manifest["layers"][0]["digest"] = "sha256:" + seawall.sha256(blob)
    shutil.copyfile(blob, os.path.join(blobs, seawall.sha256(blob)))
    text = json.dumps(manifest).encode()
    path = os.path.join(folder, "manifest")
    with open(path, "wb") as f:
        f.write(text)
    index["manifests"][0]["digest"] = "sha256:" + seawall.sha256(path)
    shutil.copyfile(path, os.path.join(blobs, seawall.sha256(path)))
    json.dump(index, open(os.path.join(layout, "index.json"), "w", encoding="ascii"))
    return layout


def bombs_of_zeros_end_in_small_memory(folder):
    gigabytes = int(os.environ.get("SEAWALL_BOMB_GIB", "10"))
    blob = os.path.join(folder, "bomb.zst")
    zeros(blob, gigabytes << 30, "zstd")
    report = scan(layout_of_blob(folder, blob, "bomb"), timeout=300)
    assert len(report["packages"]) == 2 and not notes(report), report["notes"]
    blob = os.path.join(folder, "bomb.gz")
    zeros(blob, 1 << 30, "gzip")
    report = scan(layout_of_blob(folder, blob, "bomb-gz"), timeout=300)
    assert len(report["packages"]) == 2 and not notes(report), report["notes"]


def nested_compression_is_not_followed(folder):
    layer = make_tar(os.path.join(folder, "nested.tar"), *BASE)
    for _ in range(5):
        subprocess.run(["gzip", "-f", layer], check=True)
        os.rename(layer + ".gz", layer)
    report = scan(layout_of_blob(folder, layer, "nested"))
    assert [n for n in notes(report, "unreadable") if "layer 1" in n["message"]], report["notes"]


def deep_trees_and_long_names_are_walked(folder):
    members = list(BASE)
    members.append(file("d/" * 1500 + "file.jar", b"x"))
    members.append(file("x" * 4000, b"x"))
    members.append(file("y/" * 4000 + "package.json", b"x"))
    report = scan(image_of(folder, *members))
    assert len(report["packages"]) == 2
    assert [n for n in notes(report, "limit") if "passed over" in n["message"]], report["notes"]


def names_of_any_bytes_are_reported(folder):
    names = [b"\xff\xfe.jar", b"esc\x1b[31m.jar", b"line\nbreak.jar", b"n" * 3000 + b".jar"]
    path = os.path.join(folder, "bytes.tar")
    with tarfile.open(path, "w", format=tarfile.GNU_FORMAT, encoding="utf-8",
                      errors="surrogateescape") as archive:
        for name, data, fields in BASE:
            add(archive, name, data, **fields)
        for name in names:
            add(archive, name.decode("utf-8", "surrogateescape"), b"x")
    image = os.path.join(folder, "bytes-image.tar")
    seawall.docker_archive(image, [path])
    report = scan(image)
    assert len(report["packages"]) == 2
    seen = {u["kind"]: u["n"] for u in report["unexamined"]}
    assert sum(seen.values()) == len(names), report["unexamined"]
    root = os.path.join(folder, "bytes-root")
    os.makedirs(os.path.join(root, "etc"))
    for name in names[:3]:
        with open(os.path.join(os.fsencode(root), name), "wb") as f:
            f.write(b"x")
    report = scan("rootfs:" + root)
    assert sum(u["n"] for u in report["unexamined"]) == 3, report["unexamined"]


def a_million_links_are_walked(folder):
    n = int(os.environ.get("SEAWALL_LINKS", "1000000"))
    path = os.path.join(folder, "links.tar")
    # One header as a template: its name and its sum are all that differs.
    info = tarfile.TarInfo("l/0000000")
    info.linkname = "l/0000000"
    info.type = tarfile.LNKTYPE
    header = info.tobuf(tarfile.USTAR_FORMAT)
    plain = sum(header[:148]) + 8 * 32 + sum(header[156:])
    with open(path, "wb") as out:
        for i in range(n):
            digits = b"%07d" % i
            total = plain + sum(digits) - 7 * 48
            out.write(b"l/" + digits + header[9:148] + b"%06o\0 " % total + header[156:])
        with tarfile.open(path + ".rest", "w") as archive:
            for name, data, fields in BASE:
                add(archive, name, data, **fields)
        with open(path + ".rest", "rb") as rest:
            shutil.copyfileobj(rest, out)
    image = os.path.join(folder, "links-image.tar")
    seawall.docker_archive(image, [path])
    report = scan(image)
    assert len(report["packages"]) == 2, report["notes"]
    assert report["image"]["layers"][0]["n_files"] == n + 2


def wanted_links_have_a_cap(folder):
    members = [file("x", b"")]
    members += [link(f"var/lib/dpkg/status.d/{i}", "x", tarfile.LNKTYPE) for i in range(70000)]
    report = scan(image_of(folder, *BASE, *members))
    assert [n for n in notes(report, "limit") if "hard links" in n["message"]], report["notes"]
    assert len(report["packages"]) == 2


def invalid_json_is_named(folder):
    layer = make_tar(os.path.join(folder, "l.tar"), *BASE)
    path = os.path.join(folder, "bad.tar")
    bad = [b"", b"{", b"[", b"[{]", b"null", b"[1]", b'[{"Layers": "x"}]', b"\xff\xfe",
           b"[" * 100000, b'[{"Config": 1, "Layers": []}]', b'[{"Layers": [null]}]']
    for text in bad:
        with tarfile.open(path, "w") as archive:
            archive.add(layer, "l.tar")
            add(archive, "manifest.json", text)
        reports, error = run(path)
        assert not reports and "manifest.json" in error, (text[:20], error)
    # A bad config costs names and instructions, not the packages.
    with tarfile.open(path, "w") as archive:
        archive.add(layer, "l.tar")
        add(archive, "c.json", b"{broken")
        add(archive, "manifest.json",
            json.dumps([{"Config": "c.json", "Layers": ["l.tar"]}]).encode())
    report = scan(path)
    assert len(report["packages"]) == 2
    assert [n for n in notes(report, "unreadable") if n["subject"] == "c.json"], report["notes"]


def indexes_that_name_each_other_end(folder):
    layout = os.path.join(folder, "loop")
    blobs = os.path.join(layout, "blobs", "sha256")
    os.makedirs(blobs)
    digest = "a" * 64
    entry = {"digest": "sha256:" + digest, "size": 1,
             "mediaType": "application/vnd.oci.image.index.v1+json"}
    for path in (os.path.join(layout, "index.json"), os.path.join(blobs, digest)):
        with open(path, "w", encoding="ascii") as f:
            json.dump({"schemaVersion": 2, "manifests": [entry, entry]}, f)
    with open(os.path.join(layout, "oci-layout"), "w", encoding="ascii") as f:
        f.write("{}")
    reports, error = run(layout)
    assert not reports and error.strip(), error


def odd_targets_are_refused(folder):
    fifo = os.path.join(folder, "fifo")
    os.mkfifo(fifo)
    empty = os.path.join(folder, "empty")
    open(empty, "wb").close()
    text = os.path.join(folder, "text")
    with open(text, "w", encoding="ascii") as f:
        f.write("not an archive\n" * 100)
    for target in (fifo, "/dev/zero", empty, text, os.path.join(folder, "absent")):
        reports, error = run(target, timeout=30)
        assert not reports and target in error, (target, error)


def special_files_in_a_tree_are_not_opened(folder):
    root = os.path.join(folder, "special")
    os.makedirs(os.path.join(root, "var/lib/dpkg"))
    os.makedirs(os.path.join(root, "etc"))
    with open(os.path.join(root, "etc/os-release"), "wb") as f:
        f.write(OS_RELEASE)
    os.mkfifo(os.path.join(root, "var/lib/dpkg/status"))
    report = scan("rootfs:" + root, timeout=30)
    assert report["packages"] == [] and report["os"]["id"] == "debian"
    os.unlink(os.path.join(root, "var/lib/dpkg/status"))
    # A link that leads out is a link of the tree's own root, never followed out of it.
    os.symlink("/var/lib/dpkg/status", os.path.join(root, "var/lib/dpkg/status"))
    assert scan("rootfs:" + root, timeout=30)["packages"] == []
    if os.geteuid() == 0:
        try:
            os.unlink(os.path.join(root, "var/lib/dpkg/status"))
            os.mknod(os.path.join(root, "var/lib/dpkg/status"), 0o20666, os.makedev(1, 5))
        except PermissionError:
            return
        assert scan("rootfs:" + root, timeout=30)["packages"] == []


def a_tree_that_changes_underneath_is_survived(folder):
    root = os.path.join(folder, "changing")
    os.makedirs(os.path.join(root, "var/lib/dpkg"))
    with open(os.path.join(root, "var/lib/dpkg/status"), "wb") as f:
        f.write(status(("bash", "5.2")))
    stop = threading.Event()

    def change():
        number = 0
        while not stop.is_set():
            path = os.path.join(root, f"d{number % 50}")
            number += 1
            try:
                if number % 3 == 0:
                    shutil.rmtree(path, ignore_errors=True)
                elif number % 3 == 1:
                    os.makedirs(os.path.join(path, "a/b/c"), exist_ok=True)
                    open(os.path.join(path, "a", "package.json"), "wb").close()
                else:
                    os.symlink("/", path)
            except OSError:
                pass

    thread = threading.Thread(target=change)
    thread.start()
    try:
        for _ in range(10):
            report = scan("rootfs:" + root, timeout=60)
            assert [p["name"] for p in report["packages"]] == ["bash"]
    finally:
        stop.set()
        thread.join()


def an_unreadable_directory_is_named(folder):
    root = os.path.join(folder, "closed")
    os.makedirs(os.path.join(root, "secret"))
    os.makedirs(os.path.join(root, "etc"))
    with open(os.path.join(root, "etc/os-release"), "wb") as f:
        f.write(OS_RELEASE)
    os.chmod(os.path.join(root, "secret"), 0)
    os.chmod(folder, 0o755)
    prefix = []
    if os.geteuid() == 0:
        if shutil.which("setpriv") is None:
            return
        prefix = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
        if subprocess.run([*prefix, "test", "-x", PRINT], check=False).returncode != 0:
            print("unreadable directory: the build is not readable for other users")
            return
    done = subprocess.run([*prefix, PRINT, SCANNER, "rootfs:" + root], capture_output=True,
                          check=False)
    os.chmod(os.path.join(root, "secret"), 0o700)
    report = json.loads(done.stdout)
    assert [n for n in notes(report, "unreadable") if n["subject"] == "secret"], report["notes"]
    assert report["os"]["id"] == "debian"


def a_killed_scanner_is_one_failed_item(folder):
    layers = base_layers(folder)
    slow = os.path.join(folder, "slow.zst")
    zeros(slow, 2 << 30, "zstd")
    layout = layout_of_blob(folder, slow, "slow")
    rng = random.Random(7)
    outcomes = set()
    for _ in range(8):
        with subprocess.Popen([PRINT, SCANNER, layout], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE) as process:
            time.sleep(rng.uniform(0.05, 0.6))
            for child in hostile.scanners(process.pid):
                os.kill(child, signal.SIGKILL)
            out, err = process.communicate(timeout=60)
        if out:
            report = json.loads(out)
            if notes(report):
                assert [n for n in notes(report, "unreadable") if "signal 9" in n["message"]], out
                outcomes.add("note")
        else:
            assert process.returncode == 3 and b"signal 9" in err, err
            outcomes.add("error")
    assert outcomes, "every scan ended before it was killed"
    assert layers


def write_fake(folder, name, body):
    path = os.path.join(folder, name)
    with open(path, "w", encoding="ascii") as f:
        f.write(f"#!{sys.executable}\n" + FAKE + body)
    os.chmod(path, 0o755)
    return path


FAKE = r'''
import array, json, os, socket, struct, sys
s = socket.socket(fileno=3)
def send(kind, value, id=0, flags=0, raw=None):
    data = raw if raw is not None else json.dumps(value).encode()
    s.sendall(struct.pack("<IHHI", len(data), kind, flags, id) + data)
def receive():
    head, anc, _, _ = s.recvmsg(12, 1024)
    while len(head) < 12: head += s.recv(12 - len(head))
    n, kind, flags, id = struct.unpack("<IHHI", head)
    data = b""
    while len(data) < n: data += s.recv(n - len(data))
    fds = array.array("i")
    for level, t, d in anc: fds.frombytes(d[:len(d) - len(d) % 4])
    return kind, id, json.loads(data), list(fds)
def hello(): send(1, {"protocol": 2, "version": "x", "analyzers": {"vuln": "layer=1,dpkg=1"}, "sandbox": ""})
def image(layers): send(5, {"kind": 1, "name": "fake", "layers": layers})
def facts(id, name):
    send(6, None, id, raw=json.dumps({"kind": "packages", "section": "dpkg",
        "path": "var/lib/dpkg/status", "packages": [{"type": "deb", "name": name,
        "version": "1", "arch": "amd64"}]}).encode() + b"\n")
def done(id): send(7, {"code": 0, "compression": "none", "files": 1, "bytes": 1, "whole": True}, id)
receive()
'''


def a_scanner_that_lies_cannot_reach_other_digests(folder):
    layers = base_layers(folder)
    layout = os.path.join(folder, "lie")
    seawall.oci_layout(layout, layers, "plain")
    digests = ["sha256:" + seawall.sha256(l) for l in layers]
    cache = os.path.join(folder, "lie-cache")
    # Has the first layer read, says that it was the second: the facts go under what was handed out.
    fake = fake_scanner.write(folder, f'''
if parent.scan["mode"] == "layer":
    _, fds = parent.open({{"kind": "whole", "layer": 0}})
    drain(fds[0])
    parent.facts(0, packages("planted"))
    parent.layer_done(0)
else:
    parent.image({{"id": 0, "digest": "{digests[1]}"}})
    answer, _ = parent.open({{"kind": "blob", "layer": 0, "digest": "{digests[0]}"}})
    assert answer["cached"]
parent.done()
''')
    report = scan(layout, cache=cache, scanner=fake)
    assert [n for n in notes(report, "unreadable") if "digest mismatch" in n["message"]], \
        report["notes"]
    stored = os.listdir(os.path.join(cache, "layers"))
    assert stored == [digests[0][7:]], stored
    # The second layer is what the true scanner finds in it, nothing planted.
    honest = scan(layout, cache=cache)
    assert packages(honest) == WANTED, packages(honest)


def a_scanner_that_misbehaves_is_one_error(folder):
    path = os.path.join(folder, "image.tar")
    seawall.docker_archive(path, base_layers(folder))
    bodies = {
        "silent exit": "sys.exit(0)",
        "no hello": "image([])\nsend(10, {})",
        "wrong protocol": 'send(1, {"protocol": 9, "analyzers": {}})\nreceive()',
        "no json": "hello()\nsend(5, None, raw=b'{')\nreceive()",
        "unknown type": "hello()\nsend(99, {})\nreceive()",
        "absurd layer": "hello()\nfacts(4000000000, 'x')\nreceive()",
        "absurd length": "hello()\ns.sendall(struct.pack('<IHHI', 1 << 31, 5, 0, 0))\nreceive()",
        "torn frame": "hello()\ns.sendall(b'xx')\nsys.exit(1)",
        "garbage": "s.sendall(os.urandom(4096))\nreceive()",
        "a descriptor": "hello()\nsocket.send_fds(s, [struct.pack('<IHHI', 2, 10, 2, 0) + b'{}'], "
                        "[0])\nreceive()",
        "aborts": "hello()\nos.abort()",
    }
    for name, body in bodies.items():
        reports, error = run(path, scanner=write_fake(folder, "fake", body), timeout=30)
        assert not reports and "scanner" in error, (name, reports, error)
    # Ignorable frames and requests for bytes that are not there are no crime.
    body = '''
hello()
send(77, {}, 0, 1)
for open in ({"kind": "range", "offset": 1 << 62, "length": 1 << 62}, {"kind": "blob"},
             {"kind": "range", "layer": 3, "offset": 5, "length": 1 << 40}):
    send(3, open, 9)
    kind, id, answer, fds = receive()
    assert kind == 4 and id == 9
send(8, {"kind": "info", "subject": "s", "message": "m"})
send(11, {"code": -5, "message": "the end"})
'''
    reports, error = run(path, scanner=write_fake(folder, "fake", body), timeout=30)
    assert not reports and "the end" in error, error
    reports, error = run(path, scanner=os.path.join(folder, "absent"), timeout=30)
    assert not reports and "absent" in error, error


def a_scanner_that_never_reads_does_not_hang_the_parent(folder):
    path = os.path.join(folder, "image.tar")
    big = make_tar(os.path.join(folder, "big.tar"), file("big", bytes(8 << 20)), *BASE)
    seawall.docker_archive(path, [big])
    body = '''
hello()
image([{"id": 0}])
send(3, {"kind": "whole", "layer": 0}, 1)
receive()
done(0)
send(10, {})
receive()
'''
    report = scan(path, scanner=write_fake(folder, "fake", body), timeout=60)
    assert report["packages"] == []


def huge_files_are_cut_short_by_name(folder):
    path = os.path.join(folder, "huge.tar.zst")
    info = tarfile.TarInfo("var/lib/dpkg/status")
    info.size = 3 << 30
    with open(path, "wb") as out:
        with subprocess.Popen(seawall.COMPRESS["zstd"], stdin=subprocess.PIPE, stdout=out) as p:
            p.stdin.write(info.tobuf(tarfile.GNU_FORMAT))
            for _ in range(3 << 10):
                p.stdin.write(bytes(1 << 20))
            p.stdin.write(bytes(1024))
    report = scan(layout_of_blob(folder, path, "huge"), timeout=300)
    text = [n for n in notes(report, "limit") if "cut short" in n["message"]]
    assert text and text[0]["subject"] == "var/lib/dpkg/status", report["notes"]


def main():
    need_engine()
    seawall.need("zstd")
    names = sys.argv[1:]
    tests = [value for name, value in list(globals().items())
             if callable(value) and getattr(value, "__code__", None)
             and value.__code__.co_varnames[:value.__code__.co_argcount] == ("folder",)
             and value.__code__.co_flags & 4 == 0  # no *members: a helper
             and value.__module__ == "__main__" and (not names or name in names)]
    for test in tests:
        start = time.monotonic()
        with tempfile.TemporaryDirectory() as folder:
            test(folder)
        print(f"ok {test.__name__} {time.monotonic() - start:.1f} s", flush=True)


if __name__ == "__main__":
    main()
