#!/usr/bin/env python3
"""The clamd door asked by real clients: ClamAV's own clamdscan, Exim with `malware = *` in its DATA ACL, Rspamd.

    sudo python3 examples/stalwart/tests/clamd.py

Needs root and Debian or Ubuntu. Exim and Rspamd are unpacked beside the tests, never installed: two mail servers
conflict, and services would start.
"""

import argparse
import os
import pwd
import shutil
import smtplib
import subprocess
import sys
import tempfile
from email import message_from_bytes
from pathlib import Path

from peers import Rspamd, apt
from postfix import MAIL, answers, build, free_ports, honest_mails, local, or_not_tried, until, wire

EXIM = """
primary_hostname = mx.test.invalid
exim_path = {exim}
queue_only
daemon_smtp_ports = {port}
local_interfaces = 127.0.0.1
spool_directory = {directory}/spool
log_file_path = {directory}/log/%slog
pid_file_path = {directory}/exim.pid
tls_advertise_hosts =
message_size_limit = 50M
{readme}
begin acl
accept_all:
  accept
{acl}
begin routers
all:
  driver = accept
  transport = box
begin transports
box:
  driver = appendfile
  directory = {directory}/mail
  maildir_format
  user = Debian-exim
"""


def readme_settings(port):
    """The lines for Exim in the README: those before `begin acl`, and the ACL."""
    text = (Path(__file__).resolve().parents[1] / "README.md").read_text()
    block = text.split("```exim\n", 1)[1].split("```", 1)[0]
    main, acl = block.split("begin acl\n", 1)
    return main.replace("3310", str(port)) + "acl_smtp_rcpt = accept_all\n", acl


def install(directory):
    """clamdscan, and Exim unpacked; gives the path of Exim."""
    apt("update")
    apt("install", "-y", "--no-install-recommends", "clamdscan", "libmariadb3", "libspf2-2", "libpq5", "libidn12")
    packages = directory / "packages"
    packages.mkdir()
    subprocess.run(["apt-get", "-qq", "download", "exim4-daemon-heavy"], check=True, cwd=packages, stderr=subprocess.DEVNULL)
    subprocess.run(["dpkg", "-x", *packages.glob("*.deb"), directory / "exim"], check=True)
    try:
        pwd.getpwnam("Debian-exim")  # its name is built in
    except KeyError:
        subprocess.run(["useradd", "--system", "--shell", "/usr/sbin/nologin", "Debian-exim"], check=True)
    return directory / "exim/usr/sbin/exim4"


def rspamd_settings(port):
    """The files for local.d in the README: name and text."""
    blocks = (Path(__file__).resolve().parents[1] / "README.md").read_text().split("```ucl\n")[1:]
    for block in blocks:
        head, text = block.split("```", 1)[0].split("\n", 1)
        yield head.rsplit("/", 1)[1], text.replace("3310", str(port))


def test_clamdscan(directory, port):
    (directory / "clamd.conf").write_text(f"TCPSocket {port}\nTCPAddr 127.0.0.1\n")
    archive = next(p for p in message_from_bytes(wire("ppap.eml")).walk() if p.get_filename()).get_payload(decode=True)
    (directory / "bare.zip").write_bytes(archive)
    (directory / "bare.txt").write_text("Note: buy milk\n")
    run = subprocess.run(
        ["clamdscan", f"--config-file={directory}/clamd.conf", "--stream", "--no-summary", MAIL / "plain.eml",
         MAIL / "ppap.eml", directory / "bare.zip", directory / "bare.txt"], capture_output=True, text=True)
    found = "Heuristics.Encrypted.zip-encrypted FOUND"
    said = [line.rsplit(": ", 1)[1] for line in run.stdout.splitlines()]
    assert said == ["OK", found, found, "OK"], run.stdout + run.stderr


def test_exim(directory, port, exim, stop_gate):
    smtp = free_ports(1)[0]
    for name in ("spool", "log", "mail"):
        (directory / name).mkdir()
        shutil.chown(directory / name, "Debian-exim")
    main, acl = readme_settings(port)
    config = directory / "exim.conf"
    config.write_text(EXIM.format(exim=exim, port=smtp, directory=directory, readme=main, acl=acl))
    daemon = subprocess.Popen([exim, "-C", config, "-bdf"])
    try:
        until(lambda: answers(smtp), "exim")
        new = directory / "mail" / "new"

        def send(mail):
            with smtplib.SMTP("127.0.0.1", smtp, timeout=60) as client:
                try:
                    client.sendmail("a@sender.example", ["bob@example.test"], mail, mail_options=["BODY=8BITMIME"])
                except smtplib.SMTPDataError as error:
                    return error.smtp_code, error.smtp_error.decode()
                return 250, ""

        for name, mail in honest_mails():
            assert send(mail) == (250, ""), name
            subprocess.run([exim, "-C", config, "-qff"], check=True)
            path, = until(lambda: new.exists() and list(new.iterdir()), name, 60)
            header, body = mail.split(b"\r\n\r\n", 1)
            assert path.read_bytes().endswith(b"\n\n" + local(body)) or not body, name
            path.unlink()
        code, text = send(wire("ppap.eml"))
        assert code == 550 and "Heuristics.Encrypted.zip-encrypted" in text, (code, text)
        stop_gate()
        assert send(wire("plain.eml"))[0] == 451, "no verdict, no mail"
    finally:
        daemon.kill()


def test_rspamd(rspamd, stop_gate):
    rspamd.start()
    try:
        symbols = lambda found: {name for name in found["symbols"] if name.startswith("SEKISHO")}
        for name, mail in honest_mails():
            found = rspamd.scan(mail)
            assert not symbols(found) and found["action"] != "reject", (name, found)
        for name in ("ppap.eml", "mail-in-mail.eml"):
            found = rspamd.scan(wire(name))
            assert symbols(found) == {"SEKISHO_ENCRYPTED"} and found["action"] == "reject", found
        stop_gate()
        found = rspamd.scan(wire("locked-program.eml"))
        assert symbols(found) == {"SEKISHO_FAIL"} and found["action"] == "soft reject", found
    finally:
        rspamd.stop()


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--gate", type=Path, help="the binary; built when not given")
    options = options.parse_args()
    if os.geteuid() != 0:
        sys.exit("clamd.py: Exim wants root")
    binary = (options.gate or build()).resolve()
    directory = Path(tempfile.mkdtemp(prefix="sekisho-clamd-"))
    directory.chmod(0o755)
    exim = or_not_tried(install, directory)
    port = free_ports(1)[0]
    config = directory / "gate.toml"
    config.write_text(f'[[clamd]]\nname = "clamd"\nlisten = "127.0.0.1:{port}"\n')

    def start_gate():
        with open(directory / "gate.log", "ab") as log:
            process = subprocess.Popen([binary, "run", config], stderr=log)
        until(lambda: answers(port), "the gate")
        return process

    gate = start_gate()
    rspamd = or_not_tried(Rspamd, directory, rspamd_settings(port))

    def stop_gate():
        gate.terminate()
        gate.wait(40)

    try:
        test_clamdscan(directory, port)
        print("ok     clamdscan")
        test_exim(directory, port, exim, stop_gate)
        print("ok     exim")
        gate = start_gate()
        test_rspamd(rspamd, stop_gate)
        print("ok     rspamd")
    finally:
        gate.kill()
    shutil.rmtree(directory)


if __name__ == "__main__":
    main()
