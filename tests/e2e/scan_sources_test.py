#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The same system as each kind of source and with each compression: the same packages from all."""
import gzip
import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "harness"))
import seawall  # noqa: E402
from engine import need_engine, notes, packages, run, scan  # noqa: E402

OS_RELEASE = b'ID=debian\nVERSION_ID="12"\nVERSION_CODENAME=bookworm\nPRETTY_NAME="Debian 12"\n'


def status(*items):
    return "\n".join(
        f"Package: {name}\nStatus: install ok installed\nArchitecture: amd64\nVersion: {version}\n"
        for name, version in items).encode()


def add(archive, name, data=b"", **fields):
    info = tarfile.TarInfo(name)
    info.size = len(data)
    for key, value in fields.items():
        setattr(info, key, value)
    archive.addfile(info, io.BytesIO(data))


def make_tar(path, *members, fmt=tarfile.PAX_FORMAT):
    with tarfile.open(path, "w", format=fmt) as archive:
        for name, data, fields in members:
            add(archive, name, data, **fields)
    return path


def file(name, data):
    return (name, data, {})


def link(name, target, kind=tarfile.SYMTYPE):
    return (name, b"", {"type": kind, "linkname": target})


BASE = [file("./etc/os-release", OS_RELEASE),
        file("./var/lib/dpkg/status", status(("bash", "5.2"), ("curl", "7.88.1-10")))]
UPPER = [file("var/lib/dpkg/status", status(("bash", "5.2"), ("curl", "7.88.1-10+deb12u8")))]
WANTED = [("bash", "5.2", 0), ("curl", "7.88.1-10+deb12u8", 1)]


def base_layers(folder):
    return [make_tar(os.path.join(folder, "base.tar"), *BASE),
            make_tar(os.path.join(folder, "upper.tar"), *UPPER)]


def check(report, wanted, kind):
    assert packages(report) == sorted(wanted), (kind, packages(report), report["notes"])
    assert report["os"]["id"] == "debian", report["os"]
    assert report["target"]["kind"] == kind, report["target"]
    assert not notes(report), report["notes"]


def pack_outer(path, kind):
    packed = path + "." + kind
    seawall.compress(path, packed, kind)
    return packed


def every_source_and_compression_gives_the_same_packages(folder):
    layers = base_layers(folder)
    for kind in seawall.COMPRESS:
        docker = os.path.join(folder, f"docker-{kind}.tar")
        seawall.docker_archive(docker, layers, kind)
        check(scan(docker), WANTED, "docker-archive")
        check(scan("docker-archive:" + docker), WANTED, "docker-archive")
        layout = os.path.join(folder, f"oci-{kind}")
        seawall.oci_layout(layout, layers, kind)
        check(scan(layout), WANTED, "oci-layout")
        check(scan("oci:" + layout), WANTED, "oci-layout")
        oci_tar = layout + ".tar"
        seawall.tar_of(layout, oci_tar)
        check(scan(oci_tar), WANTED, "oci-archive")
        for path, form in ((docker, "docker-archive"), (oci_tar, "oci-archive")):
            with open(path, "rb") as stdin:
                check(scan("-", stdin=stdin), WANTED, form)
            with subprocess.Popen(["cat", path], stdout=subprocess.PIPE) as cat:
                check(scan("-", stdin=cat.stdout), WANTED, form)


def compressed_outer_archives_are_read_as_a_stream(folder):
    layers = base_layers(folder)
    docker = os.path.join(folder, "outer.tar")
    seawall.docker_archive(docker, layers)
    for kind in seawall.COMPRESS:
        packed = pack_outer(docker, kind)
        check(scan(packed), WANTED, "docker-archive")
        with subprocess.Popen(["cat", packed], stdout=subprocess.PIPE) as cat:
            check(scan("-", stdin=cat.stdout), WANTED, "docker-archive")


def a_directory_is_walked(folder):
    root = os.path.join(folder, "root")
    os.makedirs(root)
    for layer in base_layers(folder):
        subprocess.run(["tar", "-C", root, "-xf", layer], check=True)
    wanted = [(name, version, None) for name, version, _ in WANTED]
    for target in (root, "rootfs:" + root):
        report = scan(target)
        got = [(name, version, None) for name, version, _ in packages(report)]
        assert got == wanted, got
        assert report["target"]["kind"] == "rootfs"
        assert not notes(report), report["notes"]


