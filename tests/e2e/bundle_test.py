#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What checks a bundle before anything of it is used: every way in which a carrier could have changed
it is refused, says why and leaves nothing behind. And signatures: the check that needs no openssl
agrees with openssl, also on what is almost right."""
import base64
import hashlib
import io
import os
import random
import subprocess
import sys
import tarfile
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "harness"))
import seawall  # noqa: E402

CHECK = os.path.join(seawall.TOP, "tools", "check-bundle")
VERIFY = os.path.join(seawall.TOP, "tools", "verify-signature")
FILES = {"MANIFEST": b"format: 1\n", "source.tar.gz": b"source" * 100, "vuln.db.gz": b"db" * 2000,
         "packages/Packages": b"Package: a\n", "packages/a_1%3a2~b+c_amd64.deb": b"deb" * 999}
ORDER = 2**252 + 27742317777372353535851937790883648493
PRIME = 2**255 - 19


def sums(files):
    return "".join(f"{hashlib.sha256(data).hexdigest()}  {name}\n"
                   for name, data in sorted(files.items())).encode()


def sign(key, data, scratch):
    message = os.path.join(scratch, "message")
    with open(message, "wb") as file:
        file.write(data)
    return subprocess.run(["openssl", "pkeyutl", "-sign", "-rawin", "-inkey", key, "-in", message],
                          check=True, capture_output=True).stdout


def member(archive, name, data=b"", **fields):
    info = tarfile.TarInfo(name)
    info.size = len(data)
    for key, value in fields.items():
        setattr(info, key, value)
    archive.addfile(info, io.BytesIO(data))


def make(path, files, extra=(), form=tarfile.USTAR_FORMAT):
    with tarfile.open(path, "w", format=form) as archive:
        for name, data in files.items():
            member(archive, name, data)
        for name, data, fields in extra:
            member(archive, name, data, **fields)


class Bundles:
    def __init__(self, scratch):
        self.scratch = scratch
        self.key, self.public = make_key(scratch, "key")
        self.path = os.path.join(scratch, "bundle.tar")
        self.n = 0

    def whole(self, files=None, is_signed=True, key=None):
        files = dict(FILES if files is None else files)
        listed = sums(files)
        result = {**files, "SHA256SUMS": listed}
        if is_signed:
            result["SHA256SUMS.sig"] = sign(key or self.key, listed, self.scratch)
        return result

    def check(self, word, *options, perl=False):
        """Checks self.path; word: in the refusal, or None where it must pass."""
        to = os.path.join(self.scratch, "to", "here")
        done = subprocess.run(
            [CHECK, *options, self.path, to], capture_output=True, check=False, text=True,
            errors="replace", env={**os.environ, "SEAWALL_OPENSSL": "no" if perl else ""}, timeout=60)
        self.n += 1
        if word is None:
            assert done.returncode == 0, done.stderr
            subprocess.run(["rm", "-rf", to], check=True)
        else:
            assert done.returncode == 1 and word in done.stderr, (word, done.returncode, done.stderr)
        left = os.listdir(os.path.dirname(to)) if os.path.isdir(os.path.dirname(to)) else []
        assert left == [], f"left behind: {left}"
        outside = set(os.listdir(self.scratch)) - {
            "key.pem", "key.pub", "other.pem", "other.pub", "bundle.tar", "to", "message"}
        assert not outside, f"written outside: {outside}"

    def refuse(self, word, files=None, extra=(), options=(), **rest):
        make(self.path, self.whole() if files is None else files, extra, **rest)
        self.check(word, *options)


def make_key(scratch, name):
    key, public = (os.path.join(scratch, name + end) for end in (".pem", ".pub"))
    subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", key], check=True)
    subprocess.run(["openssl", "pkey", "-in", key, "-pubout", "-out", public], check=True)
    return key, public


def check_good(b):
    make(b.path, b.whole())
    b.check(None, "--key", b.public)
    b.check(None, "--key", b.public, perl=True)
    b.check(None)
    make(b.path, b.whole(is_signed=False))
    b.check(None)
    b.check("not signed", "--key", b.public)


def check_content(b):
    """Changed, missing and additional files; with and without a key nothing passes."""
    key = ("--key", b.public)
    whole = b.whole()
    for name in FILES:
        b.refuse("digest differs", {**whole, name: whole[name] + b"x"}, options=key)
        b.refuse("lacks", {k: v for k, v in whole.items() if k != name}, options=key)
    b.refuse("does not list", {**whole, "packages/more.deb": b"x"}, options=key)
    b.refuse("no SHA256SUMS", {k: v for k, v in whole.items() if k != "SHA256SUMS"})
    b.refuse("SHA256SUMS is broken", {**whole, "SHA256SUMS": whole["SHA256SUMS"] + b"x\n"})
    b.refuse("is broken", {**whole, "SHA256SUMS": whole["SHA256SUMS"].replace(b"  ", b" *")})
    twice = whole["SHA256SUMS"] + whole["SHA256SUMS"].splitlines(True)[0]
    b.refuse("twice", {**whole, "SHA256SUMS": twice})
    for name, word in (("../../to/evil", "not allowed"), ("@", "not allowed"), ("*", "not allowed"),
                       ("$(touch x)", "not allowed"), ("", "broken"), ("more", "lacks 'more'")):
        own = whole["SHA256SUMS"] + sums({name: b"x"})
        b.refuse(word, {**whole, "SHA256SUMS": own})
    fewer = {k: v for k, v in FILES.items() if k != "vuln.db.gz"}
    b.refuse("lacks 'vuln.db.gz'", b.whole(fewer), options=key)
    b.refuse("another format", b.whole({**FILES, "MANIFEST": b"format: 2\n"}), options=key)


def check_signatures(b):
    key = ("--key", b.public)
    whole = b.whole()
    # Everything made anew by somebody else, who has no key, or another one.
    other = {**FILES, "source.tar.gz": b"evil"}
    forged = {**b.whole(other), "SHA256SUMS.sig": whole["SHA256SUMS.sig"]}
    other_key, _ = make_key(b.scratch, "other")
    for files in (forged, b.whole(other, key=other_key),
                  {**whole, "SHA256SUMS.sig": b""}, {**whole, "SHA256SUMS.sig": bytes(64)},
                  {**whole, "SHA256SUMS.sig": whole["SHA256SUMS.sig"] + b"x"}):
        make(b.path, files)
        b.check("signature does not hold", *key)
        b.check("signature does not hold", *key, perl=True)
    make(b.path, whole)
    b.check("signature does not hold", "--key", b.key)
    b.check("no key", "--key", os.path.join(b.scratch, "absent"))


def check_members(b):
    """Names and kinds that would lead out, and sizes that are not there."""
    link = {"type": tarfile.SYMTYPE}
    for name in ("../evil", "/tmp/seawall-evil", "packages/../../evil", "packages/../evil", "a/b/c",
                 "packages//x", "./MANIFEST", ".hidden", "-rf", "a b", "a\nb", "a\\b", "packages/",
                 "\u00e9", "x" * 99 + "/" + "y" * 120):
        b.refuse("not allowed" if not name.endswith("/") else "", extra=[(name, b"x", {})],
                 form=tarfile.PAX_FORMAT)
    for fields in ({**link, "linkname": "/etc/passwd"}, {**link, "linkname": "../x"},
                   {"type": tarfile.LNKTYPE, "linkname": "MANIFEST"},
                   {"type": tarfile.LNKTYPE, "linkname": "/etc/passwd"},
                   {"type": tarfile.CHRTYPE, "devmajor": 1, "devminor": 3},
                   {"type": tarfile.BLKTYPE}, {"type": tarfile.FIFOTYPE},
                   {"type": tarfile.DIRTYPE}):
        b.refuse("no plain file", extra=[("x", b"", fields)])
    # A link where a folder or a file is to come later.
    with tarfile.open(b.path, "w") as archive:
        member(archive, "packages", type=tarfile.SYMTYPE, linkname="/tmp")
        for name, data in b.whole().items():
            member(archive, name, data)
    b.check("no plain file")
    b.refuse("twice", extra=[("MANIFEST", b"format: 1\nevil\n", {})])
    b.refuse("more than 2000 files", extra=[(f"f{i}", b"", {}) for i in range(2001)])
    # One byte that says it is a terabyte.
    info = tarfile.TarInfo("packages/big")
    info.pax_headers = {"GNU.sparse.major": "1", "GNU.sparse.minor": "0",
                        "GNU.sparse.name": "packages/big", "GNU.sparse.realsize": str(2**40)}
    info.size = 512
    with tarfile.open(b.path, "w", format=tarfile.PAX_FORMAT) as archive:
        for name, data in b.whole().items():
            member(archive, name, data)
        archive.addfile(info, io.BytesIO(b"1\n1099511627775\n1\n".ljust(512, b"\0")))
    b.check("would be larger")


def check_damage(b):
    """Cut short anywhere, or with any one byte changed."""
    make(b.path, b.whole())
    with open(b.path, "rb") as file:
        whole = file.read()
    whole = whole[:len(whole.rstrip(b"\0")) + 1]
    rng = random.Random(4)
    for n in [0, 1, 511, 512, 1024] + [rng.randrange(len(whole) - 600) for _ in range(12)]:
        with open(b.path, "wb") as file:
            file.write(whole[:n])
        b.check("", "--key", b.public)
    n_refused = 0
    for _ in range(25):
        at = rng.randrange(len(whole))
        with open(b.path, "wb") as file:
            file.write(whole[:at] + bytes([whole[at] ^ (1 << rng.randrange(8))]) + whole[at + 1:])
        to = os.path.join(b.scratch, "to", "here")
        done = subprocess.run([CHECK, "--key", b.public, b.path, to], capture_output=True, check=False)
        n_refused += done.returncode != 0
        if done.returncode == 0:  # a byte of padding or of a date: the files are the same
            for name, data in FILES.items():
                with open(os.path.join(to, name), "rb") as file:
                    assert file.read() == data, name
            subprocess.run(["rm", "-rf", to], check=True)
    assert n_refused > 10, n_refused
    with open(b.path, "wb") as file:
        file.write(b"no archive at all")
    b.check("not a whole tar file")
    os.unlink(b.path)
    b.check("no such file")


# ---- signatures ----

def verify(public, signature, message, scratch, openssl):
    paths = [os.path.join(scratch, name) for name in ("v.pub", "v.sig", "v.msg")]
    der = bytes.fromhex("302a300506032b6570032100") + public
    contents = (b"-----BEGIN PUBLIC KEY-----\n" + base64.b64encode(der) +
                b"\n-----END PUBLIC KEY-----\n", signature, message)
    for path, content in zip(paths, contents):
        with open(path, "wb") as file:
            file.write(content)
    done = subprocess.run([VERIFY, *paths], capture_output=True, check=False,
                          env={**os.environ, "SEAWALL_OPENSSL": "" if openssl else "no"}, timeout=60)
    assert done.returncode in (0, 1), done
    return done.returncode == 0


def both(public, signature, message, scratch):
    results = [verify(public, signature, message, scratch, way) for way in (True, False)]
    assert results[0] == results[1], (
        f"openssl says {results[0]}, perl {results[1]}: {public.hex()} {signature.hex()} "
        f"{message.hex()}")
    return results[0]


def check_arithmetic(scratch):
    rng = random.Random(8032)
    n = 0
    for size in (0, 1, 63, 1000):
        key, path = make_key(scratch, f"k{size}")
        with open(path, encoding="ascii") as file:
            public = base64.b64decode("".join(file.read().splitlines()[1:-1]))[-32:]
        message = rng.randbytes(size) or b"x"
        signature = sign(key, message, scratch)
        assert both(public, signature, message, scratch)
        s = int.from_bytes(signature[32:], "little")
        almost = [signature[:32] + ((s + k * ORDER) % 2**256).to_bytes(32, "little")
                  for k in (1, 2, 8, 15)]
        almost += [signature[:32] + (ORDER - s).to_bytes(32, "little"), bytes(64), b"\xff" * 64]
        for where in (0, 31, 32, 63, rng.randrange(64)):
            for bit in (0, 7):
                changed = bytearray(signature)
                changed[where] ^= 1 << bit
                almost.append(bytes(changed))
        for other in almost:
            assert not both(public, other, message, scratch)
            n += 1
        assert not both(public, signature, message + b"\0", scratch)
    # Keys that are no points, or not in their one form, or of small order.
    for y in (0, 1, 2, 3, PRIME - 1, PRIME, PRIME + 1, 2**255 - 1, 7):
        for sign_bit in (0, 1):
            key = (y | sign_bit << 255).to_bytes(32, "little")
            for text in (bytes(64), (1).to_bytes(32, "little") + bytes(32),
                         key + bytes(32), rng.randbytes(64)):
                results = [verify(key, text, b"m", scratch, way) for way in (True, False)]
                # Ours may refuse more (a key that is not in its one form), never less.
                assert results[0] or not results[1], (y, sign_bit, text.hex(), results)
                n += 1
    print(f"{n} signatures that are almost right judged by both ways")


def main():
    seawall.need("openssl", "perl", "tar")
    with tempfile.TemporaryDirectory() as scratch:
        b = Bundles(scratch)
        check_good(b)
        check_content(b)
        check_signatures(b)
        check_members(b)
        check_damage(b)
        print(f"{b.n} bundles checked")
    with tempfile.TemporaryDirectory() as scratch:
        check_arithmetic(scratch)


if __name__ == "__main__":
    main()
