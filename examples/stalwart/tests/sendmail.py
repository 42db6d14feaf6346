#!/usr/bin/env python3
"""sekisho-gate before a real Sendmail, with the line of the README: a private instance on loopback that relays into a sink.

    sudo python3 examples/stalwart/tests/sendmail.py

Needs root and Debian or Ubuntu. Sendmail is unpacked beside the tests, never installed: mail servers conflict as packages.
Exit status 75: this machine cannot get one, so nothing was tried.
"""

import argparse
import os
import re
import shutil
import smtplib
import subprocess
import sys
import tempfile
from pathlib import Path

from peers import unpack
from postfix import Gate, answers, build, free_ports, honest_mails, or_not_tried, until, wire
from sink import Sink

# One port for each listener of the gate that is asked; `mx` has the README's line, the others the same with their own port.
LISTENERS = ["mx", "tag", "strip", "hold"]

MC = """divert(-1)
define(`confCF_VERSION', `test')
divert(0)dnl
VERSIONID(`test')
OSTYPE(`linux')dnl
define(`confDOMAIN_NAME', `mx.test.invalid')dnl
define(`QUEUE_DIR', `{directory}/queue')dnl
define(`confPID_FILE', `{directory}/sendmail.pid')dnl
define(`STATUS_FILE', `{directory}/statistics')dnl
define(`HELP_FILE', `{directory}/helpfile')dnl
define(`ALIAS_FILE', `')dnl
define(`confSERVICE_SWITCH_FILE', `{directory}/service.switch')dnl
define(`confHOSTS_FILE', `{directory}/hosts')dnl
define(`confDONT_PROBE_INTERFACES', `True')dnl
define(`confTO_IDENT', `0')dnl
define(`confCONNECTION_RATE_THROTTLE', `0')dnl
define(`confLOG_LEVEL', `9')dnl
define(`confDONT_BLAME_SENDMAIL', `{blame}')dnl
define(`SMART_HOST', `relay:[127.0.0.1]')dnl
define(`RELAY_MAILER_ARGS', `TCP $h {sink}')dnl
FEATURE(`no_default_msa')dnl
FEATURE(`nocanonify')dnl
RELAY_DOMAIN(`example.test')dnl
FEATURE(`accept_unresolvable_domains')dnl
{readme}
{filters}
{daemons}
MAILER(`smtp')dnl
"""


def readme_line():
    """The line for Sendmail in the README."""
    text = (Path(__file__).resolve().parents[1] / "README.md").read_text()
    line = text.split("```m4\n", 1)[1].split("```", 1)[0].strip()
    assert line.startswith("INPUT_MAIL_FILTER(") and "9900" in line and "\n" not in line, line
    return line


# Sendmail waits a minute at each start where the machine's own name has no dot; this gives it a name of its own.
NAMED = ["unshare", "--uts", "sh", "-c", 'hostname mx.test.invalid && exec "$0" "$@"']


def named():
    """The words before a command; none where this process may not make namespaces, and then a start takes a minute."""
    return NAMED if subprocess.run([*NAMED, "true"], stderr=subprocess.DEVNULL).returncode == 0 else []


class Sendmail:
    """A private instance, its packages below `directory`."""

    def __init__(self, directory, gate, sink):
        self.directory = directory / "sendmail.run"
        self.named = named()
        self.binary = unpack(directory, "sendmail-bin") / "usr/libexec/sendmail/sendmail"
        macros = unpack(directory, "sendmail-cf") / "usr/share/sendmail/cf"
        (self.directory / "queue").mkdir(parents=True, mode=0o700)
        (self.directory / "service.switch").write_text("hosts files\naliases files\n")
        (self.directory / "hosts").write_text("127.0.0.1 localhost client.sender.example\n")
        (self.directory / "statistics").touch()
        self.ports = dict(zip(LISTENERS, free_ports(len(LISTENERS))))
        line = readme_line().replace("9900", str(gate.ports["mx"]))
        mine = [line.replace("INPUT_MAIL_FILTER(`sekisho'", f"MAIL_FILTER(`{name}'")
                .replace(f"inet:{gate.ports['mx']}@127.0.0.1", self.socket(gate, name)) for name in LISTENERS[1:]]
        daemons = []
        for name, port in self.ports.items():
            filters = "" if name == "mx" else f", InputMailFilters={name}"
            daemons.append(f"DAEMON_OPTIONS(`Family=inet, Name={name}, Port={port}, Addr=127.0.0.1{filters}')dnl")
        text = MC.format(directory=self.directory, sink=sink.port, readme=line, filters="\n".join(mine),
                         daemons="\n".join(daemons), blame="TrustStickyBit")
        (self.directory / "test.mc").write_text(text)
        self.config = self.directory / "test.cf"
        with open(self.config, "wb") as config:
            subprocess.run(["m4", f"-D_CF_DIR_={macros}/", macros / "m4/cf.m4", self.directory / "test.mc"],
                           check=True, stdout=config)
        self.process = None

    @staticmethod
    def socket(gate, name):
        """How Sendmail calls the listener: the gate of these tests has `tag` on a Unix socket."""
        return gate.address(name) if name == "tag" else f"inet:{gate.ports[name]}@127.0.0.1"

    def run(self, *arguments):
        return subprocess.run([*self.named, self.binary, f"-C{self.config}", *arguments], check=True, capture_output=True,
                              text=True).stdout

    def start(self):
        with open(self.directory / "out", "ab") as out:
            command = [*self.named, self.binary, f"-C{self.config}", "-bD", "-X", self.directory / "traffic"]
            self.process = subprocess.Popen(command, stdout=out, stderr=out)
        until(lambda: all(answers(port) for port in self.ports.values()), f"sendmail, see {self.directory}", 120)

    def stop(self):
        if self.process:
            self.process.terminate()
            self.process.wait(20)

    def send(self, listener, message, recipients=("bob@example.test",)):
        """The reply: (code, text)."""
        with smtplib.SMTP("127.0.0.1", self.ports[listener], "client.sender.example", timeout=120) as client:
            try:
                client.sendmail("alice@sender.example", list(recipients), message, mail_options=["BODY=8BITMIME"])
            except smtplib.SMTPRecipientsRefused as error:
                return next(iter(error.recipients.values()))
            except smtplib.SMTPResponseException as error:
                return error.smtp_code, error.smtp_error.decode()
            return 250, ""


