#!/usr/bin/env python3
"""Mails and texts with files encoded inside the text, the way people did before MIME and do around it, and honest texts
that look alike.

Needs Python 3.11, zip, 7z, gpg, openssl, ssh-keygen, git, uuencode (sharutils), uuenview (uudeview) and
perl with Convert::BinHex. What these make with random bytes or a clock in it (encrypted archives, keys, patches) is made once, kept in
corpus/encoded/.sources and then reused, so that running the script again changes nothing.
"""

import base64
import binascii
import gzip
import os
import quopri
import random
import struct
import subprocess
import tempfile
import zlib
from collections.abc import Callable
from pathlib import Path

HERE = Path(__file__).resolve().parent
OUT = HERE.parent / "corpus" / "encoded"
SOURCES = OUT / ".sources"
RANDOM = random.Random(20261124)
SECRET = "請求金額 128,000円 / amount due\n" * 4


def run(*command: str, cwd: str | Path | None = None, given: bytes | None = None) -> bytes:
    env = os.environ | {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null"}
    return subprocess.run(command, cwd=cwd, check=True, capture_output=True, input=given, env=env).stdout


def once(name: str, make: Callable[[Path], bytes]) -> bytes:
    """What a tool makes with random bytes in it; made in an empty folder, once."""
    path = SOURCES / name
    if not path.exists():
        with tempfile.TemporaryDirectory() as work:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(make(Path(work)))
    return path.read_bytes()


def archive(*command: str) -> Callable[[Path], bytes]:
    def make(work: Path) -> bytes:
        (work / "invoice.txt").write_text(SECRET)
        os.utime(work / "invoice.txt", (1_700_000_000, 1_700_000_000))
        run(*command, "out", "invoice.txt", cwd=work)
        return next(work.glob("out*")).read_bytes()

    return make


def lines(data: bytes, width: int = 76, prefix: str = "") -> str:
    text = base64.b64encode(data).decode()
    return "".join(f"{prefix}{text[i:i + width]}\n" for i in range(0, len(text), width))


HEAD = """From: Taro <taro@sender.example>
To: Hanako <hanako@recipient.example>
Subject: document
Date: Tue, 24 Nov 2026 09:00:00 +0900
Message-ID: <20261124.2@sender.example>
"""


def write(name: str, content: bytes) -> None:
    path = OUT / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def mail(name: str, body: str | bytes, kind: str | None = "text/plain; charset=us-ascii", encoding: str = "7bit") -> None:
    mime = f"MIME-Version: 1.0\nContent-Type: {kind}\nContent-Transfer-Encoding: {encoding}\n" if kind else ""
    head = (HEAD + mime + "\n").replace("\n", "\r\n").encode()
    write(f"{name}.eml", head + (body if isinstance(body, bytes) else body.replace("\n", "\r\n").encode()))


def uu(data: bytes, name: str = "invoice.zip", backtick: bool = True) -> str:
    body = "".join(binascii.b2a_uu(data[i : i + 45], backtick=backtick).decode() for i in range(0, len(data), 45))
    return f"begin 644 {name}\n{body}{'`' if backtick else ' '}\nend\n"


def uuencoded(zipped: bytes, sealed: bytes) -> None:
    with tempfile.TemporaryDirectory() as work:
        (Path(work) / "invoice.zip").write_bytes(zipped)
        plain = run("uuencode", "invoice.zip", "invoice.zip", cwd=work).decode()
        modern = run("uuencode", "-m", "invoice.zip", "invoice.zip", cwd=work).decode()
    hello = "Hello,\n\nhere it is.\n\n"
    mail("uuencode", f"{hello}{plain}\nRegards\n")
    mail("uuencode-without-mime", f"{hello}{plain}", kind=None)
    mail("uuencode-blanks", f"{hello}{uu(zipped, backtick=False)}")
    stripped = "".join(line.rstrip() + "\n" for line in uu(zipped, backtick=False).split("\n")[:-1])
    mail("uuencode-blanks-lost", f"{hello}{stripped}")
    mail("uuencode-without-end", hello + uu(zipped).removesuffix("`\nend\n"))
    mail("uuencode-name-with-blanks", hello + uu(zipped, "the invoice of May.zip"))
    mail("uuencode-name-cp932", (hello + "begin 644 ").encode() + "表.zip".encode("cp932") + uu(zipped, "")[10:].encode(),
         encoding="8bit")
    mail("uuencode-two", f"{uu(b'Nothing to see here.', 'readme.txt')}\n{uu(zipped)}")
    mail("uuencode-in-html", f"<html><body><pre>\n{uu(zipped)}</pre></body></html>\n", kind="text/html")
    mail("uuencode-quoted-printable", quopri.encodestring(uu(zipped).encode()).decode(), encoding="quoted-printable")
    mail("uuencode-base64-body", lines(f"{hello}{uu(zipped)}".encode()), encoding="base64")
    mail("uuencode-of-7z", f"{hello}{uu(sealed, 'invoice.7z')}")
    mail("uuencode-of-base64-text", f"{hello}{uu(lines(zipped).encode(), 'invoice.txt')}")
    mail("begin-base64", f"{hello}{modern}\nRegards\n")


def other_transports(zipped: bytes) -> None:
    with tempfile.TemporaryDirectory() as work:
        (Path(work) / "invoice.zip").write_bytes(zipped)
        run("uuenview", "-y", "-o", "invoice.zip", cwd=work)
        yenc = next(p for p in Path(work).iterdir() if p.name != "invoice.zip").read_bytes()
        script = ('use Convert::BinHex; local $/; open F, "<:raw", "invoice.zip"; my $file = <F>; my $hex = Convert::BinHex->new; '
                  '$hex->filename("invoice.zip"); $hex->data(Data => $file); $hex->encode(\\*STDOUT);')
        binhex = run("perl", "-e", script, cwd=work).decode("latin-1")
    yenc = yenc[yenc.index(b"=ybegin"):].replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    mail("yenc", b"Hello,\r\n\r\n" + yenc + b"\r\nRegards\r\n", kind="text/plain; charset=iso-8859-1", encoding="8bit")
    mail("yenc-without-mime", yenc, kind=None)
    mail("yenc-cut", yenc[: len(yenc) * 2 // 3], kind="text/plain", encoding="8bit")
    mail("binhex", f"Hello,\n\n{binhex}\nRegards\n")
    mail("binhex-declared", binhex, kind='application/mac-binhex40; name="invoice.hqx"')


def bare(zipped: bytes, sealed: bytes, packed: bytes) -> None:
    hello = "Hello,\n\nplease paste this into a decoder:\n\n"
    mail("base64-in-body", f"{hello}{lines(zipped)}\nRegards\n")
    mail("base64-behind-a-line", f"invoice\n{lines(zipped)}")
    mail("base64-quoted", f"{hello}{lines(zipped, 72, '> ')}\n")
    mail("base64-indented", f"{hello}{lines(zipped, 64, '    ')}\n")
    mail("base64-short-lines", f"{hello}{lines(zipped, 20)}\n")
    mail("base64-one-line", f"{hello}{lines(zipped, 10_000)}\n")
    mail("base64-in-html", f"<html><body><textarea>{lines(zipped, 10_000).strip()}</textarea></body></html>\n", kind="text/html")
    mail("base64-data-url", '<html><body><a download="invoice.zip" href="data:application/octet-stream;base64,'
         f'{lines(zipped, 10_000).strip()}">invoice</a></body></html>\n', kind="text/html")
    mail("base64-7z", f"{hello}{lines(sealed)}")
    mail("base64-gzip", f"{hello}{lines(packed)}")
    for shift in range(3):
        mail(f"base64-prefixed-{shift}", hello + lines(b"#!/bin/sh\nexit\n#".ljust(60 + shift, b"#") + zipped))
    write("base64.txt", lines(zipped).encode())
    write("base64-crlf.dat", lines(zipped).replace("\n", "\r\n").encode())
    write("base64-in-json.json", b'{"name": "invoice", "content": "' + base64.b64encode(zipped) + b'"}\n')


def key_mail(name: str, text: str) -> None:
    mail(f"honest/{name}", f"Hello,\n\nhere it is:\n\n{text}\nRegards\nTaro\n")


def honest() -> None:
    def certificate(work: Path) -> bytes:
        return run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "3650", "-subj", "/CN=sender.example",
                   "-keyout", "key", cwd=work)

    def pgp_key(work: Path) -> bytes:
        gpg = ["gpg", "--homedir", str(work), "--batch", "--passphrase", ""]
        run(*gpg, "--quick-gen-key", "Taro <taro@sender.example>", "rsa2048", "sign", "never")
        return run(*gpg, "--armor", "--export")

    def patch(work: Path) -> bytes:
        git = ["git", "-c", "user.name=Taro", "-c", "user.email=taro@sender.example"]
        run("git", "init", "-q", cwd=work)
        (work / "logo.bin").write_bytes(os.urandom(400))
        run("git", "add", ".", cwd=work)
        run(*git, "commit", "-q", "-m", "Add the logo", cwd=work)
        return run("git", "format-patch", "--binary", "--stdout", "--root", cwd=work)

    def ssh_key(work: Path) -> bytes:
        run("ssh-keygen", "-q", "-t", "rsa", "-b", "2048", "-N", "", "-C", "taro@sender.example", "-f", str(work / "id"))
        return (work / "id.pub").read_bytes()

    def dkim(work: Path) -> bytes:
        run("openssl", "genrsa", "-out", "key", "2048", cwd=work)
        return run("openssl", "rsa", "-in", "key", "-pubout", "-outform", "DER", cwd=work)

    key_mail("certificate", once("certificate.pem", certificate).decode())
    key_mail("pgp-key", once("key.asc", pgp_key).decode())
    key_mail("ssh-key", once("id_rsa.pub", ssh_key).decode())
    key_mail("dkim-record", "s1._domainkey IN TXT \"v=DKIM1; k=rsa; p=" + base64.b64encode(once("dkim.der", dkim)).decode() + "\"\n")
    key_mail("git-patch", once("logo.patch", patch).decode())
    key_mail("checksums", "".join(f"{RANDOM.randbytes(32).hex()}  file{n}.tar\n" for n in range(12)))
    token = base64.urlsafe_b64encode(RANDOM.randbytes(150)).decode()
    key_mail("link-with-token", f"https://files.example/download/{token}?sig={base64.b64encode(RANDOM.randbytes(96)).decode()}\n")
    key_mail("base64-of-text", lines("This is only a text, in base64, to show how base64 looks.\n".encode() * 3))
    key_mail("prose", "begin 644 files and see\nbegin 755 at the gate\nend\n\n=ybegin is how yEnc begins,\n"
             "(This file must be converted with BinHex 4.0) how BinHex does.\nIn base64 a ZIP file begins with UEsDBBQAAAAIAA.\n")
    key_mail("words", "".join(f"{word}\n" for word in "inspection checkpoint travellers documents Hakone Edo mountains".split() * 20))

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + RANDOM.randbytes(96) for _ in range(32))
    png = (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 32, 32, 8, 2, 0, 0, 0))
           + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))
    beacon = base64.b64encode(RANDOM.randbytes(120)).decode()
    mail("honest/newsletter", f'<html><body><img alt="logo" src="data:image/png;base64,{base64.b64encode(png).decode()}">\n'
         f'<p>News</p><a href="https://t.example/c/{beacon}">read on</a><img src="https://t.example/o/{token}.gif">\n'
         "</body></html>\n", kind="text/html; charset=utf-8")
    write("honest/picture.txt", lines(png).encode())


def main() -> None:
    zipped = once("invoice.zip", archive("zip", "-q", "-X", "-P", "secret"))
    sealed = once("invoice.7z", archive("7z", "a", "-bd", "-psecret", "-mhe=off"))
    packed = gzip.compress(SECRET.encode() + RANDOM.randbytes(64), mtime=0)
    uuencoded(zipped, sealed)
    other_transports(zipped)
    bare(zipped, sealed, packed)
    honest()


if __name__ == "__main__":
    main()
