#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The rpm analyzer against rpm itself: packages built by rpmbuild and installed by rpm, and 1,500
more, in an SQLite database (also with a live write-ahead log), in Berkeley DB hash files of both
byte orders and several page sizes, and in NDB. The complete lists must agree with `rpm -qa`.

Needs root, rpm, rpmbuild and db5.3_load; skipped (77) where one is absent."""
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile

SOURCE = os.environ.get("SEAWALL_SOURCE", os.path.join(os.path.dirname(__file__), "../.."))
BUILD = os.environ.get("SEAWALL_BUILD", os.path.join(SOURCE, "build/dev"))
SHARED = os.path.join(SOURCE, os.environ.get("SEAWALL_SHARED", "../shared"))
RPM_LIST = os.path.join(BUILD, "tests/rpm_list")
sys.path.insert(0, os.path.join(SOURCE, "tests/oracle/rpm"))
sys.dont_write_bytecode = True

import bdb_writer  # noqa: E402
import header_blob  # noqa: E402
import ndb_writer  # noqa: E402

N_PACKAGES = 1500
QUERY = ("%{NAME}\\t%|EPOCH?{%{EPOCH}}|\\t%{VERSION}\\t%{RELEASE}\\t%|ARCH?{%{ARCH}}|\\t"
         "%|SOURCERPM?{%{SOURCERPM}}|\\t%|MODULARITYLABEL?{%{MODULARITYLABEL}}|\\t"
         "%|VENDOR?{%{VENDOR}}|\\t%|PACKAGER?{%{PACKAGER}}|\\t%{LICENSE}\\n")
SPEC = """
Name: {name}
Version: {version}
Release: {release}
{epoch}
Summary: a test package
License: {licence}
{vendor}
{packager}
{arch}
{module}
%description
Made by a test.
%install
mkdir -p %{{buildroot}}/usr/share/{name}
for i in $(seq {n_files}); do echo $i >%{{buildroot}}/usr/share/{name}/file-$i; done
%files
/usr/share/{name}
"""
MODULE = "nodejs:18:9030020230717:rhel9"

failures = []


def say(text):
    print(text, flush=True)


def skip(reason):
    say(reason)
    sys.exit(77)


def check(name, found, expected):
    if found == expected:
        say("ok    %s (%d packages)" % (name, len(expected)))
        return
    failures.append(name)
    say("WRONG %s: %d packages instead of %d" % (name, len(found), len(expected)))
    for line in sorted(set(expected) - set(found))[:5]:
        say("  missing: %r" % line)
    for line in sorted(set(found) - set(expected))[:5]:
        say("  extra:   %r" % line)


def run(command, **options):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)
    if done.returncode != 0:
        raise RuntimeError("%s: %s" % (command, done.stderr.decode(errors="replace")))
    return done


def split_source(source):
    """Name and "version-release" of a source rpm's file name, or None."""
    for suffix in (".nosrc.rpm", ".src.rpm"):
        if source.endswith(suffix):
            parts = source[:-len(suffix)].rsplit("-", 2)
            return (parts[0], parts[1] + "-" + parts[2]) if len(parts) == 3 else None
    return None


def expect(line):
    """A line of rpm_list from one of the query."""
    name, epoch, version, release, arch, source, module, vendor, packager, licence = \
        line.split("\t")
    prefix = epoch + ":" if epoch not in ("", "0") else ""
    whole = prefix + version + "-" + release
    parts = split_source(source)
    source_name, source_version = (parts[0], prefix + parts[1]) if parts else (name, whole)
    return "\t".join([name, whole, arch, source_name, source_version, module, vendor, packager,
                      licence])


def ask_rpm(directory):
    """What rpm lists; it works on a copy, since it writes even when it reads."""
    with tempfile.TemporaryDirectory() as copy:
        for name in os.listdir(directory):
            if name.startswith(("rpmdb.sqlite", "Packages")) and not name.endswith("-shm"):
                shutil.copyfile(os.path.join(directory, name), os.path.join(copy, name))
        done = run(["rpm", "-qa", "--dbpath", copy, "--qf", QUERY])
    lines = done.stdout.decode().splitlines()
    return sorted(expect(line) for line in lines if not line.startswith("gpg-pubkey\t"))


