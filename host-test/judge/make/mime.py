#!/usr/bin/env python3
"""Mails that readers of mail take apart differently, each hiding an archive, and honest mails of everyday.

Needs Python 3.11, zip and openssl. What zip and openssl make with random bytes in it (an encrypted archive, a signature)
is made once and then reused, so that running the script again changes nothing.
"""

import base64
import binascii
import email.message
import email.policy
import os
import quopri
import subprocess
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
OUT = HERE.parent / "corpus" / "mime"
HONEST = OUT / "honest"


def make_zip(path: Path, member: str, text: str, password: str | None) -> bytes:
    if not path.exists():
        with tempfile.TemporaryDirectory() as work:
            source = Path(work) / member
            source.write_text(text)
            os.utime(source, (1_700_000_000, 1_700_000_000))
            options = ["-P", password] if password else []
            subprocess.run(["zip", "-q", "-X", *options, str(Path(work) / "out.zip"), member], cwd=work, check=True)
            path.write_bytes((Path(work) / "out.zip").read_bytes())
    return path.read_bytes()


def sign(path: Path, entity: str) -> bytes:
    """The detached signature of a MIME entity (RFC 8551 section 3.5.3)."""
    if not path.exists():
        with tempfile.TemporaryDirectory() as work:
            run = lambda *a, **k: subprocess.run(["openssl", *a], cwd=work, check=True, capture_output=True, **k)
            run("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "3650",
                "-subj", "/CN=Taro Yamada/emailAddress=taro@sender.example", "-keyout", "key", "-out", "cert")
            (Path(work) / "entity").write_bytes(entity.replace("\n", "\r\n").encode())
            run("cms", "-sign", "-binary", "-in", "entity", "-signer", "cert", "-inkey", "key", "-outform", "DER", "-out", "p7s")
            path.write_bytes((Path(work) / "p7s").read_bytes())
    return path.read_bytes()


def lines(data: bytes, width: int = 76) -> str:
    text = base64.b64encode(data).decode()
    return "\n".join(text[i : i + width] for i in range(0, len(text), width))


HEAD = """From: Taro <taro@sender.example>
To: Hanako <hanako@recipient.example>
Subject: document
Date: Tue, 24 Nov 2026 09:00:00 +0900
Message-ID: <20261124.1@sender.example>
MIME-Version: 1.0
"""
TEXT = "Content-Type: text/plain; charset=us-ascii\n\nPlease see the attached file.\n"


def crlf(text: str) -> bytes:
    return text.replace("\n", "\r\n").encode()


def write(name: str, text: str | bytes) -> None:
    path = OUT / f"{name}.eml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else crlf(text))


def attachment(body: str, encoding: str | None = "base64", kind: str = 'application/zip; name="secret.zip"',
               more: str = "") -> str:
    cte = f"Content-Transfer-Encoding: {encoding}\n" if encoding is not None else ""
    return f'Content-Type: {kind}\n{cte}{more}Content-Disposition: attachment; filename="secret.zip"\n\n{body}\n'


def mixed(*parts: str, boundary: str = "b1", declared: str | None = None, preamble: str = "", epilogue: str = "",
          head: str = HEAD, closed: bool = True) -> str:
    declared = f'multipart/mixed; boundary="{boundary}"' if declared is None else declared
    text = f"{head}Content-Type: {declared}\n\n{preamble}"
    for part in parts:
        text += f"--{boundary}\n{part}"
    return text + (f"--{boundary}--\n{epilogue}" if closed else "")