def a_tar_of_a_root_is_one_layer(folder):
    layer = base_layers(folder)[0]
    for kind in seawall.COMPRESS:
        report = scan(pack_outer(layer, kind))
        assert [p[:2] for p in packages(report)] == [("bash", "5.2"), ("curl", "7.88.1-10")]
        assert report["target"]["kind"] == "rootfs"


def the_old_docker_form_is_read(folder):
    layers = base_layers(folder)
    path = os.path.join(folder, "old.tar")
    ids = ["a" * 64, "b" * 64]
    with tarfile.open(path, "w") as archive:
        for number, layer in enumerate(layers):
            config = {"id": ids[number], "os": "linux", "architecture": "amd64"}
            if number > 0:
                config["parent"] = ids[number - 1]
            add(archive, ids[number] + "/json", json.dumps(config).encode())
            archive.add(layer, ids[number] + "/layer.tar")
        add(archive, "repositories", json.dumps({"old/image": {"1": ids[1]}}).encode())
    for target in (path, pack_outer(path, "gzip")):
        report = scan(target)
        check(report, WANTED, "docker-archive")
        assert report["image"]["name"] == "old/image:1"


def layer_links_in_an_old_archive_are_followed(folder):
    layers = base_layers(folder)
    path = os.path.join(folder, "links.tar")
    with tarfile.open(path, "w") as archive:
        archive.add(layers[0], "aaa/layer.tar")
        archive.add(layers[1], "bbb/layer.tar")
        add(archive, "ccc/layer.tar", type=tarfile.SYMTYPE, linkname="../bbb/layer.tar")
        add(archive, "config.json", json.dumps({"os": "linux", "architecture": "amd64"}).encode())
        add(archive, "manifest.json", json.dumps([{
            "Config": "config.json", "RepoTags": None,
            "Layers": ["aaa/layer.tar", "ccc/layer.tar"]}]).encode())
    check(scan(path), WANTED, "docker-archive")
    check(scan(pack_outer(path, "gzip")), WANTED, "docker-archive")


def whiteouts_and_opaque_directories_hide(folder):
    base = make_tar(os.path.join(folder, "w0.tar"), *BASE,
                    file("var/lib/dpkg/status.d/tz", status(("tzdata", "2024a"))))
    cases = [
        ([file("var/lib/dpkg/.wh.status", b"")], [("tzdata", "2024a", 0)]),
        ([file("var/lib/dpkg/.wh..wh..opq", b"")], []),
        ([file("var/lib/.wh.dpkg", b"")], []),
        ([file("var/lib/dpkg/.wh..wh..opq", b""), UPPER[0]],
         [("bash", "5.2", 0), ("curl", "7.88.1-10+deb12u8", 1)]),
        ([link("var/lib/dpkg", "/elsewhere")], []),
        ([file(".wh..wh.plnk", b""), file("var/.wh..wh.aufs", b"")],
         [("bash", "5.2", 0), ("curl", "7.88.1-10", 0), ("tzdata", "2024a", 0)]),
    ]
    for number, (members, wanted) in enumerate(cases):
        upper = make_tar(os.path.join(folder, f"w1-{number}.tar"), *members)
        path = os.path.join(folder, f"w{number}-image.tar")
        seawall.docker_archive(path, [base, upper])
        got = packages(scan(path))
        assert got == sorted(wanted), (number, got)


def names_are_taken_as_a_runtime_takes_them(folder):
    text = status(("bash", "5.2"))
    for number, name in enumerate([
            "/var/lib/dpkg/status", "./var//lib/./dpkg/status", "../../var/lib/dpkg/status",
            "x/../var/lib/dpkg/status", "var/lib/dpkg/status"]):
        for fmt in (tarfile.PAX_FORMAT, tarfile.GNU_FORMAT, tarfile.USTAR_FORMAT):
            members = [file("etc/os-release", OS_RELEASE), file(name, text)]
            layer = make_tar(os.path.join(folder, f"n{number}-{fmt}.tar"), *members, fmt=fmt)
            path = os.path.join(folder, "n-image.tar")
            seawall.docker_archive(path, [layer])
            assert packages(scan(path)) == [("bash", "5.2", 0)], name


def the_last_of_duplicate_entries_wins(folder):
    layer = make_tar(os.path.join(folder, "dup.tar"), *BASE, *UPPER)
    path = os.path.join(folder, "dup-image.tar")
    seawall.docker_archive(path, [layer])
    assert packages(scan(path)) == [("bash", "5.2", 0), ("curl", "7.88.1-10+deb12u8", 0)]
    layer = make_tar(os.path.join(folder, "dup2.tar"), *BASE, link("var/lib/dpkg/status", "gone"))
    seawall.docker_archive(path, [layer])
    assert packages(scan(path)) == []


