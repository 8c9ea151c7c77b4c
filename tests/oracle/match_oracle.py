#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Which packages are vulnerable, worked out a second time straight from the feeds: for each kind of
system the simplest program that is right, sharing nothing with Seawall but the feeds' bytes. Version
orders are written anew from the distributions' manuals (apk's in apk_version.py beside this file).

  match_oracle.py debian SOURCES RELEASE STATUS    a dpkg status file, Debian's "12"
  match_oracle.py alma SOURCES RELEASE LIST        lines of rpm -qa (see RPM_QUERY), AlmaLinux's "9"
  match_oracle.py secdb FEED PRODUCT INSTALLED     an apk database; "3.15", or "wolfi"

prints one finding a line, tabs between: package, version, id, fixed version, names."""
import functools
import gzip
import json
import os
import re
import subprocess
import sys
from collections import defaultdict

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True

import apk_version  # noqa: E402

RPM_QUERY = ("%{NAME}\\t%|EPOCH?{%{EPOCH}:}|%{VERSION}-%{RELEASE}\\t%{ARCH}\\t%{SOURCERPM}\\t"
             "%|MODULARITYLABEL?{%{MODULARITYLABEL}}|\\t%|VENDOR?{%{VENDOR}}|\\n")


# ---- version orders ----

def dpkg_weight(c):
    return -1 if c == "~" else ord(c) if c.isalpha() else ord(c) + 256


def dpkg_part_key(part):
    """deb-version(7): text without digits and numbers in turn; the end sorts after '~' only."""
    key = []
    for text, number in re.findall(r"([^0-9]*)([0-9]*)", part):
        key.append((tuple(dpkg_weight(c) for c in text) + (0,), int(number or 0)))
    return key


def dpkg_key(version):
    epoch, colon, rest = version.partition(":")
    if not colon:
        epoch, rest = "0", version
    upstream, dash, revision = rest.rpartition("-")
    if not dash:
        upstream, revision = rest, "0"
    return int(epoch), pad(dpkg_part_key(upstream)), pad(dpkg_part_key(revision))


def pad(key):
    """An absent piece is empty text and zero, however many follow in the other version."""
    while key and key[-1] == ((0,), 0):
        key = key[:-1]
    return Pieces(key)


@functools.total_ordering
class Pieces:
    EMPTY = ((0,), 0)

    def __init__(self, pieces):
        self.pieces = pieces

    def __eq__(self, other):
        return self.pieces == other.pieces

    def __lt__(self, other):
        for i in range(max(len(self.pieces), len(other.pieces))):
            a = self.pieces[i] if i < len(self.pieces) else self.EMPTY
            b = other.pieces[i] if i < len(other.pieces) else self.EMPTY
            if a != b:
                return a < b
        return False


def rpm_pieces(text):
    """rpm-version(7), the pieces that count, each as a key; what follows decides an equal start."""
    before, end, caret, letters, number = -2, -1, 0, 1, 2
    key = []
    for piece in re.findall(r"[0-9]+|[A-Za-z]+|~|\^", text):
        if piece == "~":
            key.append((before, 0, ""))
        elif piece == "^":
            key.append((caret, 0, ""))
        elif piece.isdigit():
            key.append((number, int(piece), ""))
        else:
            key.append((letters, 0, piece))
    return key + [(end, 0, "")]


def rpm_key(evr):
    epoch, colon, rest = evr.partition(":")
    if not colon:
        epoch, rest = "0", evr
    version, _, release = rest.partition("-")
    return int(epoch), rpm_pieces(version), rpm_pieces(release)


def apk_key(version):
    return apk_version.key_of(version)


# ---- feeds ----

def lines_of(path):
    done = subprocess.run(["zstd", "-dcq", path], stdout=subprocess.PIPE, check=True)
    return [json.loads(line) for line in done.stdout.splitlines() if line.strip()]


def known_exploited(sources):
    path = os.path.join(sources, "kev/known_exploited_vulnerabilities.json.zst")
    done = subprocess.run(["zstd", "-dcq", path], stdout=subprocess.PIPE, check=True)
    return {v["cveID"] for v in json.loads(done.stdout)["vulnerabilities"]}


def exploit_scores(sources):
    scores = {}
    with gzip.open(os.path.join(sources, "epss/epss_scores.csv.gz"), "rt") as file:
        for line in file:
            if line.startswith("CVE-"):
                cve, probability, percentile = line.strip().split(",")
                scores[cve] = (float(probability), float(percentile))
    return scores


def listing(packages):
    return " ".join("=".join(package) for package in sorted(packages))


# ---- Debian ----

def dpkg_status(text):
    """Name, version, source, source version of what is unpacked on the system."""
    for block in re.split(r"\n\s*\n", text):
        fields = dict(re.findall(r"^([A-Za-z-]+):[ \t]*(.*)$", block, re.M))
        state = fields.get("Status", "").split(" ")[-1]
        if "Package" not in fields or state in ("", "not-installed", "config-files"):
            continue
        name, version = fields["Package"], fields["Version"]
        source, _, bracket = fields.get("Source", name).partition(" ")
        yield name, version, source, bracket.strip("() ") or version


def debian(sources, release, status):
    """Lines as of expected-fixable.tsv without its third column."""
    fixes = defaultdict(list)
    for fact in lines_of(os.path.join(sources, "native/debian-fixed-versions.jsonl.zst")):
        if fact["release"] == release:
            fixes[fact["source"]].append((fact["cve"], fact["fixed"]))
    binaries = defaultdict(set)
    for name, version, source, source_version in dpkg_status(status):
        binaries[source, source_version].add((name, version))
    found = set()
    for (source, version), names in binaries.items():
        for cve, fixed in fixes[source]:
            if dpkg_key(version) < dpkg_key(fixed):
                found.add((source, version, cve, fixed, listing(names)))
    return found


# ---- AlmaLinux ----

def module_streams(record):
    """Streams that a modular erratum is for: only its title says. None: it has no modular packages.
    Empty: it has, and does not say which."""
    if not any(".module_el" in e.get("fixed", "") for a in record["affected"]
               for r in a["ranges"] for e in r["events"]):
        return None
    title = re.sub(r"^AL[A-Z]{2}-\d+:\d+:?", "", record["summary"])
    return set(re.findall(r"(?<![^\s,])([A-Za-z0-9][\w.+-]*:[\w.+-]*\w)(?=[\s,;/]|$)", title))


GRADES = {"critical": "critical", "important": "high", "moderate": "medium", "low": "low"}


def title_severity(title):
    """"Important: ..." or "... (Important)"; empty where the title has no grade."""
    match = re.match(r"(\w+): ", title) or re.search(r"\((\w+)\)$", title)
    return GRADES.get(match.group(1).lower(), "") if match else ""


def alma_errata(sources, release):
    """Package name -> (id, severity, CVEs, streams, fixed version). Errata list several builds of
    one package: rebuilds for each minor release, and the build of another stream that shares the
    package (mariadb:10.5's galera also as mariadb:10.11 has it, in ALSA-2025:0739). They come from
    one source, each has the fix, and nobody ever gets all of them: the lowest counts."""
    lowest, about = {}, {}
    for record in lines_of(os.path.join(sources, "osv/almalinux.jsonl.zst")):
        cves = {cve for cve in record["related"] if cve.startswith("CVE-")}
        # Bug fixes and enhancements make nothing vulnerable, unless they name what they fix.
        if not record["id"].startswith("ALSA-") and not cves:
            continue
        severity = title_severity(record["summary"])
        about[record["id"]] = (severity, cves, module_streams(record))
        for affected in record["affected"]:
            if affected["package"]["ecosystem"] != "AlmaLinux:" + release:
                continue
            for event in (e for r in affected["ranges"] for e in r["events"] if "fixed" in e):
                key = affected["package"]["name"], record["id"]
                fixed = event["fixed"]
                if key not in lowest or rpm_key(fixed) < rpm_key(lowest[key]):
                    lowest[key] = fixed
    errata = defaultdict(list)
    for (name, record), fixed in lowest.items():
        errata[name].append((record, *about[record], fixed))
    return errata


HEADERS = re.compile(r"kernel-(.*-)?(headers|devel|devel-matched|doc|docs|abi-[a-z]+)")


def applies(streams, version, label):
    """Whether an erratum for these streams speaks of the package at all."""
    is_modular = bool(label) or ".module" in version
    if streams is None or not is_modular:
        return streams is None and not is_modular
    stream = ":".join(label.split(":")[:2])
    return not streams or not label or stream in streams


def source_of(name, source_rpm):
    match = re.fullmatch(r"(.*)-[^-]*-[^-]*\.(?:no)?src\.rpm", source_rpm)
    return match.group(1) if match else name


def alma(sources, release, packages):
    """Of lines of rpm -qa: source, id, severity, fixed version, name, version, architecture."""
    errata, found = alma_errata(sources, release), set()
    for line in packages:
        name, version, arch, source, label, vendor = line.split("\t")
        if vendor not in ("", "(none)") and not vendor.startswith("AlmaLinux"):
            continue
        if HEADERS.fullmatch(name):
            continue
        for record, severity, _, streams, fixed in errata[name]:
            if applies(streams, version, label) and rpm_key(version) < rpm_key(fixed):
                found.add((source_of(name, source), record, severity, fixed, name, version, arch))
    return found


# ---- Alpine, Wolfi, Chainguard ----

def secdb_packages(path):
    """A list of (package, version, words) of a feed in either form."""
    with open(path, encoding="utf-8") as file:
        text = file.read()
    if text.lstrip().startswith("{"):
        for item in json.loads(text)["packages"]:
            for version, ids in (item["pkg"].get("secfixes") or {}).items():
                for words in ids:
                    yield item["pkg"]["name"], version, words
        return
    name = version = None
    for line in text.splitlines():
        if match := re.fullmatch(r"    name: (\S+)", line):
            name = match.group(1).strip("'\"")
        elif match := re.fullmatch(r"      (\S+):(?: \[\])?", line):
            version = match.group(1).strip("'\"")
        elif match := re.fullmatch(r"      +- (.*)", line):
            yield name, version, match.group(1).strip("'\"")


def apk_installed(text):
    """Name, version, origin."""
    for block in re.split(r"\n\s*\n", text):
        fields = dict(re.findall(r"^([A-Z]|o):(.*)$", block, re.M))
        if "P" in fields:
            yield fields["P"], fields["V"], fields.get("o", fields["P"])


def secdb(feeds, installed):
    """Origin, version, id, fixed version, names. Of several fixes of one id all are needed."""
    fixes = defaultdict(list)
    for path in feeds:
        for package, version, words in secdb_packages(path):
            ids = [w.strip(",;") for w in words.split() if re.match(r"[A-Za-z]+-.*\d", w)]
            cves = [i for i in ids if i.startswith("CVE-")]
            if ids and version != "0":
                fixes[package, (cves or ids)[0]].append(version)
    names = defaultdict(set)
    for name, version, origin in apk_installed(installed):
        names[origin, version].add((name, version))
    found = set()
    for (package, vulnerability), versions in fixes.items():
        for (origin, version), binaries in names.items():
            open_fixes = [v for v in versions if apk_key(version) < apk_key(v)]
            if origin == package and open_fixes:
                found.add((origin, version, vulnerability, max(open_fixes, key=apk_key),
                           listing(binaries)))
    return found


def main():
    kind, sources, release, path = sys.argv[1:]
    with open(path, encoding="utf-8", errors="surrogateescape") as file:
        text = file.read()
    if kind == "debian":
        found = debian(sources, release, text)
    elif kind == "alma":
        found = alma(sources, release, text.splitlines())
    else:
        found = secdb([sources], text)
    for line in sorted(found):
        print("\t".join(line))


if __name__ == "__main__":
    main()
