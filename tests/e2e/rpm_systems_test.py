#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""AlmaLinux 8, 9 and 10 roots made with rpmbuild and rpm from names in the feed: versions below, at
and above each fix, every build that an erratum lists, modules on and off and of other streams,
packages of other vendors, and kernels with their headers. The findings must be the oracle's.

Needs root (rpm --root), rpm and rpmbuild; skipped (77) where they are absent."""
import hashlib
import inspect
import os
import random
import sys
from collections import defaultdict

TESTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
sys.path[:0] = [os.path.join(TESTS, "harness"), os.path.join(TESTS, "oracle")]
sys.dont_write_bytecode = True

import match_oracle  # noqa: E402
import rpm_roots  # noqa: E402
import seawall  # noqa: E402
import systems  # noqa: E402

RELEASES = {"8": "8.10", "9": "9.6", "10": "10.0"}
NAMES = 130      # outside of modules, of each release
STREAM_NAMES = 2  # of each module stream
FOREIGN = ("Fedora Project", "Example Inc.", "Red Hat, Inc.")
OS_RELEASE = """NAME="AlmaLinux"
VERSION="{0}"
ID="almalinux"
ID_LIKE="rhel centos fedora"
VERSION_ID="{0}"
PRETTY_NAME="AlmaLinux {0}"
CPE_NAME="cpe:/o:almalinux:almalinux:{1}::baseos"
"""


class Plan:
    """What to install: groups of packages that share a spec, each name once in a group."""

    def __init__(self):
        self.groups = defaultdict(list)
        self.n = 0

    def add(self, name, evr, module="", vendor="AlmaLinux", arch="x86_64"):
        self.n += 1
        for packages in self.groups[module, vendor, arch]:
            if name not in packages and len(packages) < rpm_roots.PACKAGES_MAX:
                packages[name] = evr
                return
        self.groups[module, vendor, arch].append({name: evr})

    def specs(self):
        everything = [(key, packages) for key, all_of in self.groups.items() for packages in all_of]
        return [rpm_roots.spec_of(f"source-{i:03}", packages, *key)
                for i, (key, packages) in enumerate(everything)]


def below(evr, pick):
    epoch, version, release = rpm_roots.split_evr(evr)
    head, _, last = version.rpartition(".")
    ways = [f"{epoch}:{version}-{release}~1", f"{epoch}:{version}~rc1-{release}", f"0:0.1-{release}"]
    if epoch != "0":
        ways.append(f"0:{version}-{release}")
    if head and last.isdigit() and int(last) > 0:
        ways.append(f"{epoch}:{head}.{int(last) - 1}-{release}")
    return pick.choice(ways)


def above(evr, pick):
    epoch, version, release = rpm_roots.split_evr(evr)
    return pick.choice([f"{epoch}:{version}-{release}.1", f"{epoch}:{version}^1-{release}",
                        f"{epoch}:{version}.1-{release}", f"{int(epoch) + 1}:0.1-{release}"])


def all_builds(sources, release):
    """(name, id) -> every version that the erratum lists."""
    builds = defaultdict(set)
    for record in match_oracle.lines_of(os.path.join(sources, "osv/almalinux.jsonl.zst")):
        for affected in record["affected"]:
            if affected["package"]["ecosystem"] == "AlmaLinux:" + release:
                builds[affected["package"]["name"], record["id"]] |= {
                    e["fixed"] for r in affected["ranges"] for e in r["events"] if "fixed" in e}
    return builds


def plan_plain(plan, errata, builds, pick):
    """Names outside of modules, by several errata each; a few from elsewhere."""
    names = sorted(n for n, all_of in errata.items()
                   if any(streams is None for _, _, _, streams, _ in all_of)
                   and not n.startswith("kernel"))
    several = [n for n in names if any(len(builds[n, e[0]]) > 1 for e in errata[n])]
    for i, name in enumerate(pick.sample(names, min(NAMES, len(names))) + several[:20]):
        plain = [e for e in errata[name] if e[3] is None]
        record, *_, fixed = pick.choice(plain)
        arch = "noarch" if i % 7 == 0 else "x86_64"
        vendor = "" if i % 11 == 0 else "AlmaLinux"
        plan.add(name, below(fixed, pick), vendor=vendor, arch=arch)
        plan.add(name, above(fixed, pick), vendor=vendor, arch=arch)
        for evr in sorted(builds[name, record])[:4]:
            plan.add(name, evr, arch=arch)
        if i % 4 == 0:
            plan.add(name, below(fixed, pick), vendor=FOREIGN[i // 4 % len(FOREIGN)])


def plan_kernels(plan, errata, pick):
    for name in sorted(n for n in errata if n.startswith("kernel")):
        fixed = pick.choice(errata[name])[-1]
        plan.add(name, below(fixed, pick))
        plan.add(name, fixed)


def plan_modules(plan, errata, builds, pick):
    """Each stream's packages under its own label, under another stream's, under none, and the
    package of that name outside of modules."""
    by_stream = defaultdict(list)
    for name, all_of in sorted(errata.items()):
        for record, _, _, streams, fixed in all_of:
            for stream in sorted(streams) if streams else [None] if streams == set() else []:
                by_stream[stream].append((name, record, fixed))
    known = sorted(s for s in by_stream if s)
    for stream in [None] + known:
        module = (stream or "unnamed:1").split(":")[0]
        others = [s for s in known if s != stream and s.split(":")[0] == module]
        other = pick.choice(others) if others else module + ":other"
        choice = by_stream[stream]
        for name, record, fixed in pick.sample(choice, min(STREAM_NAMES, len(choice))):
            label = f"{stream or 'unnamed:1'}:8090020230717104213:rhel8"
            for evr in sorted({below(fixed, pick), above(fixed, pick),
                               *sorted(builds[name, record])[:3]}):
                plan.add(name, evr, module=label)
            plan.add(name, below(fixed, pick), module=f"{other}:8100020240101:a1b2c3d4")
            plan.add(name, below(fixed, pick))
            outside = fixed.replace(".module_el", ".el").split("+")[0]
            plan.add(name, below(outside, pick))


def plan_of(sources, release):
    plan, pick = Plan(), random.Random("AlmaLinux " + release)
    errata, builds = match_oracle.alma_errata(sources, release), all_builds(sources, release)
    plan_plain(plan, errata, builds, pick)
    plan_kernels(plan, errata, pick)
    plan_modules(plan, errata, builds, pick)
    return plan


def root_of(plan, release):
    """Kept between runs: rpmbuild takes a minute for a thousand packages."""
    specs = plan.specs()
    text = "\n".join(specs) + inspect.getsource(rpm_roots)
    key = hashlib.sha256(text.encode()).hexdigest()[:12]

    def make(path):
        systems.forget_old("alma-")
        with systems.scratch() as top:
            assert rpm_roots.make(path, top, specs) == plan.n
        os.makedirs(os.path.join(path, "etc"))
        with open(os.path.join(path, "etc/os-release"), "w", encoding="ascii") as file:
            file.write(OS_RELEASE.format(RELEASES[release], release))
    return systems.kept(f"alma-{release}-{key}", make)


def findings(report, graded):
    """As the oracle's lines, the fixed version left out; severities of errata that state one."""
    return {(f["source_name"], f["why"]["record"],
             f["severity"] if f["why"]["record"] in graded else "",
             p["name"], p["version"], p["arch"])
            for f in report["findings"] for p in (report["packages"][i] for i in f["packages"])}


