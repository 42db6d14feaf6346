//! `sekisho sender` and `sekisho index`, as scripts and people use them.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests stop at the first surprise")]

mod common;

use common::{TempDir, sekisho, sekisho_with_input};
use serde_json::Value;

/// What the evidence of the first finding of a rule says.
fn evidence<'v>(answer: &'v Value, rule: &str, key: &str) -> &'v str {
    let finding = answer["findings"].as_array().unwrap().iter().find(|f| f["rule"] == rule).unwrap();
    let pairs = finding["evidence"].as_array().unwrap();
    pairs.iter().find(|p| p[0] == key).unwrap()[1].as_str().unwrap()
}

#[test]
fn an_imitation_is_stopped_and_explained() {
    let done = sekisho(&["sender", "--protect", "merrowmint.com", "Billing <pay@rnerrowmint.com>"]);
    assert_eq!(done.code, 1);
    let above_each_other = "  it says   rnerrowmint.com\n  imitates  m errowmint.com\n            ^^\n";
    assert!(done.out.contains(above_each_other), "{}", done.out);
    let honest =
        sekisho(&["sender", "--protect", "merrowmint.com,m\u{fc}ller.de", "x@m\u{fc}ller.de", "x@shop.example"]);
    assert_eq!(honest.code, 0, "{}", honest.out);
}

#[test]
fn a_batch_is_one_object_a_line_in_its_order() {
    let input = "Billing <pay@rnerrowmint.com>\r\n\nshop.example\nmerrowm\u{456}nt.com\n";
    let done =
        sekisho_with_input(&["sender", "--protect", "merrowmint.com", "--batch", "-", "--json"], input.as_bytes());
    assert_eq!(done.code, 1);
    let lines = done.json_lines();
    let seen: Vec<_> = lines.iter().map(|l| (l["input"].as_str().unwrap(), l["action"].as_str().unwrap())).collect();
    assert_eq!(
        seen,
        [("Billing <pay@rnerrowmint.com>", "reject"), ("shop.example", "deliver"), ("merrowm\u{456}nt.com", "reject")]
    );
    let keys: Vec<_> = lines[0].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(keys, ["action", "findings", "input", "risk"]);
    assert_eq!(evidence(&lines[0], "sender-lookalike", "target"), "merrowmint.com");
    assert_eq!(evidence(&lines[0], "sender-lookalike", "kind"), "skeleton");
    assert!(evidence(&lines[0], "sender-lookalike", "score").parse::<f64>().unwrap() > 0.85);
    assert!(lines[0]["risk"].as_u64().unwrap() > 85 && lines[1]["risk"] == 0);
    let native = ["sender", "--protect", "merrowmint.com", "--batch", "-", "--json", "--engine", "native"];
    assert_eq!(sekisho_with_input(&native, input.as_bytes()).out, done.out);
}

#[test]
fn persons_come_from_a_file() {
    let dir = TempDir::new("vips");
    let file = dir.write("people.txt", "佐倉 遥; Sakura Haruka <haruka@hoshimaru.co.jp>\n".as_bytes());
    let ask = |sender: &str| sekisho(&["sender", "--vip", &file, "--json", sender]).json_lines().remove(0);
    let forged = ask("佐倉 遥 <haruka.s@gmail.com>");
    assert_eq!(forged["action"], "reject", "{forged}");
    assert_eq!(evidence(&forged, "sender-name-vip", "target"), "佐倉 遥");
    assert_eq!(ask("佐倉 遥 <haruka@hoshimaru.co.jp>")["action"], "deliver");
}

#[test]
fn many_protected_domains_are_as_good_as_few() {
    let many: Vec<String> =
        (0..100).map(|n| format!("target{n}.example")).chain(["merrowmint.com".to_owned()]).collect();
    let done = sekisho(&["sender", "--protect", &many.join(","), "--json", "a@rnerrowmint.com", "a@merrowmint.com"]);
    let lines = done.json_lines();
    assert_eq!((lines[0]["action"].as_str(), lines[1]["action"].as_str()), (Some("reject"), Some("deliver")));
    assert_eq!(evidence(&lines[0], "sender-lookalike", "target-source"), "protected");
}

#[test]
fn a_list_becomes_an_index() {
    let dir = TempDir::new("index");
    let list = dir.write("top.csv", b"1,merrowmint.com\n2,hexacopy.com # a comment\nco.jp\n");
    let index = format!("{}/top.skindex", dir.path());
    let built = sekisho(&["index", "build", &list, "-o", &index]);
    assert_eq!(built.code, 0, "{}", built.err);
    assert!(built.out.contains("2 domains") && built.err.contains("1 lines"), "{} {}", built.out, built.err);
    let done = sekisho(&["sender", "--index", &index, "--json", "a@rnerrowmint.com"]).json_lines().remove(0);
    assert_eq!(evidence(&done, "sender-lookalike", "target-source"), "top");
    let none = sekisho(&["sender", "--index", &list, "a@b.example"]);
    assert_eq!(none.code, 2);
    assert!(none.err.contains("not an index"), "{}", none.err);
}

#[test]
fn wrong_use_is_told() {
    assert_eq!(sekisho(&["sender"]).code, 2);
    assert_eq!(sekisho_with_input(&["sender", "--batch", "-"], b"\n").code, 2);
    let wrong = sekisho(&["sender", "--protect", "a b", "x@y.example"]);
    assert_eq!(wrong.code, 2);
    assert!(wrong.err.contains("sender.protected"), "{}", wrong.err);
}
