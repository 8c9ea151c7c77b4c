#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Expected findings, worked out without any of Seawall's code.

    match_oracle.py debian --release 12 --sources DIR PACKAGES
    match_oracle.py alma   --release 9  --sources DIR PACKAGES
    match_oracle.py secdb  --feed FILE  PACKAGES

Reads the feeds as they come (zstd by the zstd program) and the packages of one system, compares
versions by its own reading of deb-version(7), rpm's and apk's manuals, and prints one line for each
finding: source, installed version, id of the advisory or CVE, fixed version; tabs between, sorted.

PACKAGES is a dpkg status file (debian), or JSON: a list of objects with "name", "version", "arch",
"source", "source_version", "module" (rpm "name:stream:..."); rpm versions are "epoch:version-release"
with the epoch left out when there is none. For rpm, PACKAGES may be "-" for standard input.
"""
import argparse
import gzip
import json
import re
import subprocess
import sys

# ---------------------------------------------------------------- versions


def dpkg_order(c):
    if c == "~":
        return -1
    if c == "" or c.isdigit():
        return 0
    if c.isalpha():
        return ord(c)
    return ord(c) + 256


def dpkg_part(a, b):
    i = j = 0
    while i < len(a) or j < len(b):
        while (i < len(a) and not a[i].isdigit()) or (j < len(b) and not b[j].isdigit()):
            x = dpkg_order(a[i] if i < len(a) else "")
            y = dpkg_order(b[j] if j < len(b) else "")
            if x != y:
                return -1 if x < y else 1
            i += 1
            j += 1
        m, n = i, j
        while i < len(a) and a[i].isdigit():
            i += 1
        while j < len(b) and b[j].isdigit():
            j += 1
        x, y = int(a[m:i] or 0), int(b[n:j] or 0)
        if x != y:
            return -1 if x < y else 1
    return 0


def dpkg_split(v):
    epoch, rest = v.split(":", 1) if ":" in v else ("0", v)
    upstream, revision = rest.rsplit("-", 1) if "-" in rest else (rest, "")
    return int(epoch or 0), upstream, revision


def dpkg_compare(a, b):
    (ea, ua, ra), (eb, ub, rb) = dpkg_split(a), dpkg_split(b)
    if ea != eb:
        return -1 if ea < eb else 1
    return dpkg_part(ua, ub) or dpkg_part(ra, rb)


RPM_PIECE = re.compile(r"[0-9]+|[A-Za-z]+|~|\^")


def rpm_part(a, b):
    if a == b:
        return 0
    x, y = RPM_PIECE.findall(a), RPM_PIECE.findall(b)
    for i in range(max(len(x), len(y))):
        p = x[i] if i < len(x) else None
        q = y[i] if i < len(y) else None
        if p == q:
            continue
        if p == "~" or q == "~":
            return -1 if p == "~" else 1
        if p == "^" or q == "^":
            if p is None:
                return -1
            if q is None:
                return 1
            return -1 if p == "^" else 1
        if p is None or q is None:
            return -1 if p is None else 1
        if p.isdigit() != q.isdigit():
            return 1 if p.isdigit() else -1
        if p.isdigit():
            if int(p) != int(q):
                return -1 if int(p) < int(q) else 1
            continue
        return -1 if p < q else 1
    return 0


def rpm_split(v):
    epoch, rest = v.split(":", 1) if ":" in v else ("0", v)
    version, release = rest.split("-", 1) if "-" in rest else (rest, "")
    return int(epoch or 0), version, release


def rpm_compare(a, b):
    (ea, va, ra), (eb, vb, rb) = rpm_split(a), rpm_split(b)
    if ea != eb:
        return -1 if ea < eb else 1
    return rpm_part(va, vb) or (rpm_part(ra, rb) if ra and rb else 0)


APK_VERSION = re.compile(
    r"(?P<digits>[0-9]+(?:\.[0-9]+)*)(?P<letter>[a-z])?(?P<suffixes>(?:_[a-z]+[0-9]*)*)"
    r"(?:~[0-9a-f]+)?(?:-r(?P<revision>[0-9]+))?$"
)
APK_SUFFIXES = ["alpha", "beta", "pre", "rc", "", "cvs", "svn", "git", "hg", "p"]


def apk_key(v):
    m = APK_VERSION.match(v)
    if not m:
        raise ValueError(f"apk version {v!r}")
    suffixes = []
    for name, number in re.findall(r"_([a-z]+)([0-9]*)", m["suffixes"] or ""):
        suffixes.append((APK_SUFFIXES.index(name) - APK_SUFFIXES.index(""), int(number or 0)))
    return m["digits"].split("."), m["letter"] or "", suffixes, int(m["revision"] or 0)


def apk_digits(x, y):
    for i in range(max(len(x), len(y))):
        if i >= len(x) or i >= len(y):
            return -1 if i >= len(x) else 1
        # After the first number a leading zero makes it a fraction: compared as text.
        if i > 0 and (x[i].startswith("0") or y[i].startswith("0")):
            p, q = x[i], y[i]
        else:
            p, q = int(x[i]), int(y[i])
        if p != q:
            return -1 if p < q else 1
    return 0


def apk_compare(a, b):
    (da, la, sa, ra), (db, lb, sb, rb) = apk_key(a), apk_key(b)
    r = apk_digits(da, db)
    if r:
        return r
    if la != lb:
        return -1 if la < lb else 1
    for i in range(max(len(sa), len(sb))):
        p = sa[i] if i < len(sa) else (0, 0)
        q = sb[i] if i < len(sb) else (0, 0)
        if p != q:
            return -1 if p < q else 1
    return (ra > rb) - (ra < rb)


# ---------------------------------------------------------------- input


def read_bytes(path):
    if path.endswith(".zst"):
        return subprocess.run(["zstd", "-dc", path], check=True, stdout=subprocess.PIPE).stdout
    if path.endswith(".gz"):
        with gzip.open(path) as f:
            return f.read()
    if path == "-":
        return sys.stdin.buffer.read()
    with open(path, "rb") as f:
        return f.read()


def read_lines(path):
    for line in read_bytes(path).splitlines():
        if line.strip():
            yield json.loads(line)


def read_dpkg_status(path):
    for paragraph in read_bytes(path).decode("utf-8", "replace").split("\n\n"):
        fields = dict(re.findall(r"^([A-Za-z0-9-]+):[ \t]*(.*)$", paragraph, re.M))
        if "Package" not in fields or "Version" not in fields:
            continue
        if "Status" in fields and fields["Status"].split()[-1] in ("not-installed", "config-files"):
            continue
        m = re.match(r"(\S+)(?:\s+\((.*)\))?$", fields.get("Source", fields["Package"]))
        yield {
            "name": fields["Package"],
            "version": fields["Version"],
            "source": m[1],
            "source_version": m[2] or fields["Version"],
        }


def read_packages(path):
    for p in json.loads(read_bytes(path)):
        p.setdefault("source", p["name"])
        p.setdefault("source_version", p["version"])
        p.setdefault("module", "")
        yield p


# ---------------------------------------------------------------- systems


def match_debian(args):
    packages = {(p["source"], p["source_version"]) for p in read_dpkg_status(args.packages)}
    facts = {}
    for line in read_lines(f"{args.sources}/native/debian-fixed-versions.jsonl.zst"):
        if line["release"] == args.release:
            facts.setdefault(line["source"], []).append((line["cve"], line["fixed"]))
    for source, version in packages:
        for cve, fixed in facts.get(source, []):
            if dpkg_compare(version, fixed) < 0:
                yield source, version, cve, fixed


KERNEL_HEADERS = re.compile(r"kernel(-.*)?-headers$|kernel-headers$")
STREAM = re.compile(r"(?:^|\s)([A-Za-z0-9][A-Za-z0-9_.+-]*:[A-Za-z0-9][A-Za-z0-9_.+-]*)(?=$|[\s,;])")


def module_agrees(package, fixed, summary):
    is_modular = bool(package["module"]) or ".module" in package["version"]
    if (".module_el" in fixed or ".module+el" in fixed) != is_modular:
        return False
    streams = STREAM.findall(summary)
    if not is_modular or not package["module"] or not streams:
        return True
    return ":".join(package["module"].split(":")[:2]) in streams


def alma_name(record):
    ids = [record["id"]] + record.get("aliases", []) + record.get("related", [])
    cves = sorted({i for i in ids if i.startswith("CVE-")})
    return cves[0] if len(cves) == 1 else record["id"]


def match_alma(args):
    by_name = {}
    for p in read_packages(args.packages):
        if not KERNEL_HEADERS.match(p["name"]):
            by_name.setdefault(p["name"], []).append(p)
    seen = {}
    for record in read_lines(f"{args.sources}/osv/almalinux.jsonl.zst"):
        if record.get("withdrawn"):
            continue
        # The same erratum may come twice; the newer one counts.
        old = seen.get(record["id"])
        if old is None or record.get("modified", "") > old.get("modified", ""):
            seen[record["id"]] = record
    for record in seen.values():
        if args.security_only and not record["id"].startswith("ALSA-"):
            continue
        found = {}
        for affected in record["affected"]:
            name = affected["package"]["name"]
            if affected["package"]["ecosystem"] != f"AlmaLinux:{args.release}":
                continue
            fixes = [e["fixed"] for r in affected["ranges"] for e in r["events"] if "fixed" in e]
            for p in by_name.get(name, []):
                for fixed in fixes:
                    if not module_agrees(p, fixed, record.get("summary", "")):
                        continue
                    if rpm_compare(p["version"], fixed) >= 0:
                        continue
                    key = (p["source"], p["source_version"])
                    # The binary called as its source speaks for all of them.
                    if key not in found or p["name"] == p["source"]:
                        found[key] = (p["version"], fixed)
        for (source, _), (version, fixed) in found.items():
            yield source, version, alma_name(record), fixed


def match_secdb(args):
    packages = {(p["source"], p["source_version"]) for p in read_packages(args.packages)}
    fixes = {}
    for entry in json.loads(read_bytes(args.feed))["packages"]:
        pkg = entry["pkg"]
        for fixed, ids in pkg["secfixes"].items():
            for line in ids or []:
                fixes.setdefault(pkg["name"], []).append((fixed, line.split()))
    for source, version in packages:
        for fixed, ids in fixes.get(source, []):
            if fixed == "0" or apk_compare(version, fixed) >= 0:
                continue
            yield source, version, ids[0], fixed


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("system", choices=["debian", "alma", "secdb"])
    parser.add_argument("packages")
    parser.add_argument("--release")
    parser.add_argument("--sources", default="../shared/vulndb-sources")
    parser.add_argument("--feed", help="a secdb file")
    parser.add_argument("--security-only", action="store_true", help="alma: ALSA records alone")
    args = parser.parse_args()
    match = {"debian": match_debian, "alma": match_alma, "secdb": match_secdb}[args.system]
    for row in sorted(set(match(args))):
        print("\t".join(row))


if __name__ == "__main__":
    main()
