#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`seawall db update` against a mirror on loopback: conditional, resumed, by TLS with a CA of one's
own, through proxies; feeds that break in every way; readers of the old database."""
import gzip
import io
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "harness"))
import seawall  # noqa: E402
from feed_server import Mirror, Proxy  # noqa: E402

TRACKER, ALMA = "debian/tracker.json", "osv/almalinux.zip"
KEV, EPSS, EOL = ("kev/known_exploited_vulnerabilities.json", "epss/epss_scores.csv.gz",
                  "eol/endoflife-date.json")
EVERYONE = {KEV, EPSS, EOL}
N_FLAWS = 60
N_MANY = 3000  # enough that `db search` fills a pipe


def tracker(first=1, n=N_FLAWS):
    flaws = {f"CVE-2024-{10000 + i}": {
        "description": f"flaw number {i} of a package that has many",
        "releases": {"bookworm": {"status": "resolved", "fixed_version": "3.0.11-1",
                                  "repositories": {"bookworm": "3.0.9-1"}, "urgency": "low"}}}
        for i in range(first, first + n)}
    return json.dumps({"openssl": flaws}).encode()


def alma(n):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for i in range(n):
            archive.writestr(f"ALSA-2024:{i:04}.json", json.dumps({
                "id": f"ALSA-2024:{i:04}", "schema_version": "1.6.0",
                "published": "2024-01-02T00:00:00Z", "modified": "2024-01-02T00:00:00Z",
                "summary": "Important: bash security update", "related": [f"CVE-2023-{20000 + i}"],
                "affected": [{"package": {"ecosystem": "AlmaLinux:9", "name": "bash"}, "ranges": [
                    {"type": "ECOSYSTEM", "events": [{"introduced": "0"},
                                                     {"fixed": f"5.1.8-{i + 2}.el9"}]}]}]}))
    return packed.getvalue()


def feeds():
    return {
        TRACKER: tracker(), ALMA: alma(50),
        KEV: json.dumps({"title": "CISA Catalog of Known Exploited Vulnerabilities",
                         "catalogVersion": "2024.01.01", "dateReleased": "2024-01-01T00:00:00Z",
                         "count": 1, "vulnerabilities": [{
                             "cveID": "CVE-2024-10001", "vendorProject": "OpenSSL",
                             "product": "OpenSSL", "vulnerabilityName": "a flaw",
                             "dateAdded": "2024-01-01", "shortDescription": "a flaw",
                             "requiredAction": "update", "dueDate": "2024-02-01",
                             "knownRansomwareCampaignUse": "Unknown", "notes": "",
                             "cwes": []}]}).encode(),
        EPSS: gzip.compress(b"#model_version:v2023.03.01,score_date:2024-01-01T00:00:00+0000\n"
                            b"cve,epss,percentile\nCVE-2024-10001,0.5,0.9\n"),
        EOL: json.dumps({"schema_version": "1.0.0", "total": 1, "result": [{
            "name": "debian", "label": "Debian", "category": "os", "releases": [{
                "name": "12", "codename": "Bookworm", "label": "12 (Bookworm)",
                "releaseDate": "2023-06-10", "isEol": False, "eolFrom": "2026-06-10"}]}]}).encode(),
    }


def tree(path, os_release, dpkg=False):
    os.makedirs(os.path.join(path, "etc"))
    with open(os.path.join(path, "etc/os-release"), "w", encoding="ascii") as file:
        file.write(os_release)
    if dpkg:
        os.makedirs(os.path.join(path, "var/lib/dpkg"))
        with open(os.path.join(path, "var/lib/dpkg/status"), "w", encoding="ascii") as file:
            file.write("Package: openssl\nStatus: install ok installed\nArchitecture: amd64\n"
                       "Version: 3.0.9-1\n\n")
    return path


class Site:
    """A mirror, and a user's own database and feeds folder."""

    def __init__(self, scratch, **options):
        self.place = tempfile.mkdtemp(dir=scratch)
        self.mirror = Mirror(feeds(), **options)
        self.debian = tree(os.path.join(self.place, "debian"),
                           'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian 12"\n', dpkg=True)
        self.database = os.path.join(self.place, "not", "yet", "vuln.db")
        self.env = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")}
        self.env |= {"HOME": self.place, "SEAWALL_DB": self.database,
                     "SEAWALL_FEEDS": os.path.join(self.place, "feeds")}

    def update(self, *arguments, status=(0,), target=None, plain=True, mirror=None, before=(),
               **env):
        self.mirror.asked.clear()
        command = [*before, seawall.PROGRAM, "db", "update", "--mirror", mirror or self.mirror.url,
                   *(["--plain-http"] if plain else []),
                   *(["--for", target or self.debian] if target != "" else []), *arguments]
        done = subprocess.run(command, env=self.env | env, capture_output=True, text=True,
                              check=False)
        done.said = done.stdout + done.stderr
        assert done.returncode in status, \
            f"{command}: exit {done.returncode}, wanted {status}\n{done.said}"
        return done

    def n_findings(self):
        return len(seawall.scan(self.debian, env=self.env)["findings"])

    def db(self, *arguments, status=(0,)):
        return seawall.run("db", *arguments, env=self.env, status=status).stdout.decode()


