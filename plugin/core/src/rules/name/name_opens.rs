//! Names of files that run when they are opened: programs, scripts, shortcuts.

use super::around::{Around, Setting};
use super::danger::{Danger, Runs, danger};
use crate::container::Item;
use crate::container::sniff::Class;
use crate::report::Severity;
use crate::rules::group::{self, Seen, is_sealed};
use crate::rules::{Hits, Scene, each_item};
use crate::text::filename;

declare_rule! { EXECUTABLE, id: "name-executable", family: "name", severity: High, kind: Danger, check: executable }
declare_rule! { SCRIPT, id: "name-script", family: "name", severity: High, kind: Danger, check: script }
declare_rule! { SHORTCUT, id: "name-shortcut", family: "name", severity: High, kind: Danger, check: shortcut }

fn executable(scene: &Scene<'_>, hits: &mut Hits) {
    check(scene, hits, Runs::Program, "program");
}

fn script(scene: &Scene<'_>, hits: &mut Hits) {
    check(scene, hits, Runs::Script, "script");
}

fn shortcut(scene: &Scene<'_>, hits: &mut Hits) {
    check(scene, hits, Runs::Shortcut, "shortcut");
}

fn check(scene: &Scene<'_>, hits: &mut Hits, runs: Runs, what: &str) {
    let around = Around::of(scene.mail);
    let mut seen = Vec::new();
    each_item(scene.mail, |at, item| {
        let Some((name, danger)) = dangerous_name(item).filter(|(_, d)| d.runs == runs) else { return };
        let severity = match severity(danger, around.setting(item, is_sealed(item))) {
            Some(severity) => (severity != Severity::High).then_some(severity),
            None => return,
        };
        seen.push(Seen { at, name, severity, detail: Vec::new() });
    });
    group::report(scene.mail, seen, hits, |count| match count {
        1 => format!("By its name the file is a {what}, which runs when it is opened."),
        n => format!("By their names {n} files are {what}s, which run when they are opened."),
    });
}

/// A spelling of the name whose extension runs something.
pub(super) fn dangerous_name(item: &Item) -> Option<(String, Danger)> {
    item.names.iter().filter(|n| !filename::is_folder(&n.text)).find_map(|name| {
        filename::saved_as(&name.text).iter().find_map(|saved| {
            let extension = filename::extension(saved);
            let found = danger(&extension)?;
            (extension != "com" || may_be_program(item)).then(|| (name.text.clone(), found))
        })
    })
}

/// `com` ends names of domains as well: what is readable and not a program is none.
fn may_be_program(item: &Item) -> bool {
    is_sealed(item) || matches!(item.format.class, Class::Executable | Class::Data)
}

/// How bad a name is where it stands; `None` where nobody meets it.
pub(super) fn severity(danger: Danger, setting: Setting) -> Option<Severity> {
    match setting {
        Setting::InBundle => None,
        Setting::TopOfTree if danger.common_in_source => Some(Severity::Medium),
        Setting::InTree if danger.common_in_source => Some(Severity::Info),
        _ => Some(Severity::High),
    }
}