def wrong_fixes(report, expected):
    """Findings whose fixed version is that of none of their packages."""
    fixes = defaultdict(set)
    for source, record, _, fixed, name, version, arch in expected:
        fixes[source, record, name, version, arch].add(fixed)
    wrong = set()
    for f in report["findings"]:
        ps = [report["packages"][i] for i in f["packages"]]
        allowed = {v for p in ps for v in
                   fixes[f["source_name"], f["why"]["record"], p["name"], p["version"], p["arch"]]}
        if f.get("fixed_version") not in allowed:
            wrong.add((f["why"]["record"], f.get("fixed_version"), str(sorted(allowed)[:3])))
    return wrong


def check_names(compare, release, report, sources):
    """A finding is called by its CVE where it has one, else by its erratum."""
    cves = {r["id"]: {c for c in r["related"] if c.startswith("CVE-")} for r in
            match_oracle.lines_of(os.path.join(sources, "osv/almalinux.jsonl.zst"))}
    wrong = set()
    for f in report["findings"]:
        record = f["why"]["record"]
        named = cves[record]
        right = list(named)[0] if len(named) == 1 else record
        if f["id"] != right or not named <= {f["id"], *f.get("aliases", [])}:
            wrong.add((record, f["id"]))
    compare(f"AlmaLinux {release}: ids and aliases wrong", wrong, set())


def check(compare, release, sources, database):
    plan = plan_of(sources, release)
    root = root_of(plan, release)
    lines = rpm_roots.listed(root, match_oracle.RPM_QUERY)
    report = seawall.scan(root, "--db", database)
    compare(f"AlmaLinux {release}: packages",
            sorted((p["name"], p["version"], p["arch"], p.get("module", ""), p.get("vendor", ""))
                   for p in report["packages"]),
            sorted((name, version.removeprefix("0:"), arch, module, vendor)
                   for name, version, arch, _, module, vendor in (x.split("\t") for x in lines)))
    expected = {(s, r, sev, f, n, v.removeprefix("0:"), a)
                for s, r, sev, f, n, v, a in match_oracle.alma(sources, release, lines)}
    compare(f"AlmaLinux {release}: findings",
            findings(report, {r for _, r, severity, *_ in expected if severity}),
            {(s, r, severity, n, v, a) for s, r, severity, _, n, v, a in expected})
    compare(f"AlmaLinux {release}: fixed versions wrong", wrong_fixes(report, expected), set())
    check_names(compare, release, report, sources)


def main():
    if os.geteuid() != 0:
        seawall.skip("rpm --root needs root")
    seawall.need("rpm", "rpmbuild", "zstd")
    sources = seawall.shared("vulndb-sources")
    compare, database = systems.Comparison(), systems.database()
    for release in RELEASES:
        check(compare, release, sources, database)
    compare.finish()


if __name__ == "__main__":
    main()