def duplicates(zipped: bytes) -> None:
    b64 = lines(zipped)
    two = 'multipart/mixed; boundary="b1"; boundary="b2"'
    for name, hidden in [("first", "b1"), ("last", "b2")]:
        other = "b2" if hidden == "b1" else "b1"
        write(f"duplicate-boundary-{name}",
              f"{HEAD}Content-Type: {two}\n\n"
              f"--{other}\n{TEXT}--{other}--\n\n--{hidden}\n{TEXT}--{hidden}\n{attachment(b64)}--{hidden}--\n")
    # The second boundary is made of characters that are no base64: who takes the first decodes across it.
    cut = b64.split("\n")
    across = "\n".join(cut[:2] + ["--.-.-"] + cut[2:])
    write("duplicate-boundary-across",
          mixed(TEXT, attachment(across), declared='multipart/mixed; boundary="b1"; boundary=".-.-"'))
    write("duplicate-boundary-continued",
          mixed(TEXT, attachment(b64), declared='multipart/mixed; boundary=b0; boundary*0="b"; boundary*1="1"'))
    write("duplicate-boundary-three",
          mixed(TEXT, attachment(b64), boundary="b3",
                declared="multipart/mixed; boundary=b1; boundary=b2; boundary=b3"))
    body = f"--b1\n{TEXT}--b1\n{attachment(b64)}--b1--\n"
    write("duplicate-type-text-first", f"{HEAD}Content-Type: text/plain\nContent-Type: multipart/mixed; boundary=b1\n\n{body}")
    write("duplicate-type-text-last", f"{HEAD}Content-Type: multipart/mixed; boundary=b1\nContent-Type: text/plain\n\n{body}")
    write("duplicate-type-boundaries",
          f"{HEAD}Content-Type: multipart/mixed; boundary=b0\nContent-Type: multipart/mixed; boundary=b1\n\n{body}")
    write("duplicate-encoding-first", mixed(TEXT, attachment(b64, more="Content-Transfer-Encoding: 7bit\n")))
    write("duplicate-encoding-last", mixed(TEXT, attachment(b64, "7bit", more="Content-Transfer-Encoding: base64\n")))
    write("duplicate-encoding-quoted",
          mixed(TEXT, attachment(quopri.encodestring(zipped).decode("latin-1"), "base64",
                                 more="Content-Transfer-Encoding: quoted-printable\n")))
    write("duplicate-section",
          mixed(TEXT, f"Content-Type: application/octet-stream\nContent-Transfer-Encoding: base64\n"
                      f'Content-Disposition: attachment; filename*0="notes."; filename*1="txt"; filename*1="zip"\n\n{b64}\n'))
    write("duplicate-name",
          mixed(TEXT, f"Content-Type: application/octet-stream\nContent-Transfer-Encoding: base64\n"
                      f'Content-Disposition: attachment; filename="notes.txt"; filename="secret.zip"\n\n{b64}\n'))


def encodings(zipped: bytes) -> None:
    b64 = lines(zipped)
    legal = {"comment": "(c) base64 (d (e))", "folded": "\n base64", "case": "BASE64", "blanks": " \t base64 \t"}
    odd = {"quoted": '"base64"', "misspelt": "base-64", "semicolon": "base64;", "parameter": "base64; x=y", "unknown": "x-zip", "charset": "utf-8"}
    for name, value in legal.items():
        write(f"encoding-legal-{name}", mixed(TEXT, attachment(b64, value)))
    for name, value in odd.items():
        write(f"encoding-{name}", mixed(TEXT, attachment(b64, value)))
    write("encoding-missing", mixed(TEXT, attachment(b64, None)))
    write("encoding-empty", mixed(TEXT, attachment(b64, "")))
    write("encoding-missing-root",
          f'{HEAD}Content-Type: application/zip; name="secret.zip"\n\n{b64}\n')
    write("encoding-unknown-quoted",
          mixed(TEXT, attachment(quopri.encodestring(zipped).decode("latin-1"), "x-quoted")))
    write("encoding-uuencode", mixed(TEXT, attachment(uu(zipped), "x-uuencode")))
    write("encoding-of-multipart",
          f"{HEAD}Content-Type: multipart/mixed; boundary=b1\nContent-Transfer-Encoding: base64\n\n"
          + lines(crlf(f"--b1\n{TEXT}--b1\n{attachment(b64)}--b1--\n")) + "\n")


def uu(data: bytes, name: str = "secret.zip") -> str:
    body = "".join(binascii.b2a_uu(data[i : i + 45]).decode() for i in range(0, len(data), 45))
    return f"begin 644 {name}\n{body}`\nend"


