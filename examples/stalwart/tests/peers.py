"""Other scanners, from Debian's packages, unpacked beside the tests and never installed: Rspamd and clamd on loopback."""

import json
import os
import shutil
import subprocess
import urllib.request

from postfix import answers, free_ports, until

LIBRARIES = {
    "rspamd": ["libglib2.0-0", "libhyperscan5", "libicu72", "libluajit-5.1-2", "libsodium23", "libunwind8"],
    "clamav-daemon": ["libclamav12", "libncurses6"],
    "amavisd-new": ["file", "libarchive-zip-perl", "libberkeleydb-perl", "libconvert-tnef-perl", "libconvert-uulib-perl",
                    "libio-stringy-perl", "libmail-dkim-perl", "libmailtools-perl", "libmime-tools-perl", "libnet-libidn-perl",
                    "libnet-server-perl", "libunix-syslog-perl", "pax"],
    "miltertest": ["libbsd0", "liblua5.3-0"],
    "sendmail-bin": ["libdb5.3", "libldap-2.5-0", "liblockfile1", "libnsl2", "libsasl2-2", "libwrap0", "procps"],
    "sendmail-cf": ["m4"],
}
# What asks the network, or a database that is not there.
RSPAMD_OFF = """arc asn aws_s3 bimi clickhouse dcc dkim dkim_signing dmarc elastic external_relay external_services fuzzy_check greylist
hfilter history_redis http_headers metadata_exporter metric_exporter mx_check neural p0f phishing ratelimit rbl redis replies reputation
rspamd_update spamassassin spamtrap spf surbl url_redirector whitelist""".split()


def apt(*command, **more):
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(["apt-get", "-qq", "-o", "DPkg::Lock::Timeout=120", *command], check=True, env=environment, stdin=subprocess.DEVNULL,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **more)


def unpack(directory, package):
    """Its libraries are installed, itself is unpacked: no service starts, no mail server is replaced."""
    apt("update")
    apt("install", "-y", "--no-install-recommends", *LIBRARIES.get(package, []))
    packages = directory / f"{package}.packages"
    packages.mkdir()
    apt("download", package, cwd=packages)
    root = directory / package
    subprocess.run(["dpkg", "-x", *packages.glob("*.deb"), root], check=True)
    return root


class Rspamd:
    """`local` are files of local.d: name and text. Network modules are off."""

    def __init__(self, directory, local=()):
        self.directory = directory / "rspamd.run"
        self.root = unpack(directory, "rspamd")
        self.http, self.milter, controller = free_ports(3)
        config = self.directory / "etc"
        shutil.copytree(self.root / "etc/rspamd", config)
        for name in ("db", "log"):
            (self.directory / name).mkdir()
        files = {f"{name}.conf": "enabled = false;" for name in RSPAMD_OFF}
        files |= {
            "options.inc": 'filters = "chartable,regexp"; dns { nameserver = ["127.0.0.1:9"]; timeout = 0.1s; retransmits = 1; }',
            "worker-normal.inc": f'bind_socket = "127.0.0.1:{self.http}"; count = 2;',
            "worker-controller.inc": f'bind_socket = "127.0.0.1:{controller}"; secure_ip = "127.0.0.1";',
            "worker-proxy.inc": f'bind_socket = "127.0.0.1:{self.milter}"; count = 2; '
                                'upstream "local" { default = yes; self_scan = yes; }',
            "classifier-bayes.conf": "enabled = false;",
        }
        for name, text in {**files, **dict(local)}.items():
            (config / "local.d" / name).write_text(text + "\n")
        self.process = None

    def start(self):
        share, at = self.root / "usr/share/rspamd", self.directory
        places = {"CONFDIR": at / "etc", "LOCAL_CONFDIR": at / "etc", "DBDIR": at / "db", "LOGDIR": at / "log", "RUNDIR": at,
                  "SHAREDIR": share, "RULESDIR": share / "rules", "LUALIBDIR": share / "lualib", "PLUGINSDIR": share / "plugins",
                  "WWWDIR": share / "www"}
        command = [self.root / "usr/bin/rspamd", "-f", "-i", "-c", at / "etc/rspamd.conf"]
        for name, place in places.items():
            command += ["--var", f"{name}={place}"]
        environment = {**os.environ, "LD_LIBRARY_PATH": str(self.root / "usr/lib/rspamd")}
        environment["LUA_PATH"] = f"{share}/lualib/?.lua;{share}/lualib/?/init.lua;{share}/rules/?.lua;;"
        with open(at / "out", "ab") as out:
            self.process = subprocess.Popen(command, env=environment, stdout=out, stderr=out)
        until(lambda: answers(self.http) and answers(self.milter), f"rspamd, see {at}", 60)

    def scan(self, message):
        """The symbols it gives a mail."""
        request = urllib.request.Request(f"http://127.0.0.1:{self.http}/checkv2", message)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    def stop(self):
        if self.process:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()


class Clamd:
    """With one signature of its own: nothing is downloaded."""

    def __init__(self, directory):
        self.directory = directory / "clamd.run"
        self.root = unpack(directory, "clamav-daemon")
        (self.directory / "db").mkdir(parents=True)
        self.port, = free_ports(1)
        (self.directory / "db/own.ndb").write_text("Test.Own:0:*:73656b6973686f2d6e6f2d737563682d6279746573\n")
        (self.directory / "clamd.conf").write_text(
            f"TCPSocket {self.port}\nTCPAddr 127.0.0.1\nDatabaseDirectory {self.directory}/db\nForeground yes\n"
            "AlertEncrypted yes\nStreamMaxLength 100M\nMaxFileSize 100M\nMaxScanSize 400M\nUser root\n")
        self.process = None

    def start(self):
        with open(self.directory / "out", "ab") as out:
            command = [self.root / "usr/sbin/clamd", f"--config-file={self.directory}/clamd.conf"]
            self.process = subprocess.Popen(command, stdout=out, stderr=out)
        until(lambda: answers(self.port), f"clamd, see {self.directory}/out", 60)

    def stop(self):
        if self.process:
            self.process.terminate()
            self.process.wait(20)
