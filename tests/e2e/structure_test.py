#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Malware by structure, end to end: clean systems are silent; one changed byte of a package's file is
found, in each form of layer, and named with its layer; packed and misplaced programs are found, on
their own and in archives of each form, in each other, and deleted."""
import bz2
import gzip
import hashlib
import io
import lzma
import os
import struct
import subprocess
import sys
import tarfile
import zipfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "harness"))
import seawall  # noqa: E402
import systems  # noqa: E402

CHANGED = "package-file-changed"
BOTH = "package-file-and-list-changed"
LINKED = "package-file-replaced-by-link"


def layer(path, members, links=(), kind=tarfile.LNKTYPE):
    """A tar of (name, bytes, mode), with links, and whiteouts as they are named."""
    with tarfile.open(path, "w") as archive:
        for name, data, mode in members:
            info = tarfile.TarInfo(name)
            info.size, info.mode = len(data), mode
            archive.addfile(info, io.BytesIO(data))
        for name, target in links:
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, target
            archive.addfile(info)
    return path


def found(report):
    """(rule, path, inner, layer, presence) of all malware."""
    return {(f["id"], f["location"]["path"], f["location"].get("inner", ""),
             f["location"].get("layer", -1), f["location"]["presence"])
            for f in report["findings"] if f["kind"] == "malware" and
            f["engine"] in ("integrity", "structure")}


def scan(target, *arguments):
    return seawall.scan(target, "--only", "malware", *arguments)


def of_image(top, layers, kind="plain"):
    path = os.path.join(top, "image.tar")
    seawall.docker_archive(path, layers, kind)
    return scan(path)


def read(tar, *names):
    """The first of these members: its name and bytes."""
    with tarfile.open(tar) as archive:
        for name in names:
            for form in (name, "./" + name):
                try:
                    member = archive.getmember(form)
                except KeyError:
                    continue
                if member.isfile():
                    return name, archive.extractfile(member).read()
    raise AssertionError(f"{tar}: none of {names}")


def flipped(data, at=5000):
    changed = bytearray(data)
    changed[at] ^= 1
    return bytes(changed)


def elf(is_packed=True):
    """An ELF file that does nothing: its code is noise, without a table of sections."""
    code = b"".join(hashlib.sha256(bytes([i])).digest() for i in range(256)) * 2
    code = code if is_packed else bytes(i % 23 for i in range(len(code)))
    head = struct.pack("<4sBBBB8xHHIQQQIHHHHHH", b"\x7fELF", 2, 1, 1, 0, 2, 62, 1, 0x400200, 64, 0, 0,
                       64, 56, 1, 64, 0, 0)
    segment = struct.pack("<IIQQQQQQ", 1, 5, 0, 0x400000, 0x400000, 512 + len(code), 512 + len(code), 4096)
    return (head + segment).ljust(512, b"\0") + code


# ---- packages ----


def check_debian(compare, top, suite):
    tar = systems.debian_tar(suite)
    compare(f"Debian {suite}: clean", found(scan(systems.as_docker(tar))), set())
    compare(f"Debian {suite}: clean directory", found(scan(systems.unpacked(tar))), set())
    name, data = read(tar, "bin/ls", "usr/bin/ls")
    bad = layer(os.path.join(top, "bad.tar"), [(name, flipped(data), 0o755)])
    expected = {(CHANGED, name, "", 1, "final")}
    for kind in ("plain", "gzip", "zstd"):
        compare(f"Debian {suite}: one byte of {name}, {kind}",
                found(of_image(top, [tar, bad], kind)), expected)


def check_layers(compare, top):
    """The later layers of a Debian image, and what each makes of it."""
    tar = systems.debian_tar("bookworm")
    name, data = read(tar, "usr/bin/ls")
    sums_path, sums = read(tar, "var/lib/dpkg/info/coreutils.md5sums")
    _, status = read(tar, "var/lib/dpkg/status")
    bad = flipped(data)

    def put(number, *members, links=()):
        return layer(os.path.join(top, f"layer{number}.tar"),
                     [(n, d, 0o755) for n, d in members], links)

    def check(what, layers, expected):
        compare("layers: " + what, found(of_image(top, [tar, *layers])), expected)

    changed = {(CHANGED, name, "", 1, "final")}
    trojan = put(1, (name, bad))
    check("deleted again", [trojan, put(2, ("usr/bin/.wh.ls", b""))], set())
    check("restored", [trojan, put(2, (name, data))], set())
    check("by the old name", [put(1, ("bin/ls", bad))], {(CHANGED, "bin/ls", "", 1, "final")})
    check("as a hard link", [put(1, ("tmp/x", bad), links=[(name, "tmp/x")])], changed | {
        ("program-in-temporary-folder", "tmp/x", "", 1, "final")})
    compare("layers: as a symbolic link", found(of_image(top, [tar, layer(
        os.path.join(top, "link.tar"), [], [(name, "/opt/x")], tarfile.SYMTYPE)])),
            {(LINKED, name, "", 1, "final")})
    check("lists removed", [put(1, (name, bad), ("var/lib/dpkg/.wh.info", b""))], changed)
    check("traces of another system first",
          [put(1, ("etc/alpine-release", b"3.20.0\n"), (name, bad))], changed)
    md5 = {hashlib.md5(x, usedforsecurity=False).hexdigest().encode() for x in (data,)}.pop()
    forged = sums.replace(md5, hashlib.md5(bad, usedforsecurity=False).hexdigest().encode())
    assert forged != sums
    both = {(BOTH, name, "", 1, "final")}
    check("list changed too", [put(1, (name, bad), (sums_path, forged), ("var/lib/dpkg/status", status))],
          both)
    check("list alone, without status", [put(1, (name, bad), (sums_path, forged))], both)
    newer = status.replace(b"Package: coreutils\n", b"Package: coreutils\nX-Test: 1\n").replace(
        b"Version: 9.1-1\n", b"Version: 9.1-2\n")
    assert newer != status
    check("an upgrade", [put(1, (name, bad), (sums_path, forged), ("var/lib/dpkg/status", newer))], set())
    check("a diversion", [put(1, (name, bad), ("var/lib/dpkg/diversions",
                                               b"/bin/ls\n/bin/ls.real\nlocal\n"
                                               b"/usr/bin/ls\n/usr/bin/ls.real\nlocal\n"))], set())
    report = of_image(top, [tar, put(1, (name, bad))])
    finding = report["findings"][0]
    assert finding["severity"] == "high" and "coreutils" in finding["match"], finding
    assert report["image"]["layers"][finding["location"]["layer"]]["instruction"] == "RUN make layer 1"


def check_alpine(compare, top):
    folder = seawall.shared("corpora/rootfs/alpine")
    for name in sorted(n for n in os.listdir(folder) if n.endswith(".tar.gz")):
        path = os.path.join(folder, name)
        compare(f"{name}: clean", found(scan(path)), set())
        plain = os.path.join(top, "alpine.tar")
        with gzip.open(path) as packed, open(plain, "wb") as file:
            file.write(packed.read())
        member, data = read(plain, "bin/busybox")
        bad = layer(os.path.join(top, "bad.tar"), [(member, flipped(data), 0o755)])
        compare(f"{name}: one byte of {member}", found(of_image(top, [plain, bad])),
                {(CHANGED, member, "", 1, "final")})


SPEC = """
Name: seawall-test
Version: 1
Release: 1
Summary: made by a test
License: MIT
%description
None.
%install
mkdir -p %{buildroot}/usr/bin %{buildroot}/etc %{buildroot}/usr/lib/x
cp /bin/true %{buildroot}/usr/bin/seawall-test
echo a > %{buildroot}/etc/seawall-test.conf
echo b > %{buildroot}/usr/lib/x/config
echo c > %{buildroot}/usr/lib/x/unverified
echo d > %{buildroot}/usr/lib/x/plain
%files
/usr/bin/seawall-test
%config /etc/seawall-test.conf
%config /usr/lib/x/config
%verify(not filedigest) /usr/lib/x/unverified
/usr/lib/x/plain
"""


def check_rpm(compare, top):
    """A package that rpmbuild makes and rpm installs."""
    spec = os.path.join(top, "a.spec")
    with open(spec, "w", encoding="ascii") as file:
        file.write(SPEC)
    done = subprocess.run(
        ["rpmbuild", "-bb", "--quiet", "--nodeps", "-D", f"_topdir {top}/rpm", "-D", "debug_package %{nil}",
         "-D", "__os_install_post %{nil}", "-D", "_build_id_links none", "-D", "_rpmfilename a.rpm",
         "-D", "_binary_filedigest_algorithm 8", spec], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        print("not tried: rpmbuild:", done.stderr[-300:])
        return
    root = os.path.join(top, "root")
    os.makedirs(root)
    base = ["rpm", "--root", root, "--dbpath", "/var/lib/rpm"]
    subprocess.run(base + ["--initdb"], check=True)
    subprocess.run(base + ["-i", "--nodeps", "--noscripts", "--nosignature", "--nodigest", "--force",
                           f"{top}/rpm/RPMS/a.rpm"], check=True, capture_output=True)
    tar = os.path.join(top, "rpm.tar")
    seawall.tar_of(root, tar)
    compare("rpm: clean", found(of_image(top, [tar])), set())
    _, data = read(tar, "usr/bin/seawall-test")
    bad = layer(os.path.join(top, "bad.tar"), [
        ("usr/bin/seawall-test", flipped(data), 0o755), ("etc/seawall-test.conf", b"x", 0o644),
        ("usr/lib/x/config", b"x", 0o644), ("usr/lib/x/unverified", b"x", 0o644),
        ("usr/lib/x/plain", b"x", 0o644)])
    compare("rpm: changed", found(of_image(top, [tar, bad])),
            {(CHANGED, "usr/bin/seawall-test", "", 1, "final"), (CHANGED, "usr/lib/x/plain", "", 1, "final")})


# ---- structure, and archives ----


def check_places(compare, top):
    plain, packed = elf(False), elf()
    upx = bytearray(packed)
    upx[64 + 56 + 4:64 + 56 + 8] = b"UPX!"
    forged = bytearray(plain)
    forged[40:48] = struct.pack("<Q", 1 << 40)
    forged[60:62] = struct.pack("<H", 7)
    base = layer(os.path.join(top, "base.tar"), [
        ("opt/packed", packed, 0o755), ("opt/upx", bytes(upx), 0o755), ("opt/forged", bytes(forged), 0o755),
        ("dev/shm/x", plain, 0o755), ("var/tmp/run.sh", b"#!/bin/sh\necho\n", 0o755),
        ("usr/lib/.hidden/x", plain, 0o755), ("srv/.../x", plain, 0o755),
        ("root/.cargo/bin/x", plain, 0o755), ("opt/text", b"nothing\n", 0o755)])
    top_layer = layer(os.path.join(top, "top.tar"), [("opt/.wh.packed", b"", 0o644)])
    without = {("elf-without-sections", p, "", 0, "final") for p in
               ("dev/shm/x", "usr/lib/.hidden/x", "srv/.../x", "root/.cargo/bin/x")}
    compare("places", found(of_image(top, [base, top_layer])), without | {
        ("elf-packed", "opt/packed", "", 0, "deleted"), ("elf-packed-upx", "opt/upx", "", 0, "final"),
        ("elf-forged-sections", "opt/forged", "", 0, "final"), ("program-in-dev", "dev/shm/x", "", 0, "final"),
        ("script-in-temporary-folder", "var/tmp/run.sh", "", 0, "final"),
        ("program-hidden-in-system", "usr/lib/.hidden/x", "", 0, "final"),
        ("program-in-disguised-folder", "srv/.../x", "", 0, "final")})


def check_set_id(compare, top):
    """Only where packages say what is theirs can a program be nobody's."""
    tar = systems.debian_tar("bookworm")
    _, true = read(tar, "usr/bin/true")
    extra = layer(os.path.join(top, "extra.tar"), [("usr/local/bin/su2", true, 0o4755)])
    expected = {("set-id-without-package", "usr/local/bin/su2", "", 1, "final")}
    compare("set-id without a package", found(of_image(top, [tar, extra])), expected)
    compare("set-id without packages", found(of_image(top, [extra])), set())