def base64_tricks(zipped: bytes) -> None:
    b64 = base64.b64encode(zipped).decode()
    write("base64-one-line", mixed(TEXT, attachment(b64)))
    write("base64-mid-padding", mixed(TEXT, attachment(f"{b64[:40]}=\n{b64[40:]}")))
    junk = "\n".join("!" + b64[i : i + 60] + "*" for i in range(0, len(b64), 60))
    write("base64-junk", mixed(TEXT, attachment(junk)))
    decoy = lines(b"Nothing to see here, move along, please.\n")
    write("base64-decoy", mixed(TEXT, attachment(f"{decoy}\n{lines(zipped)}")))
    url = base64.urlsafe_b64encode(zipped).decode()
    write("base64-url-alphabet", mixed(TEXT, attachment("\n".join(url[i : i + 76] for i in range(0, len(url), 76)))))


def line_ends(zipped: bytes) -> None:
    mail = mixed(TEXT, attachment(lines(zipped)), preamble="This is a multi-part message in MIME format.\n")
    write("lines-lf", mail.encode())
    write("lines-cr", mail.replace("\n", "\r").encode())
    half = mail.split("\n")
    write("lines-mixed", "".join(line + ("\r\n" if n % 2 else "\n") for n, line in enumerate(half)).encode())
    write("lines-crcrlf", mail.replace("\n", "\r\r\n").encode())
    write("mbox", b"From taro@sender.example Tue Nov 24 09:00:00 2026\n" + mail.encode())
    write("byte-order-mark", b"\xef\xbb\xbf" + crlf(mail))
    binary = mixed(TEXT, attachment("@", "binary"))
    write("binary", crlf(binary).replace(b"@\r\n", zipped + b"\r\n"))
    # A delimiter behind a bare CR: text to readers that end lines at LF only.
    write("bare-cr-boundary",
          crlf(mixed("Content-Type: text/plain\n\nHello%--b1%" + attachment(lines(zipped)).replace("\n", "%"))).replace(b"%", b"\r"))
    write("bare-cr-field",
          crlf(mixed(TEXT, "X-Note: a%Content-Transfer-Encoding: base64\n" + attachment(lines(zipped), None))).replace(b"%", b"\r"))


def hidden(zipped: bytes) -> None:
    part = attachment(lines(zipped))
    write("hidden-preamble-part", mixed(TEXT, preamble=f"Old readers, look here:\n\n--b0\n{part}--b0--\n"))
    write("hidden-preamble-header", mixed(TEXT, preamble=part + "\n"))
    write("hidden-preamble-base64", mixed(TEXT, preamble=f"This is a multi-part message.\n\n{lines(zipped)}\n\n"))
    write("hidden-preamble-short-lines", mixed(TEXT, preamble=f"This is a multi-part message.\n\n{lines(zipped, 32)}\n\n"))
    write("hidden-preamble-uuencode", mixed(TEXT, preamble=f"This is a multi-part message.\n\n{uu(zipped)}\n\n"))
    write("hidden-epilogue-part", mixed(TEXT, epilogue=f"\n--b2\n{part}--b2--\n"))
    write("hidden-epilogue-same-boundary", mixed(TEXT, epilogue=f"\n--b1\n{part}--b1--\n"))
    write("hidden-epilogue-header", mixed(TEXT, epilogue=f"\n{part}"))
    write("hidden-epilogue-base64", mixed(TEXT, epilogue=f"\n{lines(zipped)}\n"))
    write("hidden-inner-epilogue",
          mixed(f"Content-Type: multipart/mixed; boundary=in\n\n--in\n{TEXT}--in--\n{part}", TEXT))
    write("hidden-nested-epilogue",
          mixed(TEXT, epilogue=f"\n--b2\n{TEXT}--b2--\n\n--b3\n{part}--b3--\n"))
    write("hidden-text-after-close", mixed(TEXT, epilogue="").replace("--b1--\n", f"--b1-- \n{part}"))
    write("wrong-boundary", mixed(TEXT, part, boundary="b2", declared="multipart/mixed; boundary=b1"))


