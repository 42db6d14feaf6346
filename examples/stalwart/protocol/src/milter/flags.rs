//! The bits of the negotiation, by what they mean.

/// `SMFIF_ADDHDRS`: fields may be added.
pub const ADD_HEADERS: u32 = 0x01;
/// `SMFIF_CHGBODY`: the body may be replaced.
pub const CHANGE_BODY: u32 = 0x02;
/// `SMFIF_ADDRCPT`: recipients may be added.
pub const ADD_RECIPIENTS: u32 = 0x04;
/// `SMFIF_DELRCPT`: recipients may be taken away.
pub const DELETE_RECIPIENTS: u32 = 0x08;
/// `SMFIF_CHGHDRS`: fields may be changed and deleted.
pub const CHANGE_HEADERS: u32 = 0x10;
/// `SMFIF_QUARANTINE`: the message may be put into the hold queue.
pub const QUARANTINE: u32 = 0x20;

/// `SMFIP_NOUNKNOWN`: do not tell of unknown SMTP commands.
pub const NO_UNKNOWN: u32 = 0x100;
/// `SMFIP_NR_HDR`: no reply to a header field.
pub const SILENT_HEADER: u32 = 0x80;
/// `SMFIP_NR_CONN`.
pub const SILENT_CONNECT: u32 = 0x1000;
/// `SMFIP_NR_HELO`.
pub const SILENT_HELO: u32 = 0x2000;
/// `SMFIP_NR_MAIL`.
pub const SILENT_MAIL: u32 = 0x4000;
/// `SMFIP_NR_RCPT`.
pub const SILENT_RCPT: u32 = 0x8000;
/// `SMFIP_NR_DATA`.
pub const SILENT_DATA: u32 = 0x1_0000;
/// `SMFIP_NR_UNKN`.
pub const SILENT_UNKNOWN: u32 = 0x2_0000;
/// `SMFIP_NR_EOH`.
pub const SILENT_END_OF_HEADER: u32 = 0x4_0000;
/// `SMFIP_NR_BODY`.
pub const SILENT_BODY: u32 = 0x8_0000;
/// `SMFIP_HDR_LEADSPC`: values come, and go, with the white space behind the colon.
pub const LEADING_SPACE: u32 = 0x10_0000;

/// The changes we may want to make.
pub const WANTED_ACTIONS: u32 =
    ADD_HEADERS | CHANGE_BODY | CHANGE_HEADERS | QUARANTINE | ADD_RECIPIENTS | DELETE_RECIPIENTS;

/// Nothing is decided before the end of the message, so nothing before it needs a reply. Whole steps are never declined:
/// Stalwart offers to leave out the end of the header, sends it all the same, and waits.
pub const WANTED_PROTOCOL: u32 = NO_UNKNOWN
    | SILENT_HEADER
    | SILENT_CONNECT
    | SILENT_HELO
    | SILENT_MAIL
    | SILENT_RCPT
    | SILENT_DATA
    | SILENT_UNKNOWN
    | SILENT_END_OF_HEADER
    | SILENT_BODY
    | LEADING_SPACE;