def as_tar(members):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, data in members:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def as_zip(members, method=zipfile.ZIP_DEFLATED, is_streamed=False):
    out = io.BytesIO()
    target = out
    if is_streamed:  # lengths come behind the content
        class Pipe(io.RawIOBase):
            def writable(self):
                return True

            def write(self, data):
                return out.write(data)
        target = Pipe()
    with zipfile.ZipFile(target, "w", method) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return out.getvalue()


def as_ar(members):
    out = b"!<arch>\n"
    for name, data in members:
        out += f"{name:<16}{0:<12}{0:<6}{0:<6}{'100644':<8}{len(data):<10}`\n".encode() + data
        out += b"\n" if len(data) % 2 else b""
    return out


def as_rpm(members):
    """The frame of an rpm: lead, signature and header with nothing in them, and a cpio."""
    def cpio(name, data):
        head = b"070701" + b"".join(b"%08x" % v for v in (1, 0o100755, 0, 0, 1, 0, len(data), 0, 0, 0, 0,
                                                          len(name) + 1, 0))
        head += name.encode() + b"\0"
        return head + b"\0" * (-len(head) % 4) + data + b"\0" * (-len(data) % 4)
    header = b"\x8e\xad\xe8\x01" + bytes(4) + struct.pack(">II", 1, 8) + bytes(24)
    content = b"".join(cpio(*m) for m in members) + cpio("TRAILER!!!", b"")
    return b"\xed\xab\xee\xdb".ljust(96, b"\0") + header + header + gzip.compress(content)


