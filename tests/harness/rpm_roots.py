# SPDX-License-Identifier: Apache-2.0
"""Roots with packages that rpmbuild makes and rpm installs: many packages from one spec, since a
run of rpmbuild costs more than a package."""
import concurrent.futures
import os
import subprocess

PACKAGES_MAX = 40  # of one spec
MAIN = """
Name: {source}
Version: {version}
Release: {release}
Epoch: {epoch}
Summary: made by a test
License: MIT
BuildArch: {arch}
{tags}
%description
None.
%install
"""
PART = """
%package -n {name}
Version: {version}
Release: {release}
Epoch: {epoch}
Summary: made by a test
%description -n {name}
None.
%files -n {name}
"""
DEFINES = {"debug_package": "%{nil}", "__os_install_post": "%{nil}", "_build_id_links": "none",
           "_binary_payload": "w0.gzdio", "_buildhost": "localhost",
           "dist": "%{nil}", "_rpmfilename": "%%{NAME}.rpm"}


def split_evr(evr):
    epoch, colon, rest = evr.rpartition(":")
    version, _, release = rest.rpartition("-")
    return epoch if colon else "0", version, release


def spec_of(source, packages, module, vendor, arch):
    """One source package; `packages` is a dict of name -> epoch:version-release."""
    tags = [f"ModularityLabel: {module}"] if module else []
    tags += [f"Vendor: {vendor}"] if vendor else []
    epoch, version, release = split_evr(packages.get(source, "0:1-1"))
    text = MAIN.format(source=source, version=version, release=release, epoch=epoch, arch=arch,
                       tags="\n".join(tags))
    for name, evr in packages.items():
        epoch, version, release = split_evr(evr)
        if name == source:
            text += "%files\n"
            continue
        text += PART.format(name=name, version=version, release=release, epoch=epoch)
    return text


def build(top, index, spec):
    """The packages of one spec, in a folder of their own."""
    here = os.path.join(top, f"spec-{index}")
    os.makedirs(here)
    path = os.path.join(here, "a.spec")
    with open(path, "w", encoding="utf-8") as file:
        file.write(spec)
    command = ["rpmbuild", "-bb", "--quiet", "--nodeps", "-D", "_topdir " + here]
    for name, value in DEFINES.items():
        command += ["-D", f"{name} {value}"]
    done = subprocess.run(command + [path], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"rpmbuild: {done.stderr[-2000:]}")
    found = os.path.join(here, "RPMS")
    return [os.path.join(found, name) for name in sorted(os.listdir(found))]


def make(root, top, specs):
    """Builds all and installs them into a fresh root."""
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        rpms = [rpm for made in pool.map(lambda item: build(top, *item), enumerate(specs))
                for rpm in made]
    os.makedirs(root)
    base = ["rpm", "--root", root, "--dbpath", "/var/lib/rpm"]
    subprocess.run(base + ["--initdb"], check=True)
    for first in range(0, len(rpms), 500):
        done = subprocess.run(
            base + ["-i", "--justdb", "--nodeps", "--noscripts", "--ignorearch", "--ignoreos",
                    "--nosignature", "--nodigest", "--force"] + rpms[first:first + 500],
            capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"rpm: {done.stderr[-2000:]}")
    return len(rpms)


def listed(root, query):
    """What rpm says is installed."""
    done = subprocess.run(["rpm", "--root", root, "--dbpath", "/var/lib/rpm", "-qa", "--qf", query],
                          capture_output=True, text=True, check=True)
    return [line for line in done.stdout.splitlines() if not line.startswith("gpg-pubkey\t")]
