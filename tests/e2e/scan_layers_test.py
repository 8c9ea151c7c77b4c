#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Layers that replace, link away and hide what lower layers had, end to end."""
import glob
import os
import sys
import tarfile
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "harness"))
import seawall  # noqa: E402
from engine import need_engine, notes, packages, run, scan  # noqa: E402
from scan_sources_test import OS_RELEASE, add, file, link, make_tar, status  # noqa: E402

DEBIAN = [file("etc/os-release", OS_RELEASE), file("var/lib/dpkg/status", status(("bash", "5.2")))]
ALPINE = b"ID=alpine\nVERSION_ID=3.20.1\nPRETTY_NAME=Alpine\n"
BUSYBOX = b"P:busybox\nV:1.36.1-r5\nA:x86_64\no:busybox\nL:GPL-2.0-only\n\n"


def directory(name):
    return (name, b"", {"type": tarfile.DIRTYPE, "mode": 0o755})


def stack(folder, *layers):
    """The report on an image of these layers, each a list of members or the path of a tar."""
    paths = []
    for number, members in enumerate(layers):
        if isinstance(members, list):
            members = make_tar(os.path.join(folder, f"layer{number}.tar"), *members)
        paths.append(members)
    path = os.path.join(folder, "image.tar")
    seawall.docker_archive(path, paths)
    return scan(path)


def merged_usr_reads_each_database_once(folder):
    report = stack(folder,
                   [file("etc/os-release", ALPINE), link("lib", "usr/lib"),
                    file("usr/lib/apk/db/installed", BUSYBOX)],
                   [file("lib/apk/db/installed", BUSYBOX.replace(b"-r5", b"-r7"))])
    assert packages(report) == [("busybox", "1.36.1-r7", 1)], packages(report)
    assert not notes(report), report["notes"]
    # The lower layer has a directory, the upper one merges it.
    report = stack(folder,
                   [file("etc/os-release", ALPINE), file("lib/apk/db/installed", BUSYBOX)],
                   [link("lib", "usr/lib"), file("usr/lib/apk/db/installed", BUSYBOX)])
    assert packages(report) == [("busybox", "1.36.1-r5", 0)], packages(report)
    assert not notes(report), report["notes"]


def a_directory_in_place_of_a_link_ends_it(folder):
    base = [file("etc/os-release", ALPINE), link("lib", "usr/lib"),
            file("usr/lib/apk/db/installed", BUSYBOX)]
    report = stack(folder, base, [directory("lib"), directory("lib/apk"), directory("lib/apk/db"),
                                  file("lib/apk/db/installed", b"P:new\nV:1-r0\n\n")])
    assert packages(report) == [("busybox", "1.36.1-r5", 0), ("new", "1-r0", 1)], packages(report)
    # Parts of a path need no entry of their own: then it is written through the link.
    report = stack(folder, base, [file("lib/apk/db/installed", b"P:new\nV:1-r0\n\n")])
    assert packages(report) == [("new", "1-r0", 1)], packages(report)


def a_release_file_may_become_a_link(folder):
    report = stack(folder, DEBIAN, [link("etc/os-release", "../usr/lib/os-release"),
                                    file("usr/lib/os-release",
                                         OS_RELEASE.replace(b"12", b"13"))])
    assert report["os"]["version_id"] == "13", report["os"]
    assert report["os"]["path"] == "usr/lib/os-release"
    # The target may come in a layer of its own, before or after.
    report = stack(folder, [file("usr/lib/os-release", OS_RELEASE)] + DEBIAN[1:],
                   [link("etc/os-release", "../usr/lib/os-release")])
    assert report["os"]["version_id"] == "12", report["os"]


def a_root_of_rpm_may_be_a_link(folder):
    database = seawall.shared("corpora/rpmdb")
    sqlite = [p for p in glob.glob(os.path.join(database, "**", "rpmdb.sqlite"), recursive=True)]
    if not sqlite:
        print("no shared data: rpmdb.sqlite")
        return
    with open(sqlite[0], "rb") as f:
        data = f.read()
    plain = stack(folder, [file("usr/lib/sysimage/rpm/rpmdb.sqlite", data)])
    linked = stack(folder, [link("var/lib/rpm", "../../usr/lib/sysimage/rpm"),
                            link("usr/share/rpm", "../lib/sysimage/rpm")],
                   [file("var/lib/rpm/rpmdb.sqlite", data)])
    assert len(packages(plain)) > 0
    assert [p[:2] for p in packages(plain)] == [p[:2] for p in packages(linked)]
    assert not notes(linked, "unreadable"), linked["notes"]


