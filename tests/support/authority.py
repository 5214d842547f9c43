"""A certificate authority of one test: certificates made on the fly by openssl(1), good ones and bad ones."""
import subprocess

CONFIGURATION = """[ca]
default_ca = ours
[ours]
database = index.txt
serial = serial
new_certs_dir = .
default_md = sha256
policy = any
copy_extensions = copy
unique_subject = no
[any]
commonName = supplied
"""
NAMES = "DNS:door.test,IP:127.0.0.1"
# first and last day, names; a day of the past or the future is bad
GOOD = ("20200101", "20491231", NAMES)
BAD = {"expired": ("20200101", "20210101", NAMES), "not_yet_valid": ("20490101", "20491231", NAMES),
       "wrong_name": ("20200101", "20491231", "DNS:other.test"), "self_signed": None, "other_authority": GOOD}


class Authority:
    """authority.path(name) + ".pem" and ".key": "ca", "good0", "good1", "client", "other_client" and those of BAD."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir()
        (folder / "ca.cnf").write_text(CONFIGURATION)
        (folder / "index.txt").touch()
        (folder / "serial").write_text("01\n")
        for name in ("ca", "other"):
            self.self_signed(name, "subjectAltName=DNS:ca.test")
        self.self_signed("self_signed", f"subjectAltName={NAMES}")
        for name in ("good0", "good1", "client"):
            self.sign(name, "ca", GOOD)
        for name in ("other_authority", "other_client"):
            self.sign(name, "other", GOOD)
        for name in ("expired", "not_yet_valid", "wrong_name"):
            self.sign(name, "ca", BAD[name])

    def path(self, name):
        return str(self.folder / name)

    def openssl(self, *arguments):
        subprocess.run(["openssl", *arguments], cwd=self.folder, check=True, capture_output=True, timeout=20)

    def request(self, name, *arguments):
        self.openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", f"{name}.key",
                     "-subj", f"/CN={name}", *arguments)

    def self_signed(self, name, extension):
        self.request(name, "-x509", "-days", "3650", "-out", f"{name}.pem", "-addext", extension)

    def sign(self, name, by, certificate):
        first, last, names = certificate
        self.request(name, "-out", f"{name}.csr", "-addext", f"subjectAltName={names}")
        self.openssl("ca", "-batch", "-notext", "-config", "ca.cnf", "-cert", f"{by}.pem", "-keyfile", f"{by}.key",
                     "-in", f"{name}.csr", "-out", f"{name}.pem", "-startdate", f"{first}000000Z", "-enddate",
                     f"{last}000000Z")