def zstd(data):
    return subprocess.run(["zstd", "-q", "-c"], input=data, stdout=subprocess.PIPE, check=True).stdout


def check_archives(compare, top):
    one = [("bin/x", elf())]
    forms = {
        "a.zip": (as_zip(one), "bin/x"), "stored.zip": (as_zip(one, zipfile.ZIP_STORED), "bin/x"),
        "streamed.zip": (as_zip(one, is_streamed=True), "bin/x"), "a.tar": (as_tar(one), "bin/x"),
        "a.tar.gz": (gzip.compress(as_tar(one)), "bin/x"), "a.tar.bz2": (bz2.compress(as_tar(one)), "bin/x"),
        "a.tar.xz": (lzma.compress(as_tar(one)), "bin/x"), "a.tar.zst": (zstd(as_tar(one)), "bin/x"),
        "x.gz": (gzip.compress(elf()), "x"), "x.xz": (lzma.compress(elf()), "x"),
        "a.deb": (as_ar([("debian-binary", b"2.0\n"), ("data.tar.xz", lzma.compress(as_tar(one)))]),
                  "data.tar.xz!/bin/x"),
        "a.rpm": (as_rpm(one), "bin/x"),
        "a.ear": (as_zip([("w.war", as_zip([("WEB-INF/lib/j.jar", as_zip(one))]))]),
                  "w.war!/WEB-INF/lib/j.jar!/bin/x"),
    }
    deep = as_zip(one)
    for _ in range(7):
        deep = as_zip([("d.jar", deep)])
    forms["eight.jar"] = (deep, "d.jar!/" * 7 + "bin/x")
    base = layer(os.path.join(top, "base.tar"), [("srv/" + n, d, 0o644) for n, (d, _) in forms.items()])
    gone = layer(os.path.join(top, "gone.tar"), [("srv/.wh.a.rpm", b"", 0o644)])
    expected = {("elf-packed", "srv/" + n, inner, 0, "deleted" if n == "a.rpm" else "final")
                for n, (_, inner) in forms.items()}
    compare("archives of each form", found(of_image(top, [base, gone])), expected)
    path = os.path.join(top, "tree")
    os.makedirs(path)
    for name, (data, _) in forms.items():
        with open(os.path.join(path, name), "wb") as file:
            file.write(data)
    compare("archives in a directory", found(scan(path)),
            {("elf-packed", n, inner, -1, "final") for n, (_, inner) in forms.items()})


