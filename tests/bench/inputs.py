# SPDX-License-Identifier: Apache-2.0
"""What tests/bench/run measures: images built once below build/bench/, the same bytes every time
but for the Debian packages, which are those of the day.
"""
import hashlib
import io
import json
import os
import random
import shutil
import subprocess
import tarfile

TOP = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
WORK = os.path.join(TOP, "build", "bench")
CHUNK = 1 << 20

PACKAGES = ("ca-certificates,curl,git,python3,perl,build-essential,openssh-client,vim,imagemagick,"
            "postgresql-client,nginx-light,libxml2-dev,libssl-dev")

# The images that are not a real system still have one package, so that every tool has an answer.
SMALL_SYSTEM = {
    "etc/os-release": b'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian GNU/Linux 12"\n',
    "var/lib/dpkg/status": (b"Package: libssl3\nStatus: install ok installed\nVersion: 3.0.9-1\n"
                            b"Architecture: amd64\nSource: openssl\nMaintainer: x <x@y.z>\n"
                            b"Description: x\n\n"),
}


def file_digest(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def config_of(diff_ids):
    return json.dumps({
        "architecture": "amd64", "os": "linux", "config": {},
        "rootfs": {"type": "layers", "diff_ids": ["sha256:" + d for d in diff_ids]},
        "history": [{"created_by": f"layer {i}"} for i in range(len(diff_ids))]}).encode()


def docker_archive(path, layers):
    """As `docker save` writes it, of uncompressed layers."""
    digests = [file_digest(layer) for layer in layers]
    config = config_of(digests)
    name = hashlib.sha256(config).hexdigest() + ".json"
    manifest = json.dumps([{"Config": name, "RepoTags": ["bench:1"],
                            "Layers": [d + "/layer.tar" for d in digests]}]).encode()
    with tarfile.open(path, "w") as archive:
        for member, data in ((name, config), ("manifest.json", manifest)):
            info = tarfile.TarInfo(member)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
        for digest, layer in zip(digests, layers):
            info = tarfile.TarInfo(digest + "/layer.tar")
            info.size = os.path.getsize(layer)
            with open(layer, "rb") as file:
                archive.addfile(info, file)


def oci_layout(path, layers, compress):
    """An OCI layout with layers compressed by a command such as ['gzip', '-6', '-n']."""
    blobs = os.path.join(path, "blobs", "sha256")
    os.makedirs(blobs)

    def put(data):
        digest = hashlib.sha256(data).hexdigest()
        with open(os.path.join(blobs, digest), "wb") as file:
            file.write(data)
        return {"digest": "sha256:" + digest, "size": len(data)}

    layer_type = f"application/vnd.oci.image.layer.v1.tar+{compress[0]}"
    descriptors = []
    for layer in layers:
        with open(layer, "rb") as file:
            data = subprocess.run(compress, stdin=file, stdout=subprocess.PIPE, check=True).stdout
        descriptors.append({"mediaType": layer_type, **put(data)})
    config = put(config_of([file_digest(layer) for layer in layers]))
    manifest_type = "application/vnd.oci.image.manifest.v1+json"
    manifest = put(json.dumps({
        "schemaVersion": 2, "mediaType": manifest_type,
        "config": {"mediaType": "application/vnd.oci.image.config.v1+json", **config},
        "layers": descriptors}).encode())
    with open(os.path.join(path, "index.json"), "w", encoding="ascii") as file:
        json.dump({"schemaVersion": 2, "manifests": [
            {"mediaType": manifest_type, **manifest,
             "platform": {"os": "linux", "architecture": "amd64"}}]}, file)
    with open(os.path.join(path, "oci-layout"), "w", encoding="ascii") as file:
        file.write('{"imageLayoutVersion":"1.0.0"}')


def once(name, build):
    """The path of a thing below build/bench/, built when it is not there yet."""
    path = os.path.join(WORK, name)
    if not os.path.exists(path):
        shutil.rmtree(path + ".part", ignore_errors=True)
        build(path + ".part")
        os.rename(path + ".part", path)
    return path


def debian_layer():
    """A real system of a few hundred packages."""
    return once("debian.layer.tar", lambda path: subprocess.run(
        ["mmdebstrap", "--quiet", "--variant=minbase", "--format=tar", f"--include={PACKAGES}",
         "bookworm", path], check=True))


def debian_part(index, count):
    """One of the layers that the same system makes when its members are dealt out in turn of
    their bytes."""
    def build(path):
        with tarfile.open(debian_layer()) as whole, tarfile.open(path, "w") as part:
            share = os.path.getsize(debian_layer()) / count
            for member in whole:
                if min(int(member.offset / share), count - 1) == index:
                    part.addfile(member, whole.extractfile(member) if member.isreg() else None)
    return once(f"debian.{index + 1}-of-{count}.layer.tar", build)


def add_small_system(archive):
    for name, data in SMALL_SYSTEM.items():
        info = tarfile.TarInfo(name)
        info.size = len(data)
        archive.addfile(info, io.BytesIO(data))


def big_layer():
    """1 GiB in files of 64 KiB to 8 MiB, half of it compressible."""
    def build(path):
        rng = random.Random(1)
        with tarfile.open(path, "w") as archive:
            add_small_system(archive)
            total = 0
            while total < 1 << 30:
                size = rng.choice([1 << 16, 1 << 18, 1 << 20, 1 << 23])
                data = rng.randbytes(size // 2) + rng.randbytes(64) * (size // 128)
                info = tarfile.TarInfo(f"opt/data/{total:012d}.bin")
                info.size = len(data)
                archive.addfile(info, io.BytesIO(data))
                total += len(data)
    return once("big.layer.tar", build)


def tiny_layer(count):
    """Many files of ten bytes. Headers are made from one template: tarfile needs minutes."""
    def build(path):
        info = tarfile.TarInfo("")
        info.size = 10
        blank = bytearray(info.tobuf(tarfile.USTAR_FORMAT))
        blank[148:156] = b"        "
        base = sum(blank)
        body = b"0123456789".ljust(512, b"\0")
        with tarfile.open(path, "w") as archive:
            add_small_system(archive)
            end = archive.offset
        with open(path, "r+b") as file:
            file.seek(end)
            for i in range(count):
                name = b"srv/%03d/%05d.txt" % (i % 997, i // 997)
                blank[0:len(name)] = name
                blank[148:156] = b"%06o\0 " % (base + sum(name))
                file.write(blank + body)
            file.write(bytes(10240))
    return once(f"tiny-{count}.layer.tar", build)


GZIP = ["gzip", "-6", "-n"]
ZSTD = ["zstd", "-q", "-3"]
IMAGES = {
    "debian": ("debian.tar", lambda path: docker_archive(path, [debian_layer()])),
    "debian-gzip": ("debian-gzip", lambda path: oci_layout(path, [debian_layer()], GZIP)),
    "debian-zstd": ("debian-zstd", lambda path: oci_layout(path, [debian_layer()], ZSTD)),
    "debian-4-layers": ("debian-4-layers", lambda path: oci_layout(
        path, [debian_part(i, 4) for i in range(4)], GZIP)),
    "big": ("big.tar", lambda path: docker_archive(path, [big_layer()])),
    "big-gzip": ("big-gzip", lambda path: oci_layout(path, [big_layer()], GZIP)),
    "tiny": ("tiny.tar", lambda path: docker_archive(path, [tiny_layer(500_000)])),
    "tiny-gzip": ("tiny-gzip", lambda path: oci_layout(path, [tiny_layer(500_000)], GZIP)),
    "tiny3m": ("tiny3m.tar", lambda path: docker_archive(path, [tiny_layer(3_000_000)])),
}


def image(name):
    os.makedirs(WORK, exist_ok=True)
    return once(*IMAGES[name])


def layer_arguments(path):
    """The layers of an image as bench_floor takes them."""
    if os.path.isdir(path):
        blobs = os.path.join(path, "blobs", "sha256")
        layers = [os.path.join(blobs, b) for b in sorted(os.listdir(blobs))]
        return [b for b in layers if os.path.getsize(b) > 100_000]
    with tarfile.open(path) as archive:
        return [f"{path}:{m.offset_data}:{m.size}" for m in archive if m.name.endswith("layer.tar")]


def warm(path):
    """Reads all of it once, so that every measured run finds it in memory."""
    files = [path]
    if os.path.isdir(path):
        files = [os.path.join(folder, name) for folder, _, names in os.walk(path) for name in names]
    for name in files:
        with open(name, "rb") as file:
            while file.read(CHUNK):
                pass
