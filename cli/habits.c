/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of habits. A new one is one line here and one in docs/migrate.md
 * (tests/check/migrate_test.py
 * --write makes that one).
 */
#include "habit.h"

#define COMMAND(peers, word, ours, says)                                                           \
    {                                                                                              \
        peers, SW_HABIT_COMMAND, word, ours, says                                                  \
    }
#define OPTION(peers, word, ours, says)                                                            \
    {                                                                                              \
        peers, SW_HABIT_OPTION, word, ours, says                                                   \
    }
#define VALUE(peers, word, ours, says)                                                             \
    {                                                                                              \
        peers, SW_HABIT_VALUE, word, ours, says                                                    \
    }
#define SOURCE(peers, word, ours, says)                                                            \
    {                                                                                              \
        peers, SW_HABIT_SOURCE, word, ours, says                                                   \
    }

/* Sentences that several rows share. */
#define NO_CONFIG_CHECKS "checks of configuration are not there yet"
#define NO_LICENSES "licences are not judged"
#define NO_APPLICATIONS                                                                            \
    "packages of applications are not read yet; each report says what it did not examine"
#define NO_SERVER "a scan needs no server; for Harbor there is seawall serve --harbor"
#define NO_PLUGINS "there are no plugins; docs/reports.md lists the formats"
#define NO_TEMPLATES "there are no templates; -f html, markdown, csv, junit, gitlab or json may do"
#define NO_CONFIG                                                                                  \
    "there is no file of settings; variables such as SEAWALL_DB stand for options, see --help"
#define NO_SBOM_IN                                                                                 \
    "SBOMs are written (-f cyclonedx, -f spdx), not read; rescan judges again what was scanned"
#define NO_KUBERNETES "clusters are not asked yet; scan their images by name"
#define NO_VEX "VEX documents are not read yet; --ignore-file takes decisions, with reasons"
#define NO_DOWNLOADS "not needed: a scan fetches no database, only seawall db update does"
#define NOT_SENT "not needed: Seawall sends nothing anywhere and asks for no news"
#define NO_PATHS                                                                                   \
    "everything is read; a rule path:GLOB in .seawallignore moves the findings of a file aside"
#define NO_NAMES "a report names what was scanned; give the file or the tag that name"
#define NO_CHOICE "there is nothing to choose: every reader sees every file"
#define SOURCE_WORD "say it before the name: docker:, podman:, containerd: or registry:"
#define FIX_STATE "a rule fix-state: in a .grype.yaml file"
#define NO_SECRET "arguments can be read by everybody on the machine; or $SEAWALL_REGISTRY_PASSWORD"
#define NO_LOGIN "logins of docker login and podman login are used; or see --registry-user"

