# SPDX-License-Identifier: Apache-2.0
"""What end-to-end tests share: the programs, the shared data, skipping, and images to scan."""
import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import tarfile

TOP = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
BUILD = os.environ.get("SEAWALL_BUILD", os.path.join(TOP, "build", "dev"))
PROGRAM = os.path.join(BUILD, "bin", "seawall")
SHARED = os.environ.get("SEAWALL_SHARED", os.path.join(TOP, "..", "shared"))
# What takes minutes to make (whole systems) is kept between runs.
CACHE = os.environ.get("SEAWALL_TEST_CACHE", os.path.expanduser("~/.cache/seawall-tests"))


def skip(reason):
    print(f"skipped: {reason}")
    sys.exit(77)


def shared(relative):
    path = os.path.join(SHARED, relative)
    if not os.path.exists(path):
        skip(f"no shared data '{relative}' (SEAWALL_SHARED)")
    return path


def need(*tools):
    for tool in tools:
        if shutil.which(tool) is None:
            skip(f"'{tool}' is not installed")


def run(*arguments, status=(0,), **options):
    """Runs seawall; its exit status must be one of `status` (None: any)."""
    done = subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, check=False,
                          **options)
    if status is not None and done.returncode not in status:
        raise AssertionError(
            f"seawall {' '.join(map(str, arguments))}: exit {done.returncode}, wanted {status}\n"
            f"{done.stdout.decode(errors='replace')[-2000:]}\n"
            f"{done.stderr.decode(errors='replace')[-4000:]}")
    return done


def scan(target, *arguments, status=(0, 4), **options):
    """The JSON report on a target, without a cache unless asked for."""
    if not any(str(a).startswith("--cache-dir") for a in arguments):
        arguments = ("--no-cache", *arguments)
    done = run("scan", "--quiet", "-f", "json", *arguments, target, status=status, **options)
    return json.loads(done.stdout)


def sha256(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() if hasattr(
            hashlib, "file_digest") else hashlib.sha256(file.read()).hexdigest()


COMPRESS = {
    "plain": None,
    "gzip": ["gzip", "-1", "-n"],
    "zstd": ["zstd", "-q", "-1", "-c"],
    "bzip2": ["bzip2", "-1", "-c"],
    "xz": ["xz", "-0", "-c"],
}


def compress(source, to, kind):
    if COMPRESS[kind] is None:
        shutil.copyfile(source, to)
        return
    with open(source, "rb") as stdin, open(to, "wb") as stdout:
        subprocess.run(COMPRESS[kind], stdin=stdin, stdout=stdout, check=True)


def _config(layers, architecture="amd64"):
    return json.dumps({
        "architecture": architecture, "os": "linux", "config": {},
        "rootfs": {"type": "layers", "diff_ids": ["sha256:" + sha256(l) for l in layers]},
        "history": [{"created_by": f"RUN make layer {i}"} for i in range(len(layers))],
    }).encode()


def _add(archive, name, data):
    info = tarfile.TarInfo(name)
    info.size = len(data)
    archive.addfile(info, io.BytesIO(data))


def docker_archive(path, layers, kind="plain", tag="test:1"):
    """What `docker save` wrote before it wrote OCI layouts: layer tars (paths), lowest first."""
    config = _config(layers)
    name = hashlib.sha256(config).hexdigest() + ".json"
    with tarfile.open(path, "w") as archive:
        members = []
        for layer in layers:
            packed = path + ".layer"
            compress(layer, packed, kind)
            member = sha256(layer) + "/layer.tar"
            archive.add(packed, member)
            os.unlink(packed)
            members.append(member)
        _add(archive, name, config)
        _add(archive, "manifest.json", json.dumps(
            [{"Config": name, "RepoTags": [tag], "Layers": members}]).encode())


def oci_layout(path, layers, kind="gzip", architecture="amd64"):
    """An OCI image layout directory."""
    blobs = os.path.join(path, "blobs", "sha256")
    os.makedirs(blobs)

    def put(data):
        digest = hashlib.sha256(data).hexdigest()
        with open(os.path.join(blobs, digest), "wb") as file:
            file.write(data)
        return {"digest": "sha256:" + digest, "size": len(data)}

    suffix = {"plain": "", "gzip": "+gzip", "zstd": "+zstd"}.get(kind, "+gzip")
    descriptors = []
    for layer in layers:
        packed = os.path.join(path, "packed")
        compress(layer, packed, kind)
        digest = sha256(packed)
        descriptors.append({"mediaType": "application/vnd.oci.image.layer.v1.tar" + suffix,
                            "digest": "sha256:" + digest, "size": os.path.getsize(packed)})
        os.rename(packed, os.path.join(blobs, digest))
    manifest = put(json.dumps({
        "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": {"mediaType": "application/vnd.oci.image.config.v1+json",
                   **put(_config(layers, architecture))},
        "layers": descriptors}).encode())
    with open(os.path.join(path, "index.json"), "w", encoding="ascii") as file:
        json.dump({"schemaVersion": 2, "manifests": [
            {"mediaType": "application/vnd.oci.image.manifest.v1+json", **manifest,
             "platform": {"os": "linux", "architecture": architecture}}]}, file)
    with open(os.path.join(path, "oci-layout"), "w", encoding="ascii") as file:
        file.write('{"imageLayoutVersion":"1.0.0"}')


def tar_of(directory, path):
    """A plain tar of a directory's content."""
    subprocess.run(["tar", "-C", directory, "-cf", path, "."], check=True)
