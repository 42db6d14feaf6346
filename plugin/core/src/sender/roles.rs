//! Departments and roles: a name that is nothing else asks to be taken for the recipient's own house.

use crate::text::kana::NameKey;

/// Whole names, folded when compared.
const ROLES: &[&str] = &[
    "経理部",
    "経理課",
    "人事部",
    "人事課",
    "総務部",
    "総務課",
    "情報システム部",
    "情報システム課",
    "システム管理者",
    "管理者",
    "社長",
    "代表取締役",
    "代表取締役社長",
    "サポートセンター",
    "ヘルプデスク",
    "メール管理者",
    "サーバー管理者",
    "情シス",
    "給与担当",
    "IT部門",
    "administrator",
    "it support",
    "it helpdesk",
    "help desk",
    "helpdesk",
    "it department",
    "it admin",
    "it desk",
    "system administrator",
    "mail administrator",
    "email administrator",
    "webmail administrator",
    "mail delivery system",
    "mail server",
    "email support",
    "human resources",
    "hr department",
    "hr",
    "payroll",
    "payroll department",
    "accounts payable",
    "finance department",
    "ceo",
    "cfo",
    "management",
    "postmaster",
    "security team",
    "mailer-daemon",
];

/// The role this name is, if it is nothing else.
pub(super) fn whole(name: &NameKey) -> Option<String> {
    ROLES.iter().find(|r| NameKey::of(r).joined().equals(name).is_some()).map(|r| (*r).to_owned())
}
