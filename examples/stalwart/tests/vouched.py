#!/usr/bin/env python3
"""An exception for a sender, made true by a real OpenDMARC that Postfix asks before the gate.

    sudo python3 examples/stalwart/tests/vouched.py [--gate BINARY]

OpenDMARC checks SPF and DMARC against a name server of this test and writes `Authentication-Results`; the policy of the gate
trusts that name and lets one partner send protected archives. Needs root and a mount namespace, for OpenDMARC asks port 53 of
whoever /etc/resolv.conf names. Exit status 75: this machine cannot do that, so nothing was tried.
"""

import argparse
import os
import re
import shutil
import smtplib
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from nameserver import NameServer
from peers import unpack
from postfix import Gate, Postfix, answers, build, free_ports, install, local, or_not_tried, until, wire

NAME = "mx.here.example"
POLICY = f"""[sender]
trusted-authserv = ["{NAME}"]
[[exceptions]]
id = "partner"
rules = ["zip"]
senders = ["partner.example"]
"""
# Where partner.example sends from, and somebody else: told by XCLIENT, for every SPF library lets loopback pass.
HOME, ELSEWHERE = "192.0.2.5", "198.51.100.6"
SPF = f"v=spf1 ip4:{HOME} -all"
TEXTS = {
    "partner.example": SPF, "_dmarc.partner.example": "v=DMARC1; p=none",
    "other.example": SPF, "_dmarc.other.example": "v=DMARC1; p=none",
    "quiet.example": SPF,
}
RESOLVER = "127.0.0.53", 53


class OpenDmarc:
    """Unpacked, on loopback, in a mount namespace in which the test is the resolver."""

    def __init__(self, directory):
        roots = [unpack(directory, package) for package in ("opendmarc", "libopendmarc2", "libspf2-2", "libmilter1.0.1")]
        self.names = NameServer(RESOLVER, TEXTS)
        self.names.answers.set()
        self.port, = free_ports(1)
        (directory / "resolv.conf").write_text(f"nameserver {RESOLVER[0]}\n")
        (directory / "nobody").write_text("192.0.2.255\n")
        (directory / "opendmarc.conf").write_text(
            f"AuthservID {NAME}\nTrustedAuthservIDs {NAME}\nSocket inet:{self.port}@127.0.0.1\nBackground false\n"
            f"IgnoreHosts {directory}/nobody\nSPFSelfValidate true\nSPFIgnoreResults true\nSoftwareHeader false\nSyslog false\n")
        libraries = ":".join({str(path.parent) for root in roots for path in root.rglob("*.so.*")})
        command = f"mount --bind {directory}/resolv.conf /etc/resolv.conf && exec {roots[0]}/usr/sbin/opendmarc -f -c {directory}/opendmarc.conf"
        environment = {**os.environ, "LD_LIBRARY_PATH": libraries}
        self.log = open(directory / "opendmarc.log", "ab")
        self.process = subprocess.Popen(["unshare", "--mount", "sh", "-c", command], env=environment, stderr=self.log)
        until(lambda: answers(self.port) or self.process.poll() is not None, "opendmarc")
        if self.process.poll() is not None:
            raise OSError(f"opendmarc does not start: {(directory / 'opendmarc.log').read_text()[-300:]}")

    def stop(self):
        self.process.kill()
        self.process.wait()


def ppap(domain, *above):
    mail, count = re.subn(rb"(?m)^From: [^\r\n]*(\r\n[ \t][^\r\n]*)*", b"From: a@%s" % domain.encode(), wire("ppap.eml"), count=1)
    assert count == 1
    return b"".join(line.encode() + b"\r\n" for line in above) + mail