def list_packages(directory, notes=""):
    """What the analyzer lists; its notes must be those named."""
    done = run([RPM_LIST, directory])
    found_notes = done.stderr.decode(errors="replace")
    if (notes == "") != (found_notes == "") or notes not in found_notes:
        failures.append(directory)
        say("WRONG notes: %r" % found_notes)
    return sorted(done.stdout.decode().splitlines())


def build_one(top, index):
    foreign = index % 5 == 4
    fields = {
        "name": "sample-%02d" % index, "version": "1.%d~rc1^git2" % index, "release": "%d.el9" % index,
        "epoch": "Epoch: %d" % (index % 3) if index % 4 != 0 else "",
        "licence": "GPLv2+ and (MIT or BSD)" if index % 2 else "Apache-2.0",
        "vendor": "Vendor: %s" % ("Example Third Party, Inc." if foreign else "AlmaLinux"),
        "packager": "Packager: packagers <packagers@example.org>" if index % 3 else "",
        "arch": "BuildArch: noarch" if index % 6 == 1 else "",
        "module": "ModularityLabel: " + MODULE if index % 7 == 3 else "",
        "n_files": index * 9,
    }
    path = os.path.join(top, "sample-%02d.spec" % index)
    with open(path, "w", encoding="utf-8") as spec:
        spec.write(SPEC.format(**fields))
    target = ["--target", "i686"] if index % 6 == 2 else []
    return subprocess.Popen(
        ["rpmbuild", "-bb", "--quiet", "--nodeps", "-D", "_topdir " + top, "-D", "debug_package %{nil}",
         "-D", "__os_install_post %{nil}", "-D", "_build_id_links none"] + target + [path],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def build_packages(top):
    # Two runs of rpmbuild side by side would race to make the folders that they share.
    for name in ("BUILD", "BUILDROOT", "RPMS", "SOURCES", "SPECS", "SRPMS"):
        os.makedirs(os.path.join(top, name))
    for first in range(0, 20, 2):
        for process in [build_one(top, index) for index in (first, first + 1)]:
            _, errors = process.communicate()
            if process.returncode != 0:
                raise RuntimeError("rpmbuild: " + errors.decode(errors="replace"))
    found = []
    for directory, _, names in os.walk(os.path.join(top, "RPMS")):
        found += [os.path.join(directory, name) for name in names if name.endswith(".rpm")]
    assert len(found) == 20, found
    return sorted(found)


def read_blobs(directory):
    db = sqlite3.connect(os.path.join(directory, "rpmdb.sqlite"))
    blobs = [row[0] for row in db.execute("SELECT blob FROM Packages ORDER BY hnum")]
    db.close()
    return blobs


def install(top, rpms):
    """A fresh database by rpm: its directory."""
    root = os.path.join(top, "root")
    os.makedirs(root)
    base = ["rpm", "--root", root, "--dbpath", "/var/lib/rpm"]
    run(base + ["--initdb"])
    run(base + ["-i", "--justdb", "--nodeps", "--noscripts", "--ignorearch", "--ignoreos",
                "--nosignature"] + rpms)
    return os.path.join(root, "var/lib/rpm")


def import_blobs(directory, blobs):
    """A fresh database by rpm from header blobs."""
    os.makedirs(directory)
    magic = bytes.fromhex("8eade80100000000")
    run(["rpmdb", "--importdb", "--dbpath", directory], input=b"".join(magic + b for b in blobs))


def clone_blobs(blobs):
    """So many that there are N_PACKAGES: real headers under other names, and a trusted key."""
    made = [header_blob.with_name(blobs[i % len(blobs)], "clone-%04d" % i)
            for i in range(N_PACKAGES - len(blobs))]
    key = header_blob.package("gpg-pubkey", "fd431d51", "4ae0493b", arch="(none)")
    return blobs + made + [key]


def check_live_log(top, base):
    """A database whose last changes are in the write-ahead log only, as after a crash."""
    work, copy = os.path.join(top, "live"), os.path.join(top, "live-copy")
    os.makedirs(copy)
    shutil.copytree(base, work)
    path = os.path.join(work, "rpmdb.sqlite")
    db = sqlite3.connect(path, isolation_level=None)
    assert db.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
    db.execute("PRAGMA wal_autocheckpoint=0")
    db.execute("BEGIN")
    for i in range(200):
        db.execute("INSERT INTO Packages (blob) VALUES (?)",
                   (header_blob.package("logged-%03d" % i, "2", "1", n_files=i),))
    db.execute("COMMIT")
    db.execute("DELETE FROM Packages WHERE hnum % 10 = 3")
    db.execute("UPDATE Packages SET blob = ? WHERE hnum = 1",
               (header_blob.package("updated", "3", "1"),))
    for name in ("rpmdb.sqlite", "rpmdb.sqlite-wal"):
        shutil.copyfile(os.path.join(work, name), os.path.join(copy, name))
    db.close()
    assert os.path.getsize(os.path.join(copy, "rpmdb.sqlite-wal")) > 100000
    expected = ask_rpm(copy)
    assert any(line.startswith("updated\t") for line in expected)
    check("SQLite with a live log", list_packages(copy), expected)

    with open(os.path.join(copy, "rpmdb.sqlite-wal"), "r+b") as log:
        log.seek(-5000, os.SEEK_END)
        log.write(b"\xff" * 64)
    found = list_packages(copy, notes="write-ahead log is damaged")
    say("ok    SQLite with a damaged log (%d packages, named)" % len(found))


def check_berkeley(top, blobs, expected):
    for is_big_endian in (False, True):
        for page_bytes in (512, 4096, 65536):
            name = "bdb-%d-%s" % (page_bytes, "big" if is_big_endian else "little")
            directory = os.path.join(top, name)
            os.makedirs(directory)
            bdb_writer.write(os.path.join(directory, "Packages"), blobs, is_big_endian, page_bytes)
            assert ask_rpm(directory) == expected
            check(name, list_packages(directory), expected)
    directory = os.path.join(top, "bdb-checksums")
    os.makedirs(directory)
    bdb_writer.write(os.path.join(directory, "Packages"), blobs, extra=["chksum=1"])
    check("bdb with checksums", list_packages(directory), expected)


def check_ndb(top, blobs, expected):
    for holes in ((), (1, 7, len(blobs))):
        directory = os.path.join(top, "ndb-%d" % len(holes))
        os.makedirs(directory)
        with open(os.path.join(directory, "Packages.db"), "wb") as file:
            file.write(ndb_writer.write(blobs, holes))
        if holes:
            kept = os.path.join(top, "ndb-kept")
            import_blobs(kept, [b for i, b in enumerate(blobs, 1) if i not in holes])
            expected = ask_rpm(kept)
        check("ndb, %d removed" % len(holes), list_packages(directory), expected)


def check_shared():
    base = os.path.join(SHARED, "corpora/rpmdb")
    if not os.path.isdir(base):
        say("skipped: no shared databases in %s" % base)
        return
    for form in ("bdb", "sqlite"):
        for name in sorted(os.listdir(os.path.join(base, form))):
            directory = os.path.join(base, form, name)
            check("shared %s/%s" % (form, name), list_packages(directory), ask_rpm(directory))


def main():
    if os.geteuid() != 0:
        skip("rpm --root needs root")
    for tool in ("rpm", "rpmbuild", "rpmdb", "db5.3_load"):
        if shutil.which(tool) is None:
            skip("%s is not installed" % tool)
    if not os.path.exists(RPM_LIST):
        skip("%s is not built" % RPM_LIST)
    with tempfile.TemporaryDirectory(prefix="seawall-rpm-") as top:
        installed = install(top, build_packages(top))
        expected = ask_rpm(installed)
        assert len(expected) == 20 and sum(MODULE in line for line in expected) == 3
        check("SQLite, installed by rpm", list_packages(installed), expected)

        blobs = clone_blobs(read_blobs(installed))
        fresh = os.path.join(top, "fresh")
        import_blobs(fresh, blobs)
        expected = ask_rpm(fresh)
        assert len(expected) == N_PACKAGES, len(expected)
        check("SQLite, imported by rpmdb", list_packages(fresh), expected)
        check_live_log(top, fresh)
        check_berkeley(top, blobs, expected)
        check_ndb(top, blobs, expected)
    check_shared()
    if failures:
        say("%d wrong" % len(failures))
        sys.exit(1)


if __name__ == "__main__":
    main()
