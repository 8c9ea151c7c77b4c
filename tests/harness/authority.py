# SPDX-License-Identifier: Apache-2.0
"""A private certificate authority, made for one test with openssl, and tokens that it signs."""
import base64
import json
import os
import secrets
import subprocess
import time
import warnings


def openssl(folder, *arguments, **options):
    return subprocess.run(["openssl", *arguments], check=True, capture_output=True, cwd=folder,
                          **options).stdout


class Authority:
    """ca: its certificate; issue() makes others."""

    def __init__(self, folder):
        self.folder = folder
        os.makedirs(folder, exist_ok=True)
        openssl(folder, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key",
                "-out", "ca.pem", "-subj", "/CN=test authority", "-days", "2")
        self.ca = os.path.join(folder, "ca.pem")

    def issue(self, name, names="IP:127.0.0.1,DNS:localhost"):
        """(certificate, key) of that common name."""
        openssl(self.folder, "req", "-newkey", "rsa:2048", "-nodes", "-keyout", f"{name}.key",
                "-out", f"{name}.csr", "-subj", f"/CN={name}")
        with open(os.path.join(self.folder, name + ".ext"), "w", encoding="ascii") as file:
            file.write("subjectAltName=" + names)
        openssl(self.folder, "x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey",
                "ca.key", "-CAcreateserial", "-days", "2", "-out", f"{name}.pem", "-extfile",
                f"{name}.ext")
        return (os.path.join(self.folder, name + ".pem"), os.path.join(self.folder, name + ".key"))

    def token(self, certificate, key, claims, lifetime=300):
        """A signed token (RS256) as docker-registry takes it."""
        def part(data):
            return base64.urlsafe_b64encode(data).rstrip(b"=")
        der = openssl(self.folder, "x509", "-in", certificate, "-outform", "der")
        now = int(time.time())
        head = part(json.dumps({"typ": "JWT", "alg": "RS256",
                                "x5c": [base64.b64encode(der).decode()]}).encode())
        body = part(json.dumps({"nbf": now - 10, "iat": now, "exp": now + lifetime,
                                "jti": secrets.token_hex(8), **claims}).encode())
        signature = openssl(self.folder, "dgst", "-sha256", "-sign", key,
                            input=head + b"." + body)
        return (head + b"." + body + b"." + part(signature)).decode()


def htpasswd(user, password):
    """A line of a file of passwords, bcrypt as docker-registry wants it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import crypt  # pylint: disable=import-outside-toplevel,deprecated-module
    salt = "$2y$05$" + secrets.token_hex(11)
    return f"{user}:{crypt.crypt(password, salt)}\n"
