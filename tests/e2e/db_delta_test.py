#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A database that travels: export and import, signed or not, and deltas between states; and what is
said, with nothing changed, when such a file is cut, damaged, forged, old or hostile."""
import hashlib
import json
import os
import struct
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "harness"))
import seawall  # noqa: E402
from hostile import main, tree  # noqa: E402

HEAD = 512


def build(where, name, n, changed=None, epoch=1700000000, skipped=()):
    feeds = os.path.join(where, name + ".feeds")
    os.makedirs(feeds)
    with open(os.path.join(feeds, "debian-fixed-versions.jsonl"), "w", encoding="ascii") as file:
        for i in range(n):
            if i in skipped:
                continue
            file.write(json.dumps({
                "release": "12", "suite": "bookworm", "source": f"bash{i // 7 or ''}",
                "cve": f"CVE-2024-{10000 + i}", "fixed": "99" if i == changed else "9.0"}) + "\n")
    database = os.path.join(where, name + ".db")
    seawall.run("db", "build", "-q", "--sources", feeds, "-o", database,
                env={**os.environ, "SOURCE_DATE_EPOCH": str(epoch)})
    return database


def copy(source, to):
    with open(source, "rb") as a, open(to, "wb") as b:
        b.write(a.read())
    os.chmod(to, 0o644)
    return to


def content(path):
    with open(path, "rb") as file:
        return file.read()


def refused(where, database, words, *arguments, status=(3,)):
    """Runs, wants a sentence with `words`, and the database as it was with nothing left beside."""
    before = content(database)
    names = set(os.listdir(where)) | {os.path.basename(database) + ".verified"}
    done = seawall.run(*arguments, status=status, timeout=60)
    text = done.stderr.decode()
    assert words in text and text.count("\n") == 1, (words, text)
    assert "Sanitizer" not in text, text
    assert content(database) == before, arguments
    assert set(os.listdir(where)) <= names, set(os.listdir(where)) - names


def keys(where):
    for name in ("key", "other"):
        subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out",
                        os.path.join(where, name + ".pem")], check=True)
        subprocess.run(["openssl", "pkey", "-in", os.path.join(where, name + ".pem"), "-pubout",
                        "-out", os.path.join(where, name + ".pub")], check=True)
    return [os.path.join(where, name) for name in
            ("key.pem", "key.pub", "other.pub")]


def damaged(where, name, data):
    path = os.path.join(where, name)
    with open(path, "wb") as file:
        file.write(data)
    return path


def export_and_import(folder):
    seawall.need("openssl")
    private, public, other = keys(folder)
    old = build(folder, "old", 500, epoch=1700000000)
    new = build(folder, "new", 600, epoch=1700100000)
    plain, signed = os.path.join(folder, "plain"), os.path.join(folder, "signed")
    seawall.run("db", "export", "--db", new, plain)
    seawall.run("db", "export", "--db", new, "--key", private, signed)
    assert os.path.getsize(plain) < os.path.getsize(new) / 2
    target = os.path.join(folder, "site", "vuln.db")
    seawall.run("db", "import", "--db", target, plain)
    assert content(target) == content(new)
    site = os.path.dirname(target)

    def importing(words, file, *options):
        refused(site, target, words, "db", "import", "--db", target, *options, file)

    seawall.run("db", "import", "--db", target, "--public-key", public, signed)
    importing("is not signed", plain, "--public-key", public)
    importing("not that of", signed, "--public-key", other)
    os.environ["SEAWALL_DB_KEY"] = public
    importing("is not signed", plain)
    del os.environ["SEAWALL_DB_KEY"]
    whole = content(signed)
    importing("is cut short", damaged(folder, "cut", whole[:len(whole) // 2]))
    importing("is cut short", damaged(folder, "cut", whole[:100]))
    importing("digest", damaged(folder, "bad", whole[:-5] + b"x" + whole[-4:]))
    importing("update Seawall", damaged(folder, "bad", whole[:16] + b"\x02" + whole[17:]))
    importing("format 2", damaged(folder, "bad", whole[:24] + b"\x02" + whole[25:]))
    # What is signed is the head: another date is another head.
    importing("not that of", damaged(folder, "bad", whole[:264] + b"3" + whole[265:]),
              "--public-key", public)
    importing("damaged or not a database", damaged(folder, "bad", b""))
    aged = os.path.join(folder, "aged")
    seawall.run("db", "export", "--db", old, aged)
    importing("--force", aged)
    seawall.run("db", "import", "--db", target, "--force", aged)
    assert content(target) == content(old)
    # A database as it is, with a signature beside it, as before.
    seawall.run("db", "import", "--db", target, new)
    importing("is not signed", new, "--key", public)
    subprocess.run(["openssl", "pkeyutl", "-sign", "-rawin", "-inkey", private, "-in", new, "-out",
                    new + ".sig"], check=True)
    seawall.run("db", "import", "--db", target, "--key", public, new)


def findings(database, root):
    report = seawall.scan(root, "--db", database)
    return [(f["id"], f.get("fixed_version")) for f in report["findings"]]


def deltas_turn_one_state_into_another(folder):
    root = tree(folder, ("bash", "5.2"))
    states = [build(folder, "a", 900), build(folder, "b", 905, 3, 1700100000, (5, 100)),
              build(folder, "c", 1000, 4, 1700200000)]
    deltas = [os.path.join(folder, f"delta{i}") for i in range(2)]
    for i in range(2):
        seawall.run("db", "delta", states[i], states[i + 1], "-o", deltas[i])
        assert os.path.getsize(deltas[i]) < 20000, os.path.getsize(deltas[i])
    site = os.path.join(folder, "site")
    os.makedirs(site)
    target = copy(states[0], os.path.join(site, "vuln.db"))
    refused(site, target, "another state", "db", "apply", "--db", target, deltas[1])
    seawall.run("db", "apply", "--db", target, deltas[0])
    assert findings(target, root) == findings(states[1], root)
    seawall.run("db", "apply", "--db", target, deltas[0])  # once more is no harm
    seawall.run("db", "apply", "--db", target, deltas[1])
    assert findings(target, root) == findings(states[2], root) and findings(target, root)

    def described(database):
        lines = seawall.run("db", "status", "--db", database).stdout.decode().splitlines()
        return [line for line in lines if "content" in line]
    assert described(target) == described(states[2]) != []
    target = copy(states[0], target)
    seawall.run("db", "apply", "--db", target, *deltas)
    assert described(target) == described(states[2])
    back = os.path.join(folder, "back")
    seawall.run("db", "delta", states[2], states[0], "-o", back)
    seawall.run("db", "apply", "--db", target, back)
    assert described(target) == described(states[0])


def number(n):
    out = b""
    while n >= 0x80:
        out += bytes([n & 0x7f | 0x80])
        n >>= 7
    return out + bytes([n])


def forge(where, real, body, claimed=None):
    """The head of a real delta before another content, with digests that hold."""
    packed = subprocess.run(["zstd", "-q", "-c"], input=body, capture_output=True,
                            check=True).stdout
    head = bytearray(content(real)[:HEAD])
    head[32:48] = struct.pack("<QQ", len(packed), len(body) if claimed is None else claimed)
    head[48:120] = ("sha256:" + hashlib.sha256(packed).hexdigest()).encode().ljust(72, b"\0")
    return damaged(where, "forged", bytes(head) + packed)


def hostile_deltas_change_nothing(folder):
    seawall.need("openssl", "zstd")
    private, public, other = keys(folder)
    a, b = build(folder, "a", 300), build(folder, "b", 310, 3, 1700100000)
    delta, signed = os.path.join(folder, "delta"), os.path.join(folder, "signed")
    seawall.run("db", "delta", a, b, "-o", delta)
    seawall.run("db", "delta", a, b, "--key", private, "-o", signed)
    site = os.path.join(folder, "site")
    os.makedirs(site)
    target = copy(a, os.path.join(site, "vuln.db"))

    def applying(words, file, *options):
        refused(site, target, words, "db", "apply", "--db", target, *options, file)

    whole = content(delta)
    body = subprocess.run(["zstd", "-dqc"], input=whole[HEAD:], capture_output=True,
                          check=True).stdout
    applying("is not signed", delta, "--public-key", public)
    applying("not that of", signed, "--public-key", other)
    applying("is cut short", damaged(folder, "cut", whole[:-1]))
    applying("digest", damaged(folder, "bad", whole[:-1] + bytes([whole[-1] ^ 1])))
    applying("seawall db import", damaged(folder, "bad", whole[:20] + b"\x01" + whole[21:]))
    applying("no exported database", damaged(folder, "bad", b"hello" * 200))
    # An endless frame, one that gives less than it says, and none at all.
    applying("more in it", forge(folder, delta, b"\0" * (100 << 20), claimed=1000))
    applying("less in it", forge(folder, delta, body, claimed=len(body) + 1))
    applying("nothing was changed", forge(folder, delta, body[:-1]))
    applying("nothing was changed", forge(folder, delta, body + b"\0"))
    # Absurd counts, and operations out of order.
    applying("nothing was changed", forge(folder, delta, number(1 << 62) + body))
    applying("nothing was changed", forge(folder, delta, number(40000000) * 2 + b"\0" + body))
    put = b"\x01\0" + number(1 << 40)
    applying("nothing was changed", forge(folder, delta, (b"\0" * 3) + put))
    for i in range(0, len(body), max(1, len(body) // 40)):
        bad = bytearray(body)
        bad[i] ^= 0x41
        applying("nothing was changed", forge(folder, delta, bytes(bad)))
    # Another result than it promises.
    bad = bytearray(whole)
    bad[199:202] = b"000" if bad[199:202] != b"000" else b"111"
    applying("not what the delta promises", damaged(folder, "bad", bytes(bad)))
    seawall.run("db", "apply", "--db", target, "--public-key", public, signed)


if __name__ == "__main__":
    main(globals())
