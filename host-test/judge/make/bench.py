#!/usr/bin/env python3
"""Makes the mails of the benchmark table, with Python's email package and Info-ZIP's zip. They are large, so they are
not committed: they go to the folder given (default target/bench).

    python3 host-test/judge/make/bench.py
    cargo run --release -- bench target/bench/*.eml
"""

import random
import subprocess
import sys
import tempfile
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

RANDOM = random.Random(20261124)


def mail(subject: str) -> EmailMessage:
    message = EmailMessage()
    message["From"] = "営業部 <sales@sender.example>"
    message["To"] = "taro@recipient.example"
    message["Subject"] = subject
    message["Date"] = "Tue, 24 Nov 2026 09:00:00 +0900"
    message["Message-ID"] = "<bench@sender.example>"
    message.set_content("いつもお世話になっております。\n資料をお送りします。ご確認ください。\n")
    return message


def zipped(files: dict[str, bytes], *options: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        for name, content in files.items():
            (Path(folder) / name).write_bytes(content)
        subprocess.run(["zip", "-q", *options, "out.zip", *files], cwd=folder, check=True)
        return (Path(folder) / "out.zip").read_bytes()


def text(size: int) -> bytes:
    words = ["検問", "所", "mail", "gateway", "sandbox", "見積", "契約", "report", "12,800円", "\n"]
    out = bytearray()
    while len(out) < size:
        out += RANDOM.choice(words).encode() + b" "
    return bytes(out[:size])


def attached(subject: str, files: dict[str, bytes], kind: tuple[str, str] = ("application", "octet-stream")) -> bytes:
    message = mail(subject)
    for name, content in files.items():
        message.add_attachment(content, maintype=kind[0], subtype=kind[1], filename=name)
    return message.as_bytes(policy=SMTP)


def nested(levels: int, size: int) -> bytes:
    inner = zipped({"readme.txt": text(size)})
    for level in range(levels - 1):
        inner = zipped({f"level{level}.zip": inner})
    return inner


def main() -> None:
    out = Path(sys.argv[1] if len(sys.argv) > 1 else "target/bench")
    out.mkdir(parents=True, exist_ok=True)
    mails = {
        "1-small-1.3kb": attached("小さなメール", {"note.bin": RANDOM.randbytes(420)}),
        "2-attachment-1mb": attached("1 MB", {"photo.bin": RANDOM.randbytes(730_000)}),
        "3-encrypted-zip-6.8mb": attached(
            "お見積書", {"お見積書.zip": zipped({"a.bin": RANDOM.randbytes(4_950_000)}, "-P", "himitsu")}, ("application", "zip")
        ),
        "4-attachment-25mb": attached("25 MB", {"film.bin": RANDOM.randbytes(18_250_000)}),
        "5-many-parts": attached("たくさん", {f"f{n}.txt": text(400) for n in range(1000)}, ("application", "octet-stream")),
        "6-nested-archives": attached("入れ子", {"nested.zip": nested(5, 1_000_000)}, ("application", "zip")),
        "7-plain-zip-1mb": attached("資料", {"docs.zip": zipped({"a.txt": text(2_000_000), "b.bin": RANDOM.randbytes(500_000)})}),
    }
    for name, content in mails.items():
        (out / f"{name}.eml").write_bytes(content)
        print(f"{len(content):>12,}  {out}/{name}.eml")


if __name__ == "__main__":
    main()