def send(postfix, domain, mail, client):
    """The reply: code and text."""
    with smtplib.SMTP("127.0.0.1", postfix.ports["mx"], domain, timeout=60) as smtp:
        smtp.ehlo()
        code, _ = smtp.docmd("XCLIENT", f"ADDR={client} NAME=mail.{domain}")
        assert code == 220, code
        smtp.ehlo()
        try:
            smtp.sendmail(f"a@{domain}", ["bob@example.test"], mail)
        except smtplib.SMTPDataError as error:
            return error.smtp_code, error.smtp_error.decode()
        return 250, ""


def forged(domain):
    return f"Authentication-Results: {NAME}; dmarc=pass header.from={domain}"


def test_a_partner_who_is_vouched_for_may_send_it(postfix, gate):
    mail = ppap("partner.example")
    assert send(postfix, "partner.example", mail, HOME) == (250, "")
    (got,) = postfix.delivered()
    said = rb"^Authentication-Results: mx\.here\.example; dmarc=pass [^\n]*header\.from=partner\.example$"
    assert re.search(said, got, re.M) and got.endswith(local(mail)), got[:900]
    assert re.search(r'action="deliver".*rules="[^"]*policy-exempted', gate.said()), gate.said()[-900:]


def test_whoever_borrows_his_name_may_not(postfix, gate):
    for mail in (ppap("partner.example"), ppap("partner.example", forged("partner.example"))):
        code, text = send(postfix, "partner.example", mail, ELSEWHERE)
        assert code == 550 and "zip-encrypted" in text, (code, text)


def test_whoever_is_vouched_for_without_an_exception_may_not(postfix, gate):
    assert send(postfix, "other.example", ppap("other.example"), HOME)[0] == 550
    assert send(postfix, "other.example", ppap("partner.example"), HOME)[0] == 550


def test_a_domain_that_publishes_nothing_is_not_vouched_for(postfix, gate):
    TEXTS.pop("_dmarc.partner.example")
    try:
        for mail in (ppap("partner.example"), ppap("partner.example", forged("partner.example"))):
            assert send(postfix, "partner.example", mail, HOME)[0] == 550
    finally:
        TEXTS["_dmarc.partner.example"] = "v=DMARC1; p=none"


def test_without_the_filter_before_it_nobody_is_vouched_for(postfix, gate):
    postfix.postconf(f"smtpd_milters={gate.milter('mx')}")
    postfix.command("postfix", "-c", postfix.etc, "reload")
    time.sleep(1)
    assert send(postfix, "partner.example", ppap("partner.example"), HOME)[0] == 550


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--gate", type=Path, help="the binary; built when not given")
    options = options.parse_args()
    if os.geteuid() != 0:
        sys.exit("vouched.py: Postfix wants root")
    binary = (options.gate or build()).resolve()
    or_not_tried(install)
    directory = Path(tempfile.mkdtemp(prefix="sekisho-vouched-"))
    directory.chmod(0o755)
    filter_before = or_not_tried(OpenDmarc, directory)
    (directory / "gate").mkdir()
    gate = Gate(binary, directory / "gate")
    (directory / "gate" / "mx.toml").write_text(POLICY)
    postfix = Postfix(directory, gate)
    postfix.postconf("smtpd_authorized_xclient_hosts=127.0.0.1")
    postfix.postconf(f"smtpd_milters=inet:127.0.0.1:{filter_before.port}, {gate.milter('mx')}")
    tests = [(n, t) for n, t in globals().items() if n.startswith("test_")]
    failed = 0
    gate.start()
    try:
        postfix.start()
        for name, test in tests:
            try:
                test(postfix, gate)
                print(f"ok     {name[5:].replace('_', ' ')}", flush=True)
            except Exception as error:  # whatever it is, the other tests still run
                failed += 1
                print(f"FAILED {name[5:].replace('_', ' ')}: {type(error).__name__}: {str(error)[:2000]}", flush=True)
    finally:
        gate.process.kill()
        postfix.stop()
        filter_before.stop()
    if failed:
        sys.exit(f"{failed} of {len(tests)} failed; see {directory}")
    shutil.rmtree(directory)


if __name__ == "__main__":
    main()