def boundaries(zipped: bytes) -> None:
    part = attachment(lines(zipped))
    write("boundary-prefix", mixed(TEXT) .replace("--b1--\n", f"--b1x\n{part}--b1--\n"))
    write("boundary-nul", crlf(mixed(TEXT)).replace(b"--b1--\r\n", b"\0--b1\r\n" + crlf(part) + b"--b1--\r\n"))
    write("boundary-nul-after", crlf(mixed(TEXT)).replace(b"--b1--\r\n", b"--b1\0x\r\n" + crlf(part) + b"--b1--\r\n"))
    write("boundary-missing", mixed(TEXT, part, declared="multipart/mixed"))
    write("boundary-empty", mixed(TEXT, part, declared='multipart/mixed; boundary=""'))
    write("boundary-unterminated", mixed(TEXT, part, closed=False))
    write("boundary-inner-unterminated",
          mixed(f"Content-Type: multipart/mixed; boundary=in\n\n--in\n{TEXT}--in\n{part}", TEXT))
    write("boundary-longer-inside",
          mixed(f"Content-Type: multipart/mixed; boundary=b1b1\n\n--b1b1\n{TEXT}--b1b1\n{part}--b1b1--\n", TEXT))
    write("boundary-cut-by-nul", crlf(mixed(TEXT, part, declared='multipart/mixed; boundary="b1%x"')).replace(b"%", b"\0"))
    legal = {
        "padded": mixed(TEXT, part).replace("--b1\n", "--b1 \t\n"),
        "continued": mixed(TEXT, part, boundary="b1b1", declared="multipart/mixed; boundary*0=b1; boundary*1=b1"),
        "percent": mixed(TEXT, part, boundary="b 1", declared="multipart/mixed; boundary*=us-ascii''b%201"),
        "blank-before-colon": mixed(TEXT, part).replace("Content-Type:", "Content-Type :"),
        "unquoted": mixed(TEXT, part, declared="multipart/mixed; boundary=b1"),
        "comment": mixed(TEXT, part, declared='multipart/mixed (a "b") ; (c) boundary = (d) "b1" (e)'),
        "folded": mixed(TEXT, part, declared='multipart/mixed;\n\tcharset="us-ascii";\n\tboundary="b1"'),
        "no-version": mixed(TEXT, part, head=HEAD.replace("MIME-Version: 1.0\n", "")),
        "unknown-subtype": mixed(TEXT, part, declared="multipart/unheard-of; boundary=b1"),
        "no-semicolon": mixed(TEXT, part, declared="multipart/mixed boundary=b1"),
        "digest": mixed("\n" + mixed(TEXT, part, boundary="in"), declared="multipart/digest; boundary=b1"),
    }
    for name, mail in legal.items():
        write(f"boundary-legal-{name}", mail)


def nested(zipped: bytes) -> None:
    inner = mixed(TEXT, attachment(lines(zipped)), boundary="in")
    write("message-attached", mixed(TEXT, f"Content-Type: message/rfc822\n\n{inner}"))
    write("message-base64", mixed(TEXT, f"Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n{lines(crlf(inner))}\n"))
    write("message-octet-stream",
          mixed(TEXT, "Content-Type: application/octet-stream\nContent-Transfer-Encoding: base64\n"
                      f'Content-Disposition: attachment; filename="data.bin"\n\n{lines(crlf(inner))}\n'))
    write("message-one-field",
          mixed(TEXT, "Content-Type: message/rfc822\n\n" + mixed(TEXT, attachment(lines(zipped)), boundary="in", head="")))
    deep = inner
    for level in range(4):
        deep = mixed(TEXT, f"Content-Type: message/rfc822\n\n{deep}", boundary=f"m{level}")
    write("message-five-deep", deep)
    levels = 40
    head = f"{HEAD}Content-Type: multipart/mixed; boundary=d0\n\n"
    for n in range(levels):
        head += f"--d{n}\nContent-Type: multipart/mixed; boundary=d{n + 1}\n\n"
    write("deep-multipart", head + f"--d{levels}\n{attachment(lines(zipped))}")
    half = len(zipped) // 2
    write("partial",
          f"{HEAD}Content-Type: message/partial; id=\"1@sender.example\"; number=1; total=2\n\n"
          + mixed(TEXT, attachment(lines(zipped[:half])), closed=False))
    write("partial-second",
          f"{HEAD}Content-Type: message/partial; id=\"1@sender.example\"; number=2; total=2\n\n{lines(zipped[half:])}\n--b1--\n")
    write("external-body",
          mixed(TEXT, 'Content-Type: message/external-body; access-type=URL;\n\tURL="https://files.example/secret.zip"\n\n'
                      "Content-Type: application/zip\nContent-ID: <1@sender.example>\n\n"))
    write("junk-in-header",
          mixed(TEXT, 'Content-Type: application/zip; name="secret.zip"\nthis is no field\nContent-Transfer-Encoding: base64\n\n'
                      f"{lines(zipped)}\n"))
    write("junk-in-root-header",
          mixed(TEXT, attachment(lines(zipped)), head=HEAD.replace("Date:", "an unlucky line without a colon\nX nothing: x\nDate:")))
    write("junk-is-the-body",
          mixed(TEXT, f"Content-Type: text/plain\n{lines(zipped)}\nX-Nothing: x\n\nHello.\n"))
    write("header-without-end", mixed(TEXT, f'Content-Type: application/zip\nContent-Transfer-Encoding: base64\n{lines(zipped)}\n'))