def hard_links_to_passed_content_are_read(folder):
    text = status(("bash", "5.2"))
    for kind in ("plain", "gzip"):
        layer = make_tar(os.path.join(folder, "hard.tar"), file("etc/os-release", OS_RELEASE),
                         file("opt/copy", text),
                         link("var/lib/dpkg/status", "opt/copy", tarfile.LNKTYPE))
        path = os.path.join(folder, "hard-image.tar")
        seawall.docker_archive(path, [layer], kind)
        assert packages(scan(path)) == [("bash", "5.2", 0)]
    layer = make_tar(os.path.join(folder, "hard2.tar"), file("etc/os-release", OS_RELEASE),
                     link("var/lib/dpkg/status", "nowhere", tarfile.LNKTYPE))
    seawall.docker_archive(path, [layer])
    report = scan(path)
    assert any("hard link" in n["message"] for n in notes(report, "unreadable")), report["notes"]


def a_platform_is_chosen(folder):
    layout = os.path.join(folder, "multi")
    arm_layer = make_tar(os.path.join(folder, "arm.tar"), *BASE)
    seawall.oci_layout(layout, [arm_layer])
    with open(os.path.join(layout, "index.json"), encoding="ascii") as f:
        index = json.load(f)
    first = index["manifests"][0]
    second = {**first, "platform": {"os": "linux", "architecture": "arm64", "variant": "v8"}}
    unknown = {**first, "platform": {"os": "unknown", "architecture": "unknown"}}
    index["manifests"] = [second, first, unknown]
    with open(os.path.join(layout, "index.json"), "w", encoding="ascii") as f:
        json.dump(index, f)
    for target in (layout, layout + ".tar"):
        if target.endswith(".tar"):
            seawall.tar_of(layout, target)
        assert len(run(target)[0]) == 1
        assert len(run(target, ALL_PLATFORMS="1")[0]) == 2
        reports, error = run(target, PLATFORM="linux/s390x")
        assert not reports and "linux/arm64/v8" in error, error


def a_second_scan_is_answered_from_the_cache(folder):
    layers = base_layers(folder)
    docker = os.path.join(folder, "cached.tar")
    seawall.docker_archive(docker, layers, "gzip")
    layout = os.path.join(folder, "cached-oci")
    seawall.oci_layout(layout, layers)
    for target in (docker, layout):
        cache = os.path.join(folder, "cache-" + os.path.basename(target))
        first = scan(target, cache=cache)
        second = scan(target, cache=cache)
        assert packages(first) == packages(second) == WANTED
        assert [l["is_cached"] for l in second["image"]["layers"]] == [True, True]
        # A damaged file of the cache is as good as none.
        for name in os.listdir(os.path.join(cache, "layers")):
            path = os.path.join(cache, "layers", name)
            with open(path, "r+b") as f:
                f.seek(os.path.getsize(path) // 2)
                f.write(b"damage")
        third = scan(target, cache=cache)
        assert packages(third) == WANTED
        assert [l["is_cached"] for l in third["image"]["layers"]] == [False, False]
    # The file changes under the same name: read anew.
    seawall.docker_archive(docker, layers[:1], "gzip")
    changed = scan(docker, cache=os.path.join(folder, "cache-cached.tar"))
    assert [p[1] for p in packages(changed)] == ["5.2", "7.88.1-10"]


def shared_images_are_read(folder):
    for name, version in (("alpine-310", "3.10.4"), ("alpine-311", "3.11.5")):
        source = os.path.join(seawall.SHARED, "corpora", "images", "trivy", name + ".tar.gz")
        if not os.path.exists(source):
            print(f"no shared data: {name}")
            continue
        plain = os.path.join(folder, name + ".tar")
        with gzip.open(source) as packed, open(plain, "wb") as out:
            shutil.copyfileobj(packed, out)
        for target in (source, plain):
            report = scan(target)
            assert report["os"]["version_id"] == version and len(report["packages"]) == 14
            assert not notes(report), report["notes"]


def main():
    need_engine()
    seawall.need("zstd", "bzip2", "xz")
    tests = [value for name, value in globals().items()
             if callable(value) and getattr(value, "__code__", None)
             and value.__code__.co_varnames[:1] == ("folder",)
             and value.__module__ == "__main__" and name != "base_layers"]
    for test in tests:
        with tempfile.TemporaryDirectory() as folder:
            test(folder)
        print(f"ok {test.__name__}")


if __name__ == "__main__":
    main()
