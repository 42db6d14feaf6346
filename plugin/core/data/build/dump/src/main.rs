//! One line a code point: `hex <TAB> allowed (0|1) <TAB> script extensions <TAB> prototype`, where the prototype is what
//! UTS #39 maps the character to, as hex code points, empty for itself.

use std::io::Write;

use unicode_script::UnicodeScript;
use unicode_security::GeneralSecurityProfile;
use unicode_security::confusable_detection::skeleton;

fn main() -> std::io::Result<()> {
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    let (major, minor, patch) = unicode_security::UNICODE_VERSION;
    writeln!(out, "# {major}.{minor}.{patch}")?;
    for c in (0x80..=0x10_FFFF_u32).filter_map(char::from_u32) {
        let scripts: Vec<_> = c.script_extension().iter().map(|s| s.short_name()).collect();
        let scripts = match c.script_extension() {
            e if e.is_common() => "Zyyy".to_owned(),
            e if e.is_inherited() => "Zinh".to_owned(),
            _ => scripts.join(" "),
        };
        let own: String = c.to_string();
        let skeleton: String = skeleton(&own).collect();
        let prototype = if skeleton == own {
            String::new()
        } else {
            skeleton.chars().map(|c| format!("{:X}", u32::from(c))).collect::<Vec<_>>().join(" ")
        };
        let allowed = u8::from(c.identifier_allowed());
        writeln!(out, "{:X}\t{allowed}\t{scripts}\t{prototype}", u32::from(c))?;
    }
    Ok(())
}