def fetches_then_asks_only_what_changed(scratch):
    site = Site(scratch)
    first = site.update()
    assert site.mirror.paths() == EVERYONE | {TRACKER}, site.mirror.paths()
    size = sum(len(site.mirror.feeds[p]) for p in EVERYONE | {TRACKER})
    lines = first.stdout.splitlines()
    assert lines[0].startswith(f"4 feeds, {size / 1e6:.1f} MB to fetch"), lines[0]
    assert " in " in lines[-1] and lines[-1].endswith(" s"), lines[-1]
    # Sizes were asked of every feed before the first was fetched.
    methods = [method for method, _, _ in site.mirror.asked]
    assert methods == ["HEAD"] * 4 + ["GET"] * 4, methods
    assert site.n_findings() == N_FLAWS
    assert "exploited" in site.db("show", "CVE-2024-10001").lower() or \
        "KEV" in site.db("show", "CVE-2024-10001")

    second = site.update()
    assert second.stdout.startswith("4 feeds, 0.0 MB to fetch"), second.stdout
    assert second.stdout.count("unchanged") == 4, second.stdout
    assert all("If-None-Match" in headers for headers in site.mirror.got())
    assert site.n_findings() == N_FLAWS

    # Without a target: what the database judges.
    site.mirror.feeds[TRACKER] = tracker(n=N_FLAWS + 1)
    third = site.update(target="")
    assert third.stdout.count("unchanged") == 3, third.stdout
    assert site.n_findings() == N_FLAWS + 1
    left = [name for _, _, names in os.walk(site.env["SEAWALL_FEEDS"]) for name in names
            if "partial" in name]
    assert left == [], left
    assert "known format" not in first.said + second.said + third.said, third.said


def keeps_what_a_broken_feed_said(scratch):
    site = Site(scratch)
    site.update()
    good = site.mirror.feeds[TRACKER]
    faults = [404, 500, 403, "cut", b"<html>please log in</html>", b"", b"{}",
              tracker(first=50000)[:4000], bytes(5000)]
    for fault in faults:
        for turn in range(2):  # a feed may break twice
            if isinstance(fault, bytes):
                site.mirror.feeds[TRACKER] = fault
            else:
                site.mirror.feeds[TRACKER] = tracker(first=60000)
                site.mirror.faults[TRACKER] = fault
            name = f"{fault!r:.40}, turn {turn}"
            done = site.update(status=(4,))
            assert TRACKER.split(".", maxsplit=1)[0] in done.stderr, (name, done.said)
            assert "stay in force" in done.said, (name, done.said)
            assert site.n_findings() >= N_FLAWS, (name, site.n_findings(), done.said)
            status = site.db("status")
            assert "debian-tracker" in status and "older records in force" in status, (name, status)
            site.mirror.faults.clear()
    site.mirror.feeds[TRACKER] = good
    site.update()
    assert site.n_findings() == N_FLAWS
    assert "older records" not in site.db("status")


