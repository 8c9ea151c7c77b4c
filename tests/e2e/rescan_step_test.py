#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A rescan after deltas judges only what they touched: its output and what it remembers are, byte
for byte, those of a rescan that judges everything. Also: what is new since a scan, and ignore files."""
import json
import os
import random
import re
import shutil
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "harness"))
import seawall  # noqa: E402
from hostile import main, tree  # noqa: E402

N_PACKAGES, N_CVES = 40, 400
VERSIONS = ("1.0", "2.0", "3.0", "4.0")


class Feeds:
    """Advisories for Debian 12 in two feeds (one without severities, which borrows the other's),
    exploited CVEs, scores, and the end of Debian 12; changed at random."""

    def __init__(self, rng):
        self.rng, self.tracker, self.osv = rng, {}, {}
        self.kev, self.epss, self.eol = set(), {}, "2026-06-10"
        self.n_states = 0
        for _ in range(300):
            self.add()

    def add(self):
        cve, package = f"CVE-2024-{self.rng.randrange(10000, 10000 + N_CVES)}", self.package()
        if self.rng.random() < 0.6:
            self.tracker[package, cve] = self.rng.choice(VERSIONS)
        else:
            self.osv[package, cve] = (self.rng.choice(VERSIONS),
                                      self.rng.choice(("low", "medium", "high", "not yet")))

    def package(self):
        return f"p{self.rng.randrange(N_PACKAGES)}"

    def change(self, n):
        for _ in range(n):
            what = self.rng.randrange(6)
            if what == 0:
                self.add()
            elif what == 1 and self.tracker:
                del self.tracker[self.rng.choice(sorted(self.tracker))]
            elif what == 2 and self.tracker:
                self.tracker[self.rng.choice(sorted(self.tracker))] = self.rng.choice(VERSIONS)
            elif what == 3 and self.osv:
                key = self.rng.choice(sorted(self.osv))
                self.osv[key] = (self.osv[key][0], self.rng.choice(("low", "high", "not yet")))
            elif what == 4 and self.osv:
                del self.osv[self.rng.choice(sorted(self.osv))]
            else:
                self.change_facts()

    def change_facts(self):
        for _ in range(10):
            cve = f"CVE-2024-{self.rng.randrange(10000, 10000 + N_CVES)}"
            self.epss[cve] = round(self.rng.random(), 4)
            self.kev ^= {cve}
        self.eol = self.rng.choice(("2026-06-10", "2030-06-10"))

    def build(self, where):
        self.n_states += 1
        feeds = os.path.join(where, f"feeds{self.n_states}")
        os.makedirs(feeds)

        def write(name, lines):
            with open(os.path.join(feeds, name), "w", encoding="ascii") as file:
                file.write("\n".join(lines) + "\n")
        write("debian-fixed-versions.jsonl", [json.dumps({
            "release": "12", "suite": "bookworm", "source": p, "cve": cve, "fixed": fixed})
            for (p, cve), fixed in sorted(self.tracker.items())])
        write("debian.jsonl", [json.dumps({
            "id": f"DEBIAN-{cve}-{p}", "modified": "2026-01-01T00:00:00Z", "upstream": [cve],
            "affected": [{"package": {"ecosystem": "Debian:12", "name": p},
                          "ranges": [{"type": "ECOSYSTEM", "events": [
                              {"introduced": "0"}, {"fixed": fixed}]}],
                          "ecosystem_specific": {"urgency": severity}}]})
            for (p, cve), (fixed, severity) in sorted(self.osv.items())])
        write("kev.json", [json.dumps({
            "title": "CISA Catalog of Known Exploited Vulnerabilities", "catalogVersion": "1",
            "dateReleased": "2026-01-01T00:00:00Z", "count": len(self.kev), "vulnerabilities": [{
                "cveID": cve, "vendorProject": "v", "product": "p", "vulnerabilityName": "n",
                "dateAdded": "2025-01-01", "shortDescription": "d", "requiredAction": "a",
                "dueDate": "2025-02-01", "notes": ""} for cve in sorted(self.kev)]})])
        write("epss.csv", ["#model_version:v2025.03.14,score_date:2026-01-01T00:00:00+0000",
                           "cve,epss,percentile"] +
              [f"{cve},{score},{score}" for cve, score in sorted(self.epss.items())])
        write("eol.json", [json.dumps({"schema_version": "1.2.0", "result": [{
            "name": "debian", "label": "Debian", "releases": [{
                "name": "12", "releaseDate": "2023-06-10", "isEol": False,
                "eolFrom": self.eol}]}]})])
        database = os.path.join(where, f"state{self.n_states}.db")
        seawall.run("db", "build", "-q", "--sources", feeds, "-o", database, env={
            **os.environ, "SOURCE_DATE_EPOCH": str(1700000000 + 100 * self.n_states)})
        return database


class Site:
    """A database in force, a cache of inventories, and the last state that was built."""

    def __init__(self, folder, seed):
        self.folder, self.rng = folder, random.Random(seed)
        self.feeds = Feeds(self.rng)
        self.state = self.feeds.build(folder)
        os.makedirs(os.path.join(folder, "site"))
        self.database = shutil.copyfile(self.state, os.path.join(folder, "site", "vuln.db"))
        os.chmod(self.database, 0o644)
        self.cache = os.path.join(folder, "cache")
        self.judged = os.path.join(self.cache, "judged")

    def scan(self, *packages, name="root"):
        root = tree(self.folder, *packages, name=name)
        report = seawall.scan(root, "--db", self.database, "--cache-dir", self.cache, status=(0, 4))
        return root, report

    def scan_some(self, n):
        for i in range(n):
            self.scan(*((f"p{k}", self.rng.choice(("0.5", "1.5", "2.5", "3.5"))) for k in
                        self.rng.sample(range(N_PACKAGES), 12)), name=f"root{i}")

    def step(self, n):
        """The next state, by a delta."""
        self.feeds.change(n)
        new, delta = self.feeds.build(self.folder), os.path.join(self.folder, "delta")
        seawall.run("db", "delta", self.state, new, "-o", delta)
        seawall.run("db", "apply", "--db", self.database, delta)
        self.state = new

    def rescan(self, *arguments):
        """(lines of images, packages that were matched, new, fixed)"""
        done = seawall.run("rescan", "--cache-dir", self.cache, "--db", self.database,
                           *(arguments or ("--all",)), status=(0, 4))
        lines = done.stdout.decode().splitlines()
        numbers = re.search(r", (\d+) packages matched anew; (\d+) findings new, (\d+) fixed",
                            lines[-1])
        return lines[:-1], *map(int, numbers.groups())

    def rescan_both(self, *arguments):
        """By what is remembered, and by judging everything: the same twice."""
        before, touched = seawall_read(self.judged), self.database + ".touched"
        quick, state = self.rescan(*arguments), seawall_read(self.judged)
        with open(self.judged, "wb") as file:
            file.write(before)
        os.chmod(self.judged, 0o600)
        if os.path.exists(touched):
            os.rename(touched, touched + ".kept")
        whole = self.rescan(*arguments)
        assert quick[0] == whole[0] and quick[2:] == whole[2:], (quick, whole)
        if not arguments:
            assert seawall_read(self.judged) == state, "what is remembered differs"
        else:  # what is remembered of the others is the same, but not in the same words
            with open(self.judged, "wb") as file:
                file.write(state)
        if os.path.exists(touched + ".kept"):
            os.rename(touched + ".kept", touched)
        return quick, whole


def seawall_read(path):
    with open(path, "rb") as file:
        return file.read()


def steps_give_what_judging_everything_gives(folder):
    n_quick = n_whole = n_changes = 0
    for seed in (1, 2):
        site = Site(os.path.join(folder, str(seed)), seed)
        site.scan_some(8)
        site.rescan()
        assert site.rescan()[1] == 0  # nothing happened
        for n in (1, 2, 3, 10, 40):
            for _ in range(site.rng.choice((1, 1, 3))):
                site.step(n)
            quick, whole = site.rescan_both()
            n_quick, n_whole = n_quick + quick[1], n_whole + whole[1]
            n_changes += quick[2] + quick[3]
            # Whoever sees it for the first time sees the same numbers.
            kept = seawall_read(site.judged)
            os.unlink(site.judged)
            fresh = site.rescan()[0]
            assert [line.split()[:7] for line in fresh] == [line.split()[:7] for line in quick[0]]
            with open(site.judged, "wb") as file:
                file.write(kept)
            os.chmod(site.judged, 0o600)
    assert n_changes > 20 and 0 < n_quick < n_whole * 0.8, (n_changes, n_quick, n_whole)


def facts_alone_touch_nothing(folder):
    site = Site(folder, 3)
    site.scan_some(4)
    site.rescan()
    for _ in range(3):
        site.feeds.change_facts()
        site.step(0)
    quick, whole = site.rescan_both()
    assert quick[1] == 0 < whole[1] and quick[2:] == (0, 0), (quick, whole)


def some_are_asked_for_and_the_rest_waits(folder):
    site = Site(folder, 4)
    site.scan_some(6)
    site.rescan()
    roots = [os.path.join(folder, f"root{i}") for i in range(6)]
    site.step(40)
    some, _ = site.rescan_both(*roots[:2])
    site.step(10)
    rest, _ = site.rescan_both(*roots[2:])
    site.feeds.change(0)
    again = site.rescan()
    # Compared with two other states, and in the end with the last of all.
    everything = Site(os.path.join(folder, "other"), 4)
    assert len(some[0]) == 4 and len(rest[0]) == 6 and len(again[0]) == 8
    assert some[2] + some[3] > 0 and rest[2] + rest[3] > 0
    del everything


def damage_costs_time_alone(folder):
    site = Site(folder, 5)
    site.scan_some(4)
    site.rescan()
    site.step(20)
    touched, judged = site.database + ".touched", seawall_read(site.judged)
    good = seawall_read(touched)
    reference = None
    for data in (None, good, good[:-1], good[:50], b"", good[:30] + b"x" + good[31:],
                 os.urandom(500)):
        with open(site.judged, "wb") as file:
            file.write(judged)
        if data is not None:
            with open(touched, "wb") as file:
                file.write(data)
        found = site.rescan()
        reference = reference or found
        assert found[0] == reference[0] and found[2:] == reference[2:], data
        assert (found[1] == reference[1]) == (data in (None, good)), (data, found[1], reference[1])
    with open(touched, "wb") as file:
        file.write(good)
    os.chmod(touched, 0o666)  # anybody could have written it
    with open(site.judged, "wb") as file:
        file.write(judged)
    assert site.rescan()[1] > reference[1]
    os.chmod(touched, 0o644)
    with open(site.judged, "wb") as file:
        file.write(judged)
    os.chmod(site.judged, 0o622)
    assert {tuple(line.split()[7:9]) for line in site.rescan()[0][1:-1]} == {("-", "-")}


def compares_with_a_scan_since_then(folder):
    site = Site(folder, 6)
    site.scan_some(3)
    assert site.rescan()[2:] == (0, 0)  # not "for the first time": the scan said what it found
    site.step(60)
    _, report = site.scan(("p1", "0.5"), ("p2", "0.5"), name="later")
    assert report["findings"]
    first, again = site.rescan(), site.rescan()
    assert first[2] + first[3] > 0 and again[2:] == (0, 0)
    later = [line for line in first[0] if line.split("  ")[0].endswith("later")]
    assert later and later[0].split()[7:9] == ["0", "0"], later
    # Scanned again with other packages after the last rescan: that is what counts.
    shutil.rmtree(os.path.join(folder, "later"))
    site.scan(("p3", "0.5"), ("p4", "0.5"), ("p5", "0.5"), name="later")
    assert site.rescan()[2:] == (0, 0)


def ignore_files_hold_here_too(folder):
    site = Site(folder, 7)
    root, report = site.scan(("p1", "0.5"), ("p2", "0.5"), ("p3", "0.5"))
    n, ids = len(report["findings"]), sorted({f["id"] for f in report["findings"]})
    assert n > 5

    def total(*options):
        lines, *_ = site.rescan("--all", *options)
        return sum(map(int, lines[1].split()[3:7])), lines[1].split()[7:9]
    assert total() == (n, ["0", "0"])
    rules = os.path.join(folder, "rules.seawallignore")

    def ignore(text):
        with open(rules, "w", encoding="ascii") as file:
            file.write(text)
        scanned = seawall.scan(root, "--db", site.database, "--no-cache", "--ignore-file", rules,
                               status=(0, 4))
        found, changes = total("--ignore-file", rules)
        assert found == len(scanned["findings"]) < n, (text, found)
        assert changes == ["0", "0"], (text, changes)  # ignored is neither fixed nor new
        again = json.loads(site_json(site, root, rules))
        again = again[0] if isinstance(again, list) else again
        assert len(again["ignored"]) == len(scanned["ignored"]) == n - found
        return found
    assert ignore("path:var/lib/dpkg/status\n") == 0
    assert ignore(ids[0] + "\n") < n
    total()
    assert ignore("pkg:deb/debian/p2\n") < n
    total()
    # One that is ignored no more is new.
    ignore(ids[0] + "\n")
    found, changes = total()
    assert found == n and changes[0] != "0", changes


def site_json(site, root, rules):
    return seawall.run("rescan", "--cache-dir", site.cache, "--db", site.database, "--ignore-file",
                       rules, "-f", "json", "--show-ignored", root, status=(0, 4)).stdout


if __name__ == "__main__":
    main(globals())