def parts(message):
    """Header and body."""
    header, _, body = message.partition(b"\r\n\r\n")
    return header + b"\r\n", body


def test_honest_mail_keeps_every_byte_of_its_body(sendmail, sink, gate):
    for name, mail in honest_mails():
        assert sendmail.send("mx", mail) == (250, ""), name
        (recipients, got), = sink.take()
        header, body = parts(got)
        assert body == parts(mail)[1], name
        assert recipients == ["bob@example.test"] and b"X-Sekisho-" not in header, (name, header)


def test_ppap_is_refused_with_a_reference(sendmail, sink, gate):
    code, text = sendmail.send("mx", wire("ppap.eml"))
    assert code == 550 and text.startswith("5.7.1 Message refused (zip-encrypted): "), (code, text)
    reference = re.search(r"\[([0-9A-Z]{5}-[0-9A-Z]{5})\]$", text)
    assert reference and reference[1] in gate.said(), text
    print("      ", code, text)


def test_tag_marks_and_changes_nothing_else(sendmail, sink, gate):
    mail = wire("ppap.eml")
    assert sendmail.send("tag", mail) == (250, "")
    (_, got), = sink.take()
    header, body = parts(got)
    fields = re.findall(rb"^(X-Sekisho-\w+): (.*)\r$", header, re.M)
    assert (b"X-Sekisho-Action", b"tag") in fields and (b"X-Sekisho-Reference" in dict(fields)), fields
    archive = re.search(rb"UEsD[A-Za-z0-9+/=\r\n]+", mail)[0]
    assert archive in body and b"This message was marked by the checkpoint." in body


def test_strip_replaces_the_body(sendmail, sink, gate):
    assert sendmail.send("strip", wire("ppap.eml")) == (250, "")
    (_, got), = sink.take()
    header, body = parts(got)
    assert b"UEsD" not in body and b"X-Sekisho-Action: strip\r\n" in header, got[:600]


def test_held_mail_waits_in_the_quarantine_of_sendmail(sendmail, sink, gate):
    assert sendmail.send("hold", wire("ppap.eml")) == (250, "")
    listing = until(lambda: "QUARANTINE" in (said := sendmail.run("-bp", "-qQ")) and said, "the quarantine")
    assert "sekisho" in listing and "zip-encrypted" in listing, listing
    assert not sink.accepted
    print("      ", " ".join(listing.split())[:200])
    sendmail.run("-qQ", "-Q")
    sendmail.run("-q")
    (_, got), = sink.take()
    assert b"UEsD" in got and b"X-Sekisho-Action: hold\r\n" in got


def test_many_mails_on_one_connection(sendmail, sink, gate):
    plain = wire("plain.eml")
    with smtplib.SMTP("127.0.0.1", sendmail.ports["mx"], timeout=60) as client:
        for _ in range(5):
            client.sendmail("", ["bob@example.test"], plain)
            client.mail("given@up.example")
            client.rset()
            try:
                client.sendmail("a@sender.example", ["bob@example.test"], wire("ppap.eml"))
                raise AssertionError("not refused")
            except smtplib.SMTPDataError as error:
                assert error.smtp_code == 550
    assert all(parts(got)[1] == parts(plain)[1] for _, got in sink.take(5))


def test_a_gate_that_is_down_loses_nothing(sendmail, sink, gate):
    gate.process.kill()
    gate.process.wait()
    code, text = sendmail.send("mx", wire("plain.eml"))
    assert code == 451, (code, text)
    gate.start()
    assert sendmail.send("mx", wire("plain.eml")) == (250, "")
    (_, got), = sink.take()
    assert parts(got)[1] == parts(wire("plain.eml"))[1]


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--gate", type=Path, help="the binary; built when not given")
    options = options.parse_args()
    if os.geteuid() != 0:
        sys.exit("sendmail.py: Sendmail wants root")
    binary = (options.gate or build()).resolve()
    directory = Path(tempfile.mkdtemp(prefix="sekisho-sendmail-"))
    directory.chmod(0o755)
    (directory / "gate").mkdir()
    gate, sink = Gate(binary, directory / "gate"), Sink()
    sendmail = or_not_tried(Sendmail, directory, gate, sink)
    gate.start()
    try:
        sendmail.start()
        for name, test in [(n, t) for n, t in globals().items() if n.startswith("test_")]:
            test(sendmail, sink, gate)
            assert not sink.accepted, f"{name}: mail that nobody expected"
            print(f"ok     {name[5:].replace('_', ' ')}", flush=True)
    finally:
        gate.process.kill()
        sendmail.stop()
    shutil.rmtree(directory)


if __name__ == "__main__":
    main()