def keeps_what_a_broken_archive_said(scratch):
    site = Site(scratch)
    alma9 = tree(os.path.join(site.place, "alma"), 'ID="almalinux"\nVERSION_ID="9.4"\n')
    site.update(target=alma9)
    assert site.mirror.paths() == EVERYONE | {ALMA}
    whole = site.mirror.feeds[ALMA]
    for fault in (whole[:len(whole) // 2], whole[:9000], whole[:12000], b"PK\x03\x04 and no more", b"<html></html>", 404):
        site.mirror.feeds[ALMA] = whole if fault == 404 else fault
        if fault == 404:
            site.mirror.faults[ALMA] = 404
        for _ in range(2):
            done = site.update(target=alma9, status=(4,))
            shown = site.db("search", "bash")
            assert shown.count("ALSA-2024:") >= 50, (f"{fault!r:.40}", done.said, shown)
    # The file is gone as well, the mirror still down: the database is all there is.
    shutil.rmtree(site.env["SEAWALL_FEEDS"])
    site.update(target=alma9, status=(4,))
    assert site.db("search", "bash").count("ALSA-2024:") >= 50


def says_when_a_first_fetch_breaks(scratch):
    site = Site(scratch)
    site.mirror.faults[TRACKER] = 404
    done = site.update(status=(4,))
    assert "404" in done.stderr, done.said
    site.mirror.faults = {path: 404 for path in EVERYONE | {TRACKER}}
    done = site.update(status=(3,))
    assert "no feed could be fetched" in done.stderr, done.said


def resumes(scratch):
    site = Site(scratch)
    site.mirror.faults[TRACKER] = "cut"
    site.update(status=(4,))
    asked = site.mirror.got(TRACKER)
    assert len(asked) == 3 and "Range" in asked[1] and "Range" in asked[2], asked
    site.mirror.faults.clear()
    site.update()
    last = site.mirror.got(TRACKER)
    start = 3 * (len(site.mirror.feeds[TRACKER]) // 8)
    assert len(last) == 1 and last[0].get("Range") == f"bytes={start}-", last
    assert site.n_findings() == N_FLAWS


def make_certificates(place):
    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], cwd=place, check=True, capture_output=True)
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out", "ca.pem",
            "-days", "2", "-subj", "/CN=our own")
    openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", "key.pem", "-out", "request.pem",
            "-subj", "/CN=mirror")
    with open(os.path.join(place, "names"), "w", encoding="ascii") as file:
        file.write("subjectAltName=IP:127.0.0.1,DNS:mirror.example\n")
    openssl("x509", "-req", "-in", "request.pem", "-CA", "ca.pem", "-CAkey", "ca.key",
            "-CAcreateserial", "-out", "certificate.pem", "-days", "2", "-extfile", "names")
    return [os.path.join(place, name) for name in ("ca.pem", "certificate.pem", "key.pem")]


def trusts_only_its_own(scratch):
    ca, certificate, key = make_certificates(scratch)
    site = Site(scratch, certificate=certificate, key=key)
    done = site.update(status=(3,), plain=False)
    assert "ertificate" in done.stderr and site.mirror.got() == [], done.said
    site.update("--ca", ca, plain=False)
    assert site.n_findings() == N_FLAWS
    site.update(plain=False, SEAWALL_CA=ca)

    proxy = Proxy(site.mirror.port)
    site.update("--ca", ca, "--proxy", proxy.url, plain=False, mirror="https://mirror.example")
    assert proxy.asked and set(proxy.asked) == {("CONNECT", "mirror.example:443")}, proxy.asked
    assert site.mirror.asked


def goes_through_proxies(scratch):
    site = Site(scratch)
    proxy = Proxy(site.mirror.port)
    site.update("--proxy", proxy.url, mirror="http://mirror.example/")
    assert ("GET", "http://mirror.example/" + TRACKER) in proxy.asked, proxy.asked
    proxy.asked.clear()
    site.update(mirror="http://mirror.example", http_proxy=proxy.url)
    assert ("GET", "http://mirror.example/" + TRACKER) in proxy.asked, proxy.asked
    proxy.asked.clear()
    site.update(http_proxy=proxy.url, no_proxy="127.0.0.1")
    assert proxy.asked == [] and site.mirror.asked


def refuses_plain_http(scratch):
    site = Site(scratch)
    done = site.update(status=(2, 3), plain=False)
    assert site.mirror.asked == [] and not os.path.exists(site.database), done.said
    assert "--plain-http" in done.stderr, done.said