def names(zipped: bytes) -> None:
    def named(value: bytes, parameter: bytes = b"filename") -> bytes:
        mail = mixed(TEXT, f"Content-Type: application/octet-stream\nContent-Transfer-Encoding: base64\n"
                           f"Content-Disposition: attachment; @\n\n{lines(zipped)}\n")
        return crlf(mail).replace(b"@\r\n", parameter + b"=" + value + b"\r\n", 1)

    title = "請求書.zip"
    for charset in ["utf-8", "cp932", "euc_jp", "iso2022_jp", "gb18030"]:
        write(f"name-raw-{charset.replace('_', '-')}", named(b'"' + title.encode(charset) + b'"'))
    write("name-raw-cp932-backslash", named('"予定表.zip"'.encode("cp932")))
    for charset, label in [("utf-8", "UTF-8"), ("cp932", "Shift_JIS"), ("euc_jp", "EUC-JP"), ("iso2022_jp", "ISO-2022-JP"), ("gb18030", "GB18030")]:
        word = base64.b64encode(title.encode(charset)).decode()
        write(f"name-rfc2047-{label.lower()}", named(f'"=?{label}?B?{word}?="'.encode()))
        percent = "".join(f"%{byte:02X}" for byte in title.encode(charset))
        write(f"name-rfc2231-{label.lower()}", named(f"{label}'ja'{percent}".encode(), b"filename*"))
    # One character cut in two between encoded words, as older mailers did.
    raw = title.encode()
    words = "\r\n\t".join(f"=?UTF-8?B?{base64.b64encode(raw[i : i + 4]).decode()}?=" for i in range(0, len(raw), 4))
    write("name-rfc2047-cut", named(f'"{words}"'.encode()))