const struct sw_habit sw_habits[] = {
    COMMAND("Trivy", "image", "seawall scan NAME", NULL),
    COMMAND("Trivy", "i", "seawall scan NAME", NULL),
    COMMAND("Trivy", "filesystem", "seawall scan DIRECTORY", NO_APPLICATIONS),
    COMMAND("Trivy", "fs", "seawall scan DIRECTORY", NO_APPLICATIONS),
    COMMAND("Trivy", "rootfs", "seawall scan rootfs:DIRECTORY", NULL),
    COMMAND("Trivy", "repository", NULL, NO_APPLICATIONS),
    COMMAND("Trivy", "repo", NULL, NO_APPLICATIONS),
    COMMAND("Trivy", "sbom", NULL, NO_SBOM_IN),
    COMMAND("Trivy", "vm", "seawall scan rootfs:DIRECTORY", "where its disk is mounted"),
    COMMAND("Trivy", "kubernetes", NULL, NO_KUBERNETES),
    COMMAND("Trivy", "k8s", NULL, NO_KUBERNETES),
    COMMAND("Trivy", "config", NULL, NO_CONFIG_CHECKS),
    COMMAND("Trivy", "conf", NULL, NO_CONFIG_CHECKS),
    COMMAND("Trivy", "server", NULL, NO_SERVER),
    COMMAND("Trivy", "client", "seawall scan NAME", NO_SERVER),
    COMMAND(
        "Trivy", "clean", "seawall cache clear", "the database stays; db status says where it is"),
    COMMAND("Trivy", "plugin", NULL, NO_PLUGINS),
    COMMAND("Trivy", "module", NULL, NO_PLUGINS),
    COMMAND("Trivy", "vex", NULL, NO_VEX),
    COMMAND("Trivy", "registry login", NULL, NO_LOGIN),
    COMMAND("Trivy", "registry logout", NULL, NO_LOGIN),
    COMMAND("Trivy, Grype and Syft", "version", "seawall --version", NULL),
    COMMAND("Grype", "explain", "seawall scan --explain=ID TARGET", NULL),
    COMMAND("Grype", "db check", "seawall db update", "it fetches only what has changed"),
    COMMAND("Grype", "db list", "seawall db status",
        "a database is built here from the official feeds, see docs/database.md"),
    COMMAND("Grype", "db providers", "seawall db status", "docs/feeds.md lists every feed"),
    COMMAND("Grype", "db diff", "seawall rescan --all --changed-only",
        "what the present database changed for what was scanned"),
    COMMAND("Grype", "db delete", NULL, "the database is one file; db status says where it is"),
    COMMAND("Syft", "packages", "seawall scan -f cyclonedx TARGET", "or -f spdx"),
    COMMAND("Syft", "attest", "seawall scan -f cyclonedx=FILE TARGET",
        "sign the file with a program for that"),
    COMMAND("Syft", "cataloger", NULL, NO_CHOICE),
    COMMAND("Syft", "login", NULL, NO_LOGIN),

    OPTION("Trivy", "--output", "-f FORMAT=FILE", "several formats in one run, too"),
    OPTION("Trivy", "-o", "-f FORMAT=FILE", "several formats in one run, too"),
    OPTION("Grype and Syft", "--output", "-f FORMAT", "or -f FORMAT=FILE; may be repeated"),
    OPTION("Grype and Syft", "-o", "-f FORMAT", "or -f FORMAT=FILE; may be repeated"),
    OPTION("Grype and Syft", "--file", "-f FORMAT=FILE", NULL),
    OPTION("Trivy, Grype and Syft", "--template", NULL, NO_TEMPLATES),
    OPTION("Trivy, Grype and Syft", "-t", NULL, NO_TEMPLATES),
    OPTION("Trivy", "--ignore-unfixed", "--only-fixed", NULL),
    OPTION("Trivy", "--exit-code", "--fail-on LEVEL",
        "exit status 1 from that level on; --fail-on unknown is every finding"),
    OPTION("Trivy", "--exit-on-eol", NULL,
        "a system at its end of life ends with exit status 4, unless --allow-incomplete"),
    OPTION("Trivy", "--ignore-status", "--ignore-file FILE", FIX_STATE),
    OPTION("Grype", "--ignore-states", "--ignore-file FILE", FIX_STATE),
    OPTION("Grype", "--only-notfixed", "--ignore-file FILE", FIX_STATE),
    OPTION("Trivy", "--ignorefile", "--ignore-file FILE", ".trivyignore is read as it is"),
    OPTION("Trivy", "--ignore-policy", "--ignore-file FILE", "rules of ignore files, no Rego"),
    OPTION("Trivy and Grype", "--show-suppressed", "--show-ignored", NULL),
    OPTION("Trivy and Grype", "--vex", NULL, NO_VEX),
    OPTION("Trivy", "--input", "seawall scan FILE", "what a file is, is told by its bytes"),
    OPTION("Trivy", "--list-all-pkgs", "-f json", "it always lists them all"),
    OPTION("Trivy", "--dependency-tree", "--explain", NULL),
    OPTION(
        "Trivy", "--table-mode", NULL, "the table ends with the summary; -f json has everything"),
    OPTION("Trivy", "--scanners", "--only KIND[,KIND]", "vuln, secrets, malware; all by default"),
    OPTION("Trivy", "--security-checks", "--only KIND[,KIND]",
        "vuln, secrets, malware; all by default"),
    OPTION("Trivy", "--pkg-types", NULL, NO_APPLICATIONS),
    OPTION("Trivy", "--vuln-type", NULL, NO_APPLICATIONS),
    OPTION("Trivy", "--pkg-relationships", NULL, NO_APPLICATIONS),
    OPTION("Trivy", "--include-dev-deps", NULL, NO_APPLICATIONS),
    OPTION("Trivy", "--file-patterns", NULL, NO_CHOICE),
    OPTION("Trivy", "--detection-priority", NULL, NO_CHOICE),
    OPTION("Trivy", "--removed-pkgs", NULL, "packages are those that the image has, none removed"),
    OPTION("Trivy", "--vuln-severity-source", "--explain", "it says whose severity a finding has"),
    OPTION("Trivy and Grype", "--distro", NULL, "the system is read from the image itself"),
    OPTION("Trivy", "--skip-dirs", NULL, NO_PATHS),
    OPTION("Trivy", "--skip-files", NULL, NO_PATHS),
    OPTION("Grype and Syft", "--exclude", NULL, NO_PATHS),
    OPTION("Trivy", "--skip-db-update", NULL, NO_DOWNLOADS),
    OPTION("Trivy", "--skip-update", NULL, NO_DOWNLOADS),
    OPTION("Trivy", "--skip-java-db-update", NULL, NO_DOWNLOADS),
    OPTION("Trivy", "--skip-check-update", NULL, NO_DOWNLOADS),
    OPTION("Trivy", "--skip-policy-update", NULL, NO_DOWNLOADS),
    OPTION("Trivy", "--skip-vex-repo-update", NULL, NO_DOWNLOADS),
    OPTION("Trivy", "--offline-scan", NULL, NO_DOWNLOADS),
    OPTION("Trivy", "--download-db-only", "seawall db update --for TARGET", "or --all"),
    OPTION("Trivy", "--download-java-db-only", NULL, NO_APPLICATIONS),
    OPTION("Trivy", "--db-repository", "seawall db update --mirror URL",
        "from a mirror of the feeds; or db import FILE"),
    OPTION("Trivy", "--java-db-repository", NULL, NO_APPLICATIONS),
    OPTION("Trivy", "--checks-bundle-repository", NULL, NO_CONFIG_CHECKS),
    OPTION("Trivy", "--cache-backend", "--cache-dir DIR", "many processes may share it"),
    OPTION("Trivy", "--cache-ttl", "--cache-max SIZE", "what was used last stays"),
    OPTION("Trivy", "--redis-ca", "--cache-dir DIR", "the cache is a folder"),
    OPTION("Trivy", "--redis-cert", "--cache-dir DIR", "the cache is a folder"),
    OPTION("Trivy", "--redis-key", "--cache-dir DIR", "the cache is a folder"),
    OPTION("Trivy", "--redis-tls", "--cache-dir DIR", "the cache is a folder"),
    OPTION("Trivy", "--clear-cache", "seawall cache clear", NULL),
    OPTION("Trivy", "--reset", "seawall cache clear", NULL),
    OPTION("Trivy", "--no-progress", "--quiet", "without a terminal there is no progress anyway"),
    OPTION("Trivy", "--debug", "--verbose", NULL),
    OPTION("Trivy", "-d", "--verbose", NULL),
    OPTION("Trivy", "--insecure", "--registry-ca FILE",
        "certificates are always checked; without TLS: --plain-http"),
    OPTION("Trivy", "--cacert", "--registry-ca FILE", NULL),
    OPTION("Trivy", "--username", "--registry-user USER", NULL),
    OPTION("Trivy", "--password", "--registry-password-file FILE", NO_SECRET),
    OPTION("Trivy", "--password-stdin", "--registry-password-stdin", NULL),
    OPTION("Trivy", "--registry-token", NULL,
        "put it into $SEAWALL_REGISTRY_TOKEN: arguments can be read by everybody on the machine"),
    OPTION("Trivy", "--image-src", NULL, SOURCE_WORD),
    OPTION("Grype and Syft", "--from", NULL, SOURCE_WORD),
    OPTION("Trivy", "--max-image-size", "--memory-limit SIZE", "memory is bounded for every image"),
    OPTION("Trivy", "--parallel", "--threads N", NULL),
    OPTION("Syft", "--parallelism", "--threads N", NULL),
    OPTION("Trivy, Grype and Syft", "--config", NULL, NO_CONFIG),
    OPTION("Trivy, Grype and Syft", "-c", NULL, NO_CONFIG),
    OPTION("Trivy", "--generate-default-config", NULL, NO_CONFIG),
    OPTION("Trivy", "--server", NULL, NO_SERVER),
    OPTION("Trivy", "--listen", NULL, NO_SERVER),
    OPTION("Trivy", "--token", NULL, NO_SERVER),
    OPTION("Trivy", "--token-header", NULL, NO_SERVER),
    OPTION("Trivy", "--custom-headers", NULL, NO_SERVER),
    OPTION("Trivy", "--skip-version-check", NULL, NOT_SENT),
    OPTION("Trivy", "--disable-telemetry", NULL, NOT_SENT),
    OPTION("Trivy", "--sbom-sources", NULL, NO_SBOM_IN),
    OPTION("Trivy", "--rekor-url", NULL, NO_SBOM_IN),
    OPTION("Trivy", "--enable-modules", NULL, NO_PLUGINS),
    OPTION("Trivy", "--module-dir", NULL, NO_PLUGINS),
    OPTION("Trivy", "--output-plugin-arg", NULL, NO_PLUGINS),
    OPTION("Trivy", "--compliance", NULL, NO_CONFIG_CHECKS),
    OPTION("Trivy", "--report", NULL, NO_CONFIG_CHECKS),
    OPTION("Trivy", "--image-config-scanners", NULL, NO_CONFIG_CHECKS),
    OPTION("Trivy", "--misconfig-scanners", NULL, NO_CONFIG_CHECKS),
    OPTION("Trivy", "--config-check", NULL, NO_CONFIG_CHECKS),
    OPTION("Trivy", "--config-policy", NULL, NO_CONFIG_CHECKS),
    OPTION("Trivy", "--config-data", NULL, NO_CONFIG_CHECKS),
    OPTION("Trivy", "--config-file-schemas", NULL, NO_CONFIG_CHECKS),
    OPTION("Trivy", "--check-namespaces", NULL, NO_CONFIG_CHECKS),
    OPTION("Trivy", "--include-non-failures", NULL, NO_CONFIG_CHECKS),
    OPTION("Trivy", "--include-deprecated-checks", NULL, NO_CONFIG_CHECKS),
    OPTION("Trivy", "--trace-rego", NULL, NO_CONFIG_CHECKS),
    OPTION("Trivy", "--rego-error-limit", NULL, NO_CONFIG_CHECKS),
    OPTION("Trivy", "--render-cause", NULL, NO_CONFIG_CHECKS),
    OPTION("Trivy", "--raw-config-scanners", NULL, NO_CONFIG_CHECKS),
    OPTION("Trivy", "--helm-set", NULL, NO_CONFIG_CHECKS),
    OPTION("Trivy", "--helm-values", NULL, NO_CONFIG_CHECKS),
    OPTION("Trivy", "--helm-kube-version", NULL, NO_CONFIG_CHECKS),
    OPTION("Trivy", "--tf-vars", NULL, NO_CONFIG_CHECKS),
    OPTION("Trivy", "--tf-exclude-downloaded-modules", NULL, NO_CONFIG_CHECKS),
    OPTION("Trivy", "--cf-params", NULL, NO_CONFIG_CHECKS),
    OPTION("Trivy", "--secret-config", "--secret-rules FILE", "rules are gitleaks' TOML"),
    OPTION("Trivy", "--license-full", NULL, NO_LICENSES),
    OPTION("Trivy", "--ignored-licenses", NULL, NO_LICENSES),
    OPTION("Trivy", "--license-confidence-level", NULL, NO_LICENSES),
    OPTION("Trivy", "--branch", NULL, NO_APPLICATIONS),
    OPTION("Trivy", "--commit", NULL, NO_APPLICATIONS),
    OPTION("Trivy", "--tag", NULL, NO_APPLICATIONS),
    OPTION("Grype and Syft", "--scope", "--explain", "findings name the layer that brought them"),
    OPTION("Grype", "--name", NULL, NO_NAMES),
    OPTION("Syft", "--source-name", NULL, NO_NAMES),
    OPTION("Syft", "--source-version", NULL, NO_NAMES),
    OPTION("Syft", "--source-supplier", NULL, NO_NAMES),
    OPTION("Syft", "--base-path", NULL, "no scan leaves the directory that it was given"),
    OPTION(
        "Grype", "--add-cpes-if-none", NULL, "matching goes by vendors' advisories, never by CPE"),
    OPTION("Grype", "--by-cve", NULL, "findings go by their CVE wherever there is one"),
    OPTION("Grype", "--sort-by", NULL,
        "known exploited, then fixable, then severity and EPSS; -f csv or json for other orders"),
    OPTION("Grype", "--id", "--explain=ID", NULL),
    OPTION("Grype", "--vuln", "seawall db show ID", NULL),
    OPTION("Grype", "--pkg", "seawall db search PACKAGE", NULL),
    OPTION("Syft", "--catalogers", NULL, NO_CHOICE),
    OPTION("Syft", "--select-catalogers", NULL, NO_CHOICE),
    OPTION("Syft", "--override-default-catalogers", NULL, NO_CHOICE),
    OPTION("Syft", "--enrich", NULL, "nothing is asked of others while a scan runs"),

    VALUE("Trivy and Grype", "--format template", NULL, NO_TEMPLATES),
    VALUE("Trivy", "--format spdx-json", "-f spdx", NULL),
    VALUE("Syft", "--format spdx-tag-value", "-f spdx", "as JSON"),
    VALUE("Grype and Syft", "--format cyclonedx-json", "-f cyclonedx", NULL),
    VALUE("Grype and Syft", "--format cyclonedx-xml", "-f cyclonedx", "as JSON"),
    VALUE("Syft", "--format syft-json", "-f json", "in Seawall's own shape"),
    VALUE("Syft", "--format syft-table", "-f table", NULL),
    VALUE("Syft", "--format syft-text", "-f table", NULL),
    VALUE("Syft", "--format text", "-f table", NULL),
    VALUE("Syft", "--format purls", "-f cyclonedx", "every package has its purl there"),
    VALUE("Trivy", "--format github", NULL,
        "GitHub's dependency snapshots are not written; -f sarif"),
    VALUE("Syft", "--format github-json", NULL,
        "GitHub's dependency snapshots are not written; -f sarif"),
    VALUE("Trivy", "--format cosign-vuln", "-f trivy-json", "without cosign's envelope"),
    VALUE("Grype", "--format critical", "--fail-on critical", NULL),
    VALUE("Grype", "--format high", "--fail-on high", NULL),
    VALUE("Grype", "--format medium", "--fail-on medium", NULL),
    VALUE("Grype", "--format low", "--fail-on low", NULL),
    VALUE("Grype", "--format negligible", "--fail-on negligible", NULL),
    VALUE("Grype and Syft", "--severity all-layers", "--explain",
        "findings name the layer that brought them"),
    VALUE("Grype and Syft", "--severity squashed", NULL, "what the image has in the end is judged"),

    SOURCE("Grype", "sbom:", NULL, NO_SBOM_IN),
    SOURCE("Grype", "purl:", NULL, "seawall db search PACKAGE says what is known of one"),
    SOURCE("Grype", "pkg:", NULL, "seawall db search PACKAGE says what is known of one"),
    SOURCE("Grype", "cpe:", NULL, "matching goes by vendors' advisories, never by CPE"),
    SOURCE("Grype and Syft", "file:", "seawall scan FILE", "what a file is, is told by its bytes"),
    SOURCE("Grype and Syft", "singularity:", NULL, "Singularity's images are not read"),
    SOURCE("Syft", "snap:", NULL, "snaps are not read"),
    {0},
};
