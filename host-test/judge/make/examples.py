#!/usr/bin/env python3
"""Makes the mails of examples/mail with Python's email package and Info-ZIP's zip.

    python3 host-test/judge/make/examples.py

An encrypted archive has random bytes in it, so a mail that exists is left alone; delete it to have it made anew.
"""

import base64
import os
import random
import struct
import subprocess
import tempfile
import zipfile
import zlib
from email.header import Header
from email.message import EmailMessage
from email.mime.base import MIMEBase
from email.mime.message import MIMEMessage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.policy import SMTP
from email.utils import encode_rfc2231
from io import BytesIO
from pathlib import Path

OUT = Path(__file__).resolve().parents[3] / "examples" / "mail"
MOMENT = 1_795_478_400  # Tue, 24 Nov 2026 09:00:00 +0900


def office(kind: str, main: str, body: str) -> bytes:
    """The smallest Office Open XML package (ECMA-376 part 2) with one main part."""
    types = (
        '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/{main}" ContentType="application/vnd.openxmlformats-officedocument.{kind}.main+xml"/></Types>'
    )
    rels = (
        '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        '<Relationship Id="r1" Target="%s" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/'
        'officeDocument"/></Relationships>' % main
    )
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for name, text in [("[Content_Types].xml", types), ("_rels/.rels", rels), (main, body)]:
            package.writestr(zipfile.ZipInfo(name, (2026, 11, 24, 9, 0, 0)), text, zipfile.ZIP_DEFLATED)
    return out.getvalue()


XLSX = office(
    "spreadsheetml.sheet", "xl/workbook.xml",
    '<?xml version="1.0"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheets/></workbook>',
)
DOCX = office(
    "wordprocessingml.document", "word/document.xml",
    '<?xml version="1.0"?><w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>'
    "<w:p><w:r><w:t>仕様</w:t></w:r></w:p></w:body></w:document>",
)
PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
)


def png(side: int = 48) -> bytes:
    """A grey gradient (PNG specification, sections 5 and 11)."""
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + bytes((x + y) * 255 // (2 * side) for x in range(side)) for y in range(side))
    head = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def zipped(files: dict[str, bytes], password: str | None = None) -> bytes:
    """An archive with names in CP932, as the tools of Japanese Windows write them."""
    with tempfile.TemporaryDirectory() as folder:
        names = []
        for name, content in files.items():
            path = os.path.join(os.fsencode(folder), name.encode("cp932"))
            with open(path, "wb") as file:
                file.write(content)
            os.utime(path, (MOMENT, MOMENT))
            names.append(name.encode("cp932"))
        options = ["-P", password] if password else []
        subprocess.run(
            [b"zip", b"-q", b"-X", *(o.encode() for o in options), b"out.zip", *names],
            cwd=folder, check=True, env={**os.environ, "LC_ALL": "C", "TZ": "Asia/Tokyo"},
        )
        return (Path(folder) / "out.zip").read_bytes()


def head(message, subject: str, number: int, charset: str = "utf-8"):
    message["From"] = f"{Header('佐藤 花子', charset).encode()} <hanako.sato@sender.example>"
    message["To"] = f"{Header('山田 太郎', charset).encode()} <taro.yamada@recipient.example>"
    message["Subject"] = Header(subject, charset).encode()
    message["Date"] = "Tue, 24 Nov 2026 09:00:00 +0900"
    message["Message-ID"] = f"<20261124.{number}@sender.example>"
    return message


def attachment(content: bytes, name: str, kind: str, charset: str = "utf-8") -> MIMEBase:
    """Both spellings of the name that Outlook and Japanese mail programs write: RFC 2047 and RFC 2231."""
    part = MIMEBase(*kind.split("/"), name=Header(name, charset).encode())
    part.set_payload(base64.encodebytes(content).decode())
    part["Content-Transfer-Encoding"] = "base64"
    part["Content-Disposition"] = f"attachment; filename*={encode_rfc2231(name, 'utf-8')}"
    return part


def letter(subject: str, text: str, parts: list, number: int, charset: str = "utf-8") -> MIMEMultipart:
    message = head(MIMEMultipart(boundary=f"----=_sekisho_{number}"), subject, number, charset)
    message.attach(MIMEText(text, "plain", charset))
    for part in parts:
        message.attach(part)
    return message


GREETING = "山田様\n\nいつもお世話になっております。佐藤です。\n\n"
SECRET = {"お見積書.xlsx": XLSX, "契約書案.pdf": PDF, "仕様.docx": DOCX}


def ppap():
    text = GREETING + "お見積書をお送りします。ご査収ください。\nパスワードは別途お送りします。\n\n佐藤\n"
    archive = attachment(zipped(SECRET, "himitsu-1124"), "お見積書.zip", "application/x-zip-compressed", "iso-2022-jp")
    return letter("お見積書送付の件", text, [archive], 1, "iso-2022-jp")


def plain():
    text = GREETING + "議事録と次回の日程表をお送りします。ご確認のほどよろしくお願いいたします。\n\n佐藤\n"
    parts = [
        attachment(DOCX, "議事録.docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        attachment(PDF, "日程表.pdf", "application/pdf"),
        attachment(zipped({"写真.png": png(), "メモ.txt": "会議室は3階です。\n".encode()}), "資料.zip", "application/zip"),
    ]
    return letter("議事録送付の件", text, parts, 2)


def behind_an_image():
    polyglot = png() + zipped(SECRET, "himitsu-1124")
    return letter("集合写真", GREETING + "先日の写真です。\n", [attachment(polyglot, "集合写真.png", "image/png")], 3)


def mail_in_mail():
    inner = letter("Fw: お見積書", GREETING, [attachment(zipped(SECRET, "himitsu-1124"), "お見積書.zip", "application/zip")], 4)
    middle = letter("Fw: Fw: お見積書", "転送します。\n", [MIMEMessage(inner)], 5)
    return letter("Fw: Fw: Fw: お見積書", "転送します。\n", [MIMEMessage(middle)], 6)


def undeclared_base64():
    part = attachment(zipped(SECRET, "himitsu-1124"), "お見積書.zip", "application/zip")
    del part["Content-Transfer-Encoding"]
    return letter("お見積書送付の件", GREETING + "お見積書をお送りします。\n", [part], 7)


def locked_program():
    program = {"請求書_2026年11月.pdf.exe": b"MZ" + random.Random(1).randbytes(600)}
    text = GREETING + "請求書をお送りします。パスワードは 1124 です。\n"
    return letter("【至急】請求書の件", text, [attachment(zipped(program, "1124"), "請求書.zip", "application/zip")], 8)


def main() -> None:
    OUT.mkdir(parents=True, exist_ok=True)
    mails = {
        "ppap": ppap, "plain": plain, "behind-an-image": behind_an_image, "mail-in-mail": mail_in_mail,
        "undeclared-base64": undeclared_base64, "locked-program": locked_program,
    }
    for name, make in mails.items():
        path = OUT / f"{name}.eml"
        if not path.exists():
            path.write_bytes(make().as_bytes(policy=SMTP))


if __name__ == "__main__":
    main()
