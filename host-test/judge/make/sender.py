#!/usr/bin/env python3
"""Mails whose sender deceives, and mails whose sender is what he seems to be. All names are made up.

Needs Python 3.11. Fields are written as bytes: the library would mend what is to be broken.
"""

from pathlib import Path

OUT = Path(__file__).resolve().parent.parent / "corpus" / "sender"
HONEST = OUT / "honest"

REST = [
    "To: taro@hoshimaru.example",
    "Subject: Invoice",
    "Date: Tue, 24 Nov 2026 09:00:00 +0900",
    "Message-ID: <1@sender.example>",
    "",
    "Please find it in the portal.",
    "",
]


def mail(path: Path, *fields: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes("\r\n".join([*fields, *REST]).encode("utf-8"))


DECEIVING = {
    "two-from": ["From: a@tq-9.example", "From: pay@merrowmint.example"],
    "from-space-colon": ["From: a@tq-9.example", "From : pay@merrowmint.example"],
    "authors-of-two-domains": ["From: a@tq-9.example, pay@merrowmint.example"],
    "route": ["From: <@tq-9.example:pay@merrowmint.example>"],
    "two-at": ["From: pay@merrowmint.example@tq-9.example"],
    "text-behind": ["From: <a@tq-9.example> pay@merrowmint.example"],
    "comment-in-address": ["From: pay@(merrowmint.example)tq-9.example"],
    "encoded-address": ["From: =?utf-8?B?PHBheUBtZXJyb3dtaW50LmV4YW1wbGU+?= <a@tq-9.example>"],
    "nul": ["From: pay\0@merrowmint.example"],
    "name-is-an-address": ['From: "pay@paypal.com" <k81@tq-9.example>'],
    "name-right-to-left": ["From: \u202emoc.lapyap\u202c <k81@tq-9.example>"],
    "name-zero-width": ["From: Pay\u200bPal <k81@tq-9.example>"],
    "brand-one-letter": ["From: Support <a@paypa1.com>"],
    "brand-cyrillic": ["From: Support <a@p\u0430ypal.com>"],
    "brand-in-front": ["From: Support <a@paypal.com.portal-check.example>"],
    "near-a-recipient": ["From: Jiro <jiro@hoshimaro.example>"],
    "reply-near-from": ["From: Jiro <jiro@tsukinoha.example>", "Reply-To: jiro@tsukinhoa.example"],
}

HONESTLY = {
    "plain": ["From: Taro Yamada <yamada@sender.example>"],
    "no-name": ["From: yamada@sender.example"],
    "international": ["From: M\u00fcller <info@m\u00fcller.example>"],
    "japanese-domain": ["From: \u71b1\u6d77 <info@\u4f8b\u3048.example>"],
    "alabel": ["From: x@xn--wgv71a119e.jp"],
    "department": ["From: =?ISO-2022-JP?B?GyRCMUQ2SEl0GyhCIBskQjp0QVIbKEI=?= <sakura@tsukinoha.example>"],
    "at-the-desk": ['From: "\u4f50\u5009\uff20\u55b6\u696d" <s@tsukinoha.example>'],
    "list": [
        "From: \"Haruka via list\" <users@lists.example>",
        "Reply-To: haruka@freemail.example",
        "Sender: users-bounces@lists.example",
        "List-Id: <users.lists.example>",
    ],
    "provider": [
        "Return-Path: <bounce-123@mailer.example>",
        "From: Merrowmint <news@merrowmint.example>",
        "Reply-To: Merrowmint <hello@merrowmint.example>",
    ],
    "brand-itself": ["From: PayPal <service@mail.paypal.com>", "Reply-To: noreply@paypal.com"],
    "bounce": ["Return-Path: <>", "From: Mail Delivery System <MAILER-DAEMON@mx.example>", "Auto-Submitted: auto-replied"],
    "folded": ["From: \"Yamada,\r\n Taro\"\r\n <yamada@sender.example>"],
}

if __name__ == "__main__":
    for name, fields in DECEIVING.items():
        mail(OUT / f"{name}.eml", *fields)
    for name, fields in HONESTLY.items():
        mail(HONEST / f"{name}.eml", *fields)