def a_database_behind_a_link_is_named(folder):
    for path, target in (("var/lib/dpkg/status", "../../../data/status"),
                         ("var/lib/dpkg", "/data"), ("var", "srv/var")):
        report = stack(folder, DEBIAN + [file("data/status", status(("zsh", "1")))],
                       [link(path, target)])
        assert not packages(report), (path, packages(report))
        found = [n for n in notes(report, "unreadable") if "no package database" in n["message"]]
        assert found, (path, report["notes"])
    root = os.path.join(folder, "root")
    os.makedirs(os.path.join(root, "var/lib/dpkg"))
    os.makedirs(os.path.join(root, "data"))
    os.symlink("../../../data/status", os.path.join(root, "var/lib/dpkg/status"))
    with open(os.path.join(root, "data/status"), "wb") as f:
        f.write(status(("zsh", "1")))
    report = scan(root)
    assert notes(report, "unreadable"), report["notes"]


def licences_are_found_through_links(folder):
    text = b"Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n\n" \
           b"Files: *\nLicense: GPL-3+\n"
    members = [file("etc/os-release", OS_RELEASE),
               file("var/lib/dpkg/status", status(("gcc-12-base", "1"), ("libstdc++6", "1"))),
               link("usr/share/doc/libstdc++6", "gcc-12-base"),
               file("usr/share/doc/gcc-12-base/copyright", text)]
    root = os.path.join(folder, "root")
    with tarfile.open(make_tar(os.path.join(folder, "root.tar"), *members)) as archive:
        archive.extractall(root)
    for report in (stack(folder, members), scan(root),
                   stack(folder, members[:2] + members[3:], [members[2]])):
        licences = {p["name"]: p.get("licence", "") for p in report["packages"]}
        assert licences["gcc-12-base"], licences
        assert licences["gcc-12-base"] == licences["libstdc++6"], licences


def what_replaces_a_wanted_file_ends_it(folder):
    for member in (directory("var/lib/dpkg/status"),
                   ("var/lib/dpkg/status", b"", {"type": tarfile.FIFOTYPE}),
                   file("var/lib/dpkg", b"a file"), ("var", b"", {"type": tarfile.CHRTYPE})):
        report = stack(folder, DEBIAN, [member])
        assert not packages(report), (member, packages(report))
        assert report["os"]["id"] == "debian"
        assert notes(report), member


def whiteouts_of_the_corpus_hide(folder):
    source = seawall.shared("corpora/tars/claircore/whiteout")
    base = DEBIAN + [file("a/two.jar", b"x"), file("b/one.jar", b"x"), file("a/a_file.txt", b"x"),
                     file("a_root_file.txt", b"x"), file("etc/profile", b"x")]
    for name, jars in (("whiteout.layer", 2), ("whiteout_advanced.layer", 1),
                       ("whiteout_opaque.layer", 1)):
        report = stack(folder, base, os.path.join(source, name))
        assert packages(report) == [("bash", "5.2", 0)], name
        assert report["os"]["id"] == "debian", name
        seen = {u["kind"]: u for u in report["unexamined"]}
        assert seen[".jar"]["n"] == jars, (name, report["unexamined"])
        left = "b/one.jar" if name == "whiteout_opaque.layer" else "a/two.jar"
        assert seen[".jar"]["example"] == left, (name, report["unexamined"])


def images_of_the_corpus_end_in_a_report(folder):
    for path in sorted(glob.glob(seawall.shared("corpora/tars/osv-scalibr/layerscanning") + "/*")):
        reports, error = run(path)
        name = os.path.basename(path)
        if name == "empty.tar":
            assert reports or error.strip(), name
            continue
        assert len(reports) == 1, (name, error)
        assert any("no package database" in n["message"] for n in notes(reports[0])), name
        assert not notes(reports[0], "unreadable"), (name, reports[0]["notes"])
        # The same layers above a system: links that attack or turn in circles harm nothing.
        with tarfile.open(path) as image:
            layers = []
            for member in image:
                if member.name.endswith("/layer.tar"):
                    layers.append(os.path.join(folder, f"{name}.{len(layers)}"))
                    with open(layers[-1], "wb") as out:
                        out.write(image.extractfile(member).read())
        report = stack(folder, DEBIAN, *layers)
        assert packages(report) == [("bash", "5.2", 0)], (name, report)
        assert not notes(report), (name, report["notes"])


def main():
    need_engine()
    tests = [value for name, value in globals().items()
             if callable(value) and getattr(value, "__code__", None)
             and value.__code__.co_varnames[:1] == ("folder",)
             and value.__module__ == "__main__" and name != "stack"]
    for test in tests:
        with tempfile.TemporaryDirectory() as folder:
            test(folder)
        print(f"ok {test.__name__}")


if __name__ == "__main__":
    main()