def honest(plain: bytes) -> None:
    def mail(name: str, message: email.message.EmailMessage | str | bytes) -> None:
        data = message.as_bytes(policy=email.policy.SMTP) if isinstance(message, email.message.EmailMessage) else message
        write(f"honest/{name}", data)

    def start(subject: str) -> email.message.EmailMessage:
        message = email.message.EmailMessage()
        message["From"] = "Taro <taro@sender.example>"
        message["To"] = "Hanako <hanako@recipient.example>"
        message["Subject"] = subject
        message["Date"] = "Tue, 24 Nov 2026 09:00:00 +0900"
        message["Message-ID"] = "<20261124.2@sender.example>"
        return message

    def fixed(message: email.message.EmailMessage) -> email.message.EmailMessage:
        for n, part in enumerate(p for p in message.walk() if p.is_multipart() and p.get_content_maintype() == "multipart"):
            part.set_boundary(f"=_honest_{n}")
        return message

    png = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")
    message = start("Newsletter")
    message.set_content("Hello Hanako,\n\nthis is the text.\n")
    message.add_alternative("<html><body><p>Hello Hanako,</p><img src=\"cid:logo\"></body></html>", subtype="html")
    mail("alternative", fixed(message))
    message.get_payload()[1].add_related(png, "image", "png", cid="<logo>", filename="logo.png")
    message.add_attachment(plain, maintype="application", subtype="zip", filename="minutes.zip")
    mail("mixed-inline-image", fixed(message))

    footer = ("\n_______________________________________________\nMinutes mailing list\nminutes@lists.example\n"
              "https://lists.example/mailman/listinfo/minutes\n")
    mail("list-footer-epilogue", mixed(TEXT, attachment(lines(plain)), epilogue=footer))
    mail("preamble", mixed(TEXT, attachment(lines(plain)),
                           preamble="This is a multi-part message in MIME format.\n\n"))
    mail("preamble-japanese", mixed(TEXT, preamble="これは MIME 形式のメールです。\n対応したメールソフトでご覧ください。\n\n"))
    mail("epilogue-advert", mixed(TEXT, epilogue="\n-- \nSent with Example Mail, free for all\n------------------------------\n\nhttps://mail.example/\n"))
    message = start("Minutes")
    message.set_content("The minutes.\n")
    message.add_attachment(plain, maintype="application", subtype="zip", filename="minutes.zip")
    inner = fixed(message)
    message = start("Fwd: Minutes")
    message.set_content("See below.\n")
    message.add_attachment(inner, filename="Minutes.eml")
    mail("forwarded", fixed(message))

    message = start("Meeting")
    message.set_content("You are invited.\n")
    calendar = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Example//EN\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nUID:1@sender.example\r\n" \
        "DTSTAMP:20261124T000000Z\r\nDTSTART:20261201T010000Z\r\nSUMMARY:Meeting\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    message.add_alternative(calendar.encode(), maintype="text", subtype="calendar", params={"method": "REQUEST", "charset": "utf-8"}, cte="base64")
    mail("calendar", fixed(message))

    entity = "Content-Type: text/plain; charset=us-ascii\n\nSigned, not encrypted.\n"
    p7s = sign(OUT / "honest" / ".signature.p7s", entity)
    mail("signed", f'{HEAD}Content-Type: multipart/signed; protocol="application/pkcs7-signature";\n micalg=sha-256; boundary="s1"\n\n'
                   f"This is an S/MIME signed message\n\n--s1\n{entity}\n--s1\nContent-Type: application/pkcs7-signature; name=\"smime.p7s\"\n"
                   f'Content-Transfer-Encoding: base64\nContent-Disposition: attachment; filename="smime.p7s"\n\n{lines(p7s, 64)}\n\n--s1--\n\n')

    returned = mixed(TEXT, attachment(lines(plain)), boundary="orig")
    mail("dsn", "From: Mail Delivery System <MAILER-DAEMON@mx.example>\nTo: taro@sender.example\nSubject: Undelivered Mail Returned to Sender\n"
                "Date: Tue, 24 Nov 2026 09:00:01 +0900\nMIME-Version: 1.0\n"
                'Content-Type: multipart/report; report-type=delivery-status;\n\tboundary="A1B2.1/mx.example"\n\n'
                "This is a MIME-encapsulated message.\n\n--A1B2.1/mx.example\nContent-Description: Notification\nContent-Type: text/plain; charset=us-ascii\n\n"
                "This is the mail system at host mx.example.\n\n--A1B2.1/mx.example\nContent-Description: Delivery report\nContent-Type: message/delivery-status\n\n"
                "Reporting-MTA: dns; mx.example\nArrival-Date: Tue, 24 Nov 2026 09:00:00 +0900 (JST)\n\n"
                "Final-Recipient: rfc822; hanako@recipient.example\nAction: failed\nStatus: 5.1.1\n\n"
                f"--A1B2.1/mx.example\nContent-Description: Undelivered Message\nContent-Type: message/rfc822\n\n{returned}\n--A1B2.1/mx.example--\n")
    # Some systems return only the beginning of a message: its multipart is cut off.
    mail("dsn-cut", "From: MAILER-DAEMON@mx.example\nTo: taro@sender.example\nSubject: failure notice\nMIME-Version: 1.0\n"
                    'Content-Type: multipart/report; report-type=delivery-status; boundary="r1"\n\n--r1\n\nIt failed.\n--r1\n'
                    "Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example\n\nFinal-Recipient: rfc822; hanako@recipient.example\n"
                    f"Action: failed\nStatus: 5.0.0\n\n--r1\nContent-Type: message/rfc822\n\n{returned[:-200]}\n--r1--\n")
    mail("dsn-headers", "From: MAILER-DAEMON@mx.example\nTo: taro@sender.example\nSubject: failure notice\nMIME-Version: 1.0\n"
                        'Content-Type: multipart/report; report-type=delivery-status; boundary="r1"\n\n--r1\n\nIt failed.\n--r1\n'
                        "Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example\n\n"
                        f"--r1\nContent-Type: text/rfc822-headers\n\n{returned.split(chr(10) * 2)[0]}\n--r1--\n")
    bounce = ("From: MAILER-DAEMON@mx.example\nTo: taro@sender.example\nSubject: failure notice\n\nHi. This is the mail program at mx.example.\n"
              f"I could not deliver your message.\n\n--- Below this line is a copy of the message.\n\nReturn-Path: <taro@sender.example>\n{mixed(TEXT)}")
    mail("bounce-in-text", bounce)

    jp = "Content-Transfer-Encoding: 7bit\nContent-Type: text/plain; charset=ISO-2022-JP\n\n"
    word = lambda s: f"=?ISO-2022-JP?B?{base64.b64encode(s.encode('iso2022_jp')).decode()}?="
    percent = "".join(f"%{b:02X}" for b in "議事録_2026年11月.zip".encode("iso2022_jp"))
    text = f"{HEAD.replace('document', word('議事録の送付'))}".replace("Taro <", word("山田太郎") + " <")
    body = "花子様\n\n議事録をお送りします。ご確認をお願いいたします。\n"
    part = (f"Content-Type: application/zip;\n name=\"{word('議事録_2026年11月.zip')}\"\nContent-Transfer-Encoding: base64\n"
            f"Content-Disposition: attachment;\n filename*0*=ISO-2022-JP'ja'{percent[:60]};\n filename*1*={percent[60:]}\n\n{lines(plain)}\n")
    japanese = mixed(jp + "@\n", part, head=text)
    mail("japanese", crlf(japanese).replace(b"@\r\n", body.replace("\n", "\r\n").encode("iso2022_jp")))
    mail("plain-japanese", crlf(text + jp + "@\n").replace(b"@\r\n", body.replace("\n", "\r\n").encode("iso2022_jp")))
    mail("no-mime", f"From: taro@sender.example\nTo: hanako@recipient.example\nSubject: hello\n\nHello,\nworld.\n")
    mail("charset-as-encoding", f"{HEAD}Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: utf-8\n\nHello, this is fine.\n")
    mail("same-type-twice", f"{HEAD}Content-Type: text/plain; charset=utf-8\nContent-Type: text/plain; charset=\"UTF-8\"\n"
                            "Content-Transfer-Encoding: 8bit\nContent-Transfer-Encoding: 7bit\n\nHello.\n")
    mail("quoted-mail-in-text", f"{HEAD}Content-Type: text/plain\n\nFrom: Hanako <hanako@recipient.example>\nSent: Monday\nTo: Taro\nSubject: Re: document\n\nThank you.\n")
    mail("dashes-in-text", mixed("Content-Type: text/plain\n\n--\nTaro\n--b\n------\n--b12\n", preamble="--\n"))
    ascii_and_star = ('Content-Type: application/zip\nContent-Transfer-Encoding: base64\nContent-Disposition: attachment; '
                      f'filename="gijiroku.zip"; filename*=UTF-8\'\'%E8%AD%B0%E4%BA%8B%E9%8C%B2.zip\n\n{lines(plain)}\n')
    mail("name-in-both-forms", mixed(TEXT, ascii_and_star))
    pem = "-----BEGIN CERTIFICATE-----\n" + lines(p7s, 64) + "\n-----END CERTIFICATE-----\n"
    mail("certificate-without-encoding", mixed(TEXT, f'Content-Type: application/x-x509-ca-cert; name="ca.pem"\n\n{pem}'))


def main() -> None:
    HONEST.mkdir(parents=True, exist_ok=True)
    secret = make_zip(OUT / "secret.zip", "secret.txt", "The password is somewhere else.\n" * 8, "himitsu")
    plain = make_zip(HONEST / "plain.zip", "minutes.txt", "Minutes of the meeting.\n" * 8, None)
    for make in [duplicates, encodings, base64_tricks, line_ends, hidden, boundaries, nested, names]:
        make(secret)
    honest(plain)


if __name__ == "__main__":
    main()
