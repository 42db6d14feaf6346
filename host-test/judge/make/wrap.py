#!/usr/bin/env python3
"""Files packed into gzip, tar and ar, archives in archives, formats nobody opens, and bombs.

Needs Python 3.11, gzip, GNU tar, GNU ar, 7z and openssl. What holds random bytes or the time is made once and then reused, so
that running the script again changes nothing.
"""

import io
import os
import subprocess
import tempfile
import zipfile
from pathlib import Path

OUT = Path(__file__).resolve().parent.parent / "corpus" / "wrap"
DATE = (2026, 11, 24, 9, 0, 0)
STAMP = 1_795_478_400
TEXT = "Nothing to see here.\n" * 6


def run(*command, cwd=None, data=None) -> bytes:
    return subprocess.run(command, cwd=cwd, input=data, capture_output=True, check=True).stdout


def zipped(*members: tuple[str, bytes | str]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            info = zipfile.ZipInfo(name, DATE)
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, content)
    return out.getvalue()


def gzipped(data: bytes) -> bytes:
    return run("gzip", "-n", "-9", data=data)


def put(name: str, data: bytes) -> None:
    (OUT / name).write_bytes(data)


def folder(work: Path, files: dict[str, str | bytes]) -> None:
    for name, content in files.items():
        path = work / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    for path in [*work.rglob("*"), work]:
        os.utime(path, (STAMP, STAMP))


LONG = "a-rather-long-folder-name/" * 5 + "and-a-long-file-name.txt"


def tars() -> None:
    """The formats of GNU tar; all hold the same files."""
    names = ["short.txt", "folder/見積書.txt"]
    with tempfile.TemporaryDirectory() as work:
        folder(Path(work), {name: TEXT for name in [*names, LONG]})
        for form in ["v7", "ustar", "gnu", "posix"]:
            members = names if form == "v7" else [*names, LONG]
            options = ["--sort=name", "--owner=a:1", "--group=a:1", "--mtime=@%d" % STAMP, "--blocking-factor=1"]
            if form == "posix":
                options.append("--pax-option=delete=atime,delete=ctime,exthdr.name=%d/PaxHeaders/%f")
            put(f"{form}.tar", run("tar", f"--format={form}", *options, "-cf", "-", *members, cwd=work))
        put("concatenated.tar", (OUT / "v7.tar").read_bytes() + (OUT / "ustar.tar").read_bytes())
        put("followed.tar", (OUT / "v7.tar").read_bytes() + zipped(("hidden.exe", TEXT)))
        put("cut.tar", (OUT / "v7.tar").read_bytes()[:600])
        sparse = Path(work) / "sparse.bin"
        with sparse.open("wb") as file:
            file.seek(1 << 20)
            file.write(b"end")
        os.utime(sparse, (STAMP, STAMP))
        for form in ["gnu", "posix"]:
            path = OUT / f"sparse-{form}.tar"
            if not path.exists():
                path.write_bytes(run("tar", "--sparse", f"--format={form}", "-cf", "-", "sparse.bin", cwd=work))


def gzips() -> None:
    put("plain.txt.gz", gzipped(TEXT.encode()))
    with tempfile.TemporaryDirectory() as work:
        folder(Path(work), {"original.txt": TEXT})
        put("renamed.gz", run("gzip", "-c", "original.txt", cwd=work))
    put("members.gz", gzipped(b"From: a@sender.example\nSub") + gzipped(b"ject: x\n\nHello.\n"))
    put("many-members.gz", gzipped(b"") * 400)
    put("padded.gz", gzipped(TEXT.encode()) + bytes(512))
    put("followed.gz", gzipped(TEXT.encode()) + zipped(("hidden.exe", TEXT)))
    put("cut.gz", gzipped(bytes(range(256)) * 40)[:-40])
    put("archive.tar.gz", gzipped((OUT / "ustar.tar").read_bytes()))
    put("zip.gz", gzipped(zipped(("run.exe", TEXT))))
    flagged = bytearray(gzipped(TEXT.encode()))
    flagged[3] |= 0x20  # "encrypted", says gzip 1.2.4
    put("reserved-flag.gz", bytes(flagged))


def ars() -> None:
    with tempfile.TemporaryDirectory() as work:
        folder(Path(work), {"short.txt": TEXT, "a-name-of-more-than-sixteen-letters.txt": TEXT, "run.exe": TEXT})
        (OUT / "library.a").unlink(missing_ok=True)
        run("ar", "rcD", str(OUT / "library.a"), "short.txt", "a-name-of-more-than-sixteen-letters.txt", cwd=work)
        (OUT / "program.a").unlink(missing_ok=True)
        run("ar", "rcD", str(OUT / "program.a"), "run.exe", cwd=work)


def nested() -> None:
    inner = zipped(("notes.txt", TEXT))
    for level in range(2, 7):
        inner = zipped((f"level{level - 1}.zip", inner))
        if level in (2, 3, 4, 6):
            put(f"nested-{level}.zip", inner)
    put("logs.zip", zipped(("node1.tgz", gzipped((OUT / "ustar.tar").read_bytes())), ("old.log.gz", gzipped(TEXT.encode()))))
    deep = zipped(("notes.txt", TEXT))
    for level in range(40):
        deep = zipped((f"{level}.zip", deep))
    put("nested-40.zip", deep)


def unopened() -> None:
    made = {
        "disk.wim": ["7z", "a", "-bd", "-twim", "{out}", "notes.txt"],
        "bzip2-inside.zip": ["7z", "a", "-bd", "-tzip", "-mm=BZip2", "-mtc=off", "{out}", "notes.txt"],
        "salted.bin": ["openssl", "enc", "-aes-256-cbc", "-pbkdf2", "-k", "secret", "-in", "notes.txt", "-out", "{out}"],
    }
    for name, command in made.items():
        if (OUT / name).exists():
            continue
        with tempfile.TemporaryDirectory() as work:
            folder(Path(work), {"notes.txt": TEXT * 20})
            run(*(word.format(out=OUT / name) for word in command), cwd=work)


def bombs() -> None:
    zeros = bytes(12 << 20)
    put("bomb-ratio.zip", zipped(("zeros.bin", zeros)))
    put("bomb-ratio.gz", gzipped(zeros))


if __name__ == "__main__":
    OUT.mkdir(parents=True, exist_ok=True)
    tars()
    gzips()
    ars()
    nested()
    unopened()
    bombs()
