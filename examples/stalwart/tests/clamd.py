#!/usr/bin/env python3
"""The clamd door asked by real clients: ClamAV's own clamdscan, and Exim with `malware = *` in its DATA ACL.

    sudo python3 examples/stalwart/tests/clamd.py

Needs root and Debian or Ubuntu. Exim is unpacked beside the tests, never installed: two mail servers conflict.
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

from postfix import MAIL, answers, build, free_ports, honest_mails, local, until, wire

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


def apt(*command):
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(["apt-get", "-qq", *command], check=True, env=environment, stdin=subprocess.DEVNULL,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


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


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--gate", type=Path, help="the binary; built when not given")
    options = options.parse_args()
    if os.geteuid() != 0:
        sys.exit("clamd.py: Exim wants root")
    binary = (options.gate or build()).resolve()
    directory = Path(tempfile.mkdtemp(prefix="sekisho-clamd-"))
    directory.chmod(0o755)
    exim = install(directory)
    port = free_ports(1)[0]
    config = directory / "gate.toml"
    config.write_text(f'[[clamd]]\nname = "clamd"\nlisten = "127.0.0.1:{port}"\n')
    with open(directory / "gate.log", "wb") as log:
        gate = subprocess.Popen([binary, "run", config], stderr=log)

    def stop_gate():
        gate.terminate()
        gate.wait(40)

    try:
        until(lambda: answers(port), "the gate")
        test_clamdscan(directory, port)
        print("ok     clamdscan")
        test_exim(directory, port, exim, stop_gate)
        print("ok     exim")
    finally:
        gate.kill()
    shutil.rmtree(directory)


if __name__ == "__main__":
    main()