def check_limits(top):
    bomb = as_zip([(f"zero{i}", bytes(32 << 20)) for i in range(12)])
    nine = as_zip([("bin/x", elf())])
    for _ in range(8):
        nine = as_zip([("d.jar", nine)])
    base = layer(os.path.join(top, "base.tar"), [("srv/bomb.zip", bomb, 0o644), ("srv/nine.jar", nine, 0o644),
                                                 ("srv/z.zip", as_zip([("x", elf())]), 0o644)])
    report = of_image(top, [base])
    limits = {n["subject"]: n["message"] for n in report["notes"] if n["kind"] == "limit"}
    assert "250 times" in limits["srv/bomb.zip"] and "8 deep" in limits["srv/nine.jar"], limits
    assert ("elf-packed", "srv/z.zip", "x", 0, "final") in found(report)


def main():
    seawall.need("mmdebstrap", "zstd")
    compare = systems.Comparison()
    for check in (check_places, check_archives):
        with systems.scratch() as top:
            check(compare, top)
    with systems.scratch() as top:
        check_limits(top)
    with systems.scratch() as top:
        check_alpine(compare, top)
    if os.geteuid() == 0:
        seawall.need("rpm", "rpmbuild")
        with systems.scratch() as top:
            check_rpm(compare, top)
    for suite in ("bookworm", "trixie"):
        with systems.scratch() as top:
            check_debian(compare, top, suite)
    for check in (check_layers, check_set_id):
        with systems.scratch() as top:
            check(compare, top)
    compare.finish()


if __name__ == "__main__":
    main()
