#!/usr/bin/env python3
"""A real amavis asks the clamd door, with the lines of the README; what it lets through arrives at a sink.

    sudo python3 examples/stalwart/tests/amavis.py

Needs root and Debian or Ubuntu. amavis is unpacked beside the tests, never installed: its service would start. Exit status 75:
this machine cannot get it, so nothing was tried.
"""

import argparse
import os
import shutil
import smtplib
import subprocess
import sys
import tempfile
from pathlib import Path

from peers import unpack
from postfix import HEAD, answers, build, free_ports, honest_mails, or_not_tried, until, wire
from sink import Sink

HERE = Path(__file__).resolve().parent

CONFIG = """use strict;
$MYHOME = '{home}';
$TEMPBASE = '{home}/tmp';
$db_home = '{home}/db';
$pid_file = '{home}/amavisd.pid';
$lock_file = '{home}/amavisd.lock';
$QUARANTINEDIR = undef;
$daemon_user = 'nobody';
$daemon_group = 'nogroup';
$enable_db = 0;
$enable_zmq = 0;
$max_servers = 2;
$mydomain = 'test.invalid';
$myhostname = 'mx.test.invalid';
$inet_socket_bind = '127.0.0.1';
$inet_socket_port = {port};
$forward_method = 'smtp:[127.0.0.1]:{sink}';
$notify_method = $forward_method;
$do_syslog = 0;
$LOGFILE = '{home}/log';
$log_level = 3;
@local_domains_maps = (1);
@bypass_spam_checks_maps = (1);
@bypass_banned_checks_maps = (1);
{readme}
1;
"""


def readme_settings(port):
    """The lines for amavis in the README, asking another port."""
    text = (HERE.parent / "README.md").read_text()
    block = text.split("```perl\n", 1)[1].split("```", 1)[0]
    assert "clamd:127.0.0.1:3310" in block, block
    return block.replace("3310", str(port))


class Amavis:
    """A private one. `settings` are what the README tells to set."""

    def __init__(self, directory, root, sink, settings):
        self.home, self.root = directory, root
        self.port, = free_ports(1)
        # It starts itself a second time, and in taint mode: where its modules lie must stand in the script.
        script = root / "usr/sbin/amavisd"
        script.write_text(script.read_text().replace("\nuse Amavis::Boot;", f"\nuse lib '{root}/usr/share/perl5';\nuse Amavis::Boot;", 1))
        for name in ("tmp", "db"):
            (directory / name).mkdir(parents=True)
        shutil.chown(directory, "nobody", "nogroup")
        for name in ("tmp", "db"):
            shutil.chown(directory / name, "nobody", "nogroup")
        # amavis wants a configuration that its own user cannot write.
        self.config = directory.parent / f"{directory.name}.conf"
        self.config.write_text(CONFIG.format(home=directory, port=self.port, sink=sink.port, readme=settings))

    def start(self):
        command = [self.root / "usr/sbin/amavisd", "-c", self.config, "foreground"]
        with open(self.home.parent / f"{self.home.name}.out", "ab") as out:
            self.process = subprocess.Popen(command, stdout=out, stderr=out, cwd="/")
        until(lambda: answers(self.port), f"amavis, see {self.home}", 60)

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()

    def send(self, message):
        """The reply: (code, text)."""
        with smtplib.SMTP("127.0.0.1", self.port, "client.sender.example", timeout=120) as client:
            try:
                client.sendmail("alice@sender.example", ["bob@example.test"], message, mail_options=["BODY=8BITMIME"])
            except smtplib.SMTPResponseException as error:
                return error.smtp_code, error.smtp_error.decode()
            return 250, ""


def test_honest_mail_passes(amavis, sink, gate):
    for name, mail in honest_mails():
        assert amavis.send(mail) == (250, ""), name
        (_, got), = sink.take()
        assert got.partition(b"\r\n\r\n")[2] == mail.partition(b"\r\n\r\n")[2], name


def test_what_is_encrypted_is_refused(amavis, sink, gate):
    for name, found in (("locked-program.eml", "Sekisho.name-executable"), ("mail-in-mail.eml", "Heuristics.Encrypted.zip-encrypted"),
                        ("ppap.eml", "Heuristics.Encrypted.zip-encrypted")):
        code, text = amavis.send(wire(name))
        assert code == 554 and f"INFECTED: {found}" in text, (name, code, text)
    print("      ", code, text)
    assert not sink.accepted


def test_the_whole_mail_is_handed_in_as_well(amavis, sink, gate):
    before = gate.asked()
    mail = HEAD % 90 + b"\r\none part\r\n"
    assert amavis.send(mail) == (250, "")
    sink.take()
    assert gate.asked() == before + 2, "the part, and the mail"


def test_a_gate_that_is_down_loses_nothing(amavis, sink, gate):
    gate.stop()
    code, text = amavis.send(wire("plain.eml"))
    assert code == 451, (code, text)
    print("      ", code, text)
    assert not sink.accepted
    gate.start()
    assert amavis.send(wire("plain.eml")) == (250, "")
    sink.take()


class Gate:
    """The daemon with a clamd door."""

    def __init__(self, binary, directory):
        self.binary, self.directory = binary, directory
        self.port, = free_ports(1)
        self.config = directory / "gate.toml"
        self.config.write_text(f'[[clamd]]\nname = "clamd"\nlisten = "127.0.0.1:{self.port}"\n')
        self.process = None

    def start(self):
        with open(self.directory / "gate.log", "ab") as log:
            self.process = subprocess.Popen([self.binary, "run", self.config], stderr=log)
        until(lambda: answers(self.port), "the gate")

    def stop(self):
        if self.process:
            self.process.terminate()
            self.process.wait(40)

    def asked(self):
        """How often it was, by its log."""
        return sum('listener="clamd"' in line for line in (self.directory / "gate.log").read_text().splitlines())


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--gate", type=Path, help="the binary; built when not given")
    options = options.parse_args()
    if os.geteuid() != 0:
        sys.exit("amavis.py: amavis wants root to give it up")
    binary = (options.gate or build()).resolve()
    directory = Path(tempfile.mkdtemp(prefix="sekisho-amavis-"))
    directory.chmod(0o755)
    root = or_not_tried(unpack, directory, "amavisd-new")
    gate, sink = Gate(binary, directory), Sink()
    amavis = Amavis(directory / "amavis", root, sink, readme_settings(gate.port))
    gate.start()
    try:
        amavis.start()
        for name, test in [(n, t) for n, t in globals().items() if n.startswith("test_")]:
            test(amavis, sink, gate)
            assert not sink.accepted, f"{name}: mail that nobody expected"
            print(f"ok     {name[5:].replace('_', ' ')}", flush=True)
    finally:
        amavis.stop()
        gate.stop()
    shutil.rmtree(directory)


if __name__ == "__main__":
    main()
