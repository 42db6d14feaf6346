#!/usr/bin/env python3
"""Mails from a partner for whom a policy may make an exception. The archives are those of name.py.

Needs Python 3.11.
"""

from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

CORPUS = Path(__file__).resolve().parent.parent / "corpus"
OUT = CORPUS / "policy"


def mail(name: str, archive: str) -> None:
    message = EmailMessage(policy=SMTP)
    message["From"] = "Partner <keiri@partner.example>"
    message["To"] = "keiri@ours.example"
    message["Subject"] = "お見積書の送付"
    message["Date"] = "Tue, 24 Nov 2026 09:00:00 +0900"
    message["Message-ID"] = f"<{name}@partner.example>"
    message.set_content("お見積書をお送りします。\nパスワードは別途お送りします。\n")
    content = (CORPUS / "name" / archive).read_bytes()
    message.add_attachment(content, maintype="application", subtype="zip", filename="お見積書.zip")
    message.set_boundary("b1")
    (OUT / f"{name}.eml").write_bytes(message.as_bytes())


if __name__ == "__main__":
    OUT.mkdir(parents=True, exist_ok=True)
    mail("encrypted-tables", "encrypted-tables.zip")
    mail("encrypted-program", "encrypted-program.zip")
    mail("encrypted-sources", "encrypted-sources.zip")
    mail("program-beside-encrypted", "partly-encrypted.zip")
    mail("plain-program", "program.zip")