def fails_fast_without_a_network(scratch):
    site = Site(scratch)
    before = ("unshare", "--net") if os.geteuid() == 0 else ()
    started = time.monotonic()
    command = [*before, seawall.PROGRAM, "db", "update", "--for", site.debian]
    env = site.env if before else site.env | {"https_proxy": "http://127.0.0.1:1"}
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    if before and "unshare" in done.stderr:
        env = site.env | {"https_proxy": "http://127.0.0.1:1"}
        done = subprocess.run(command[2:], env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 3, (done.returncode, done.stdout, done.stderr)
    assert time.monotonic() - started < 10
    assert done.stdout == "" and done.stderr.count("\n") == 1, (done.stdout, done.stderr)
    assert "db build --sources" in done.stderr and "db import" in done.stderr, done.stderr
    # A mirror that is not there is known by its first feed.
    done = site.update(status=(3,), mirror="http://127.0.0.1:1")
    assert done.stderr.count("\n") == 1, done.stderr


def leaves_readers_alone(scratch):
    site = Site(scratch)
    site.mirror.feeds[TRACKER] = tracker(n=N_MANY)
    site.update()
    whole = site.db("search", "openssl")
    assert len(whole) > 150000
    with subprocess.Popen([seawall.PROGRAM, "db", "search", "openssl"], env=site.env,
                          stdout=subprocess.PIPE) as reader:
        begin = reader.stdout.read(1)  # it has the database open, and waits for the pipe
        site.mirror.feeds[TRACKER] = tracker(n=10)
        site.update()
        assert (begin + reader.stdout.read()).decode() == whole
        assert reader.wait() == 0
    assert site.n_findings() == 10


SYSTEMS = [
    ("ID=debian\nVERSION_ID=12\n", {TRACKER}),
    ("ID=ubuntu\nVERSION_ID=22.04\n", {"osv/ubuntu.zip"}),
    ("ID=alpine\nVERSION_ID=3.20.3\n", {"alpine/v3.20/main.json", "alpine/v3.20/community.json"}),
    ("ID=wolfi\nVERSION_ID=20230201\n", {"wolfi/security.json"}),
    ("ID=chainguard\nVERSION_ID=20230214\n", {"chainguard/security.json"}),
    ("ID=rhel\nVERSION_ID=9.2\n", {"redhat/csaf_vex.tar.zst"}),
    ("ID=centos\nVERSION_ID=8\n", {"redhat/csaf_vex.tar.zst"}),
    ("ID=almalinux\nVERSION_ID=9.4\n", {ALMA}),
    ("ID=rocky\nVERSION_ID=9.4\n", {"osv/rocky.zip"}),
    ("ID=ol\nVERSION_ID=9.4\n", {"oracle/com.oracle.elsa-all.xml.bz2"}),
    ("ID=amzn\nVERSION_ID=2023\n", {"amazon/2023/updateinfo.xml.gz"}),
    ("ID=amzn\nVERSION_ID=2\n", {"amazon/2/updateinfo.xml.gz"}),
    ("ID=sles\nVERSION_ID=15.5\n", {"suse/suse.linux.enterprise.server.15.xml.gz"}),
    ("ID=opensuse-leap\nVERSION_ID=15.5\n", {"suse/opensuse.leap.15.5.xml.gz"}),
    ("ID=photon\nVERSION_ID=5.0\n", {"photon/cve_data_photon5.0.json"}),
    ("ID=azurelinux\nVERSION_ID=3.0\n", {"azure/azurelinux-3.0-oval.xml"}),
    ("ID=mariner\nVERSION_ID=2.0\n", {"azure/cbl-mariner-2.0-oval.xml"}),
    ("ID=fedora\nVERSION_ID=40\nPRETTY_NAME=Fedora\n", set()),
    ("ID=arch\nPRETTY_NAME=Arch\n", set()),
]


def picks_the_feeds_of_a_system(scratch):
    for n, (os_release, wanted) in enumerate(SYSTEMS):
        site = Site(scratch)
        target = tree(os.path.join(site.place, "root"), os_release)
        done = site.update(target=target, status=(0, 4))
        assert site.mirror.paths() == EVERYONE | wanted, (n, os_release, site.mirror.paths())
        if not wanted:
            assert "not judged" in done.stderr and target in done.stderr, done.said
    # Two targets, two feeds, each once.
    site = Site(scratch)
    alma9 = tree(os.path.join(site.place, "alma"), 'ID="almalinux"\nVERSION_ID="9.4"\n')
    site.update("--for", alma9, "--for", site.debian)
    assert len(site.mirror.got()) == 5
    assert site.mirror.paths() == EVERYONE | {TRACKER, ALMA}


def builds_from_shared_feeds(scratch):
    sources = os.path.join(seawall.SHARED, "vulndb-sources")
    if not os.path.isdir(sources):
        return "no shared data 'vulndb-sources' (SEAWALL_SHARED): feeds by hand only"
    site = Site(scratch)
    for path, name in ((ALMA, "osv/almalinux.jsonl.zst"), (EPSS, "epss/epss_scores.csv.gz"),
                       (KEV, "kev/known_exploited_vulnerabilities.json.zst"),
                       (EOL, "eol/endoflife-date.jsonl.zst")):
        with open(os.path.join(sources, name), "rb") as file:
            site.mirror.feeds[path] = file.read()
    alma9 = tree(os.path.join(site.place, "alma"), 'ID="almalinux"\nVERSION_ID="9.4"\n')
    done = site.update(target=alma9)
    status = site.db("status")
    assert "osv-almalinux" in status and "alma:8" in status and "epss" in status, (status, done.said)
    return None


def main():
    seawall.need("openssl")
    reasons = []
    with tempfile.TemporaryDirectory() as scratch:
        for test in (fetches_then_asks_only_what_changed, keeps_what_a_broken_feed_said,
                     keeps_what_a_broken_archive_said, says_when_a_first_fetch_breaks, resumes,
                     trusts_only_its_own, goes_through_proxies, refuses_plain_http,
                     fails_fast_without_a_network, leaves_readers_alone,
                     picks_the_feeds_of_a_system, builds_from_shared_feeds):
            if len(sys.argv) > 1 and test.__name__ not in sys.argv[1:]:
                continue
            started = time.monotonic()
            reasons.append(test(scratch))
            print(f"{time.monotonic() - started:6.1f} s  {test.__name__}", flush=True)
    for reason in filter(None, reasons):
        print(reason)


if __name__ == "__main__":
    main()
