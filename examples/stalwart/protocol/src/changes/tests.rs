//! What a mail server makes of the changes is the message that was wanted.

use proptest::prelude::*;

use super::*;

/// A mail server that carries out changes, as Postfix does.
fn carry_out(message: &[u8], changes: &Changes) -> Vec<u8> {
    let split = Split::of(message);
    let mut list: Vec<(Vec<u8>, Vec<u8>)> =
        fields(split.header).iter().map(|f| (f.name.to_vec(), f.value.to_vec())).collect();
    let nth = |list: &[(Vec<u8>, Vec<u8>)], name: &[u8], number: u32| {
        let mut places = list.iter().enumerate().filter(|(_, f)| f.0.eq_ignore_ascii_case(name));
        places.nth((number as usize).strict_sub(1)).map(|(place, _)| place).unwrap()
    };
    for (name, number) in &changes.delete {
        list.remove(nth(&list, name, *number));
    }
    for (name, number, value) in &changes.change {
        let place = nth(&list, name, *number);
        list[place].1 = value.clone();
    }
    list.extend(changes.append.iter().cloned());
    list.splice(0..0, changes.insert.iter().cloned());
    let mut out = Vec::new();
    for (name, value) in list {
        out.extend([name.as_slice(), b":", &value, b"\r\n"].concat());
    }
    [&out, b"\r\n".as_slice(), changes.body.as_deref().unwrap_or(split.body)].concat()
}

fn between(before: &[u8], after: &[u8]) -> Changes {
    let mut changes = Changes::default();
    changes.difference(before, after);
    changes
}

#[test]
fn a_tagged_message_is_told_in_changes() {
    let before = b"Received: x\r\nSubject: a\r\nTo: b\r\n\r\nbody\r\n";
    let after =
        b"X-Sekisho-Action: tag\r\nX-Sekisho-Risk: 5\r\nReceived: x\r\nSubject: [!] a\r\nTo: b\r\n\r\nnote\r\nbody\r\n";
    let changes = between(before, after);
    assert_eq!(changes.insert[0], (b"X-Sekisho-Action".to_vec(), b" tag".to_vec()));
    assert_eq!(changes.insert[1], (b"X-Sekisho-Risk".to_vec(), b" 5".to_vec()));
    assert_eq!(changes.change, [(b"subject".to_vec(), 1, b" [!] a".to_vec())]);
    assert_eq!(changes.body.as_deref(), Some(b"note\r\nbody\r\n".as_slice()));
    assert_eq!(carry_out(before, &changes), after);
}

#[test]
fn nothing_changed_is_nothing_to_do() {
    let message = b"Subject: a\r\n b\r\n\r\nbody";
    assert!(between(message, message).is_empty());
}

#[test]
fn forged_results_go_highest_first() {
    let message =
        b"X-Sekisho-Action: deliver\r\nSubject: a\r\nx-sekisho-action: tag\r\n\tfolded\r\nX-Sekisho-Risk: 0\r\n\r\nb";
    let mut changes = Changes::default();
    let left = without_forged_results(message, &mut changes);
    assert_eq!(&*left, b"Subject: a\r\n\r\nb");
    assert_eq!(carry_out(message, &changes), &*left);
    let numbers: Vec<_> = changes.delete.iter().filter(|(n, _)| n.len() == 16).map(|(_, number)| *number).collect();
    assert_eq!(numbers, [2, 1]);
}

#[test]
fn honest_mail_is_not_copied() {
    let mut changes = Changes::default();
    assert!(matches!(without_forged_results(b"Subject: X-Sekisho-\r\n\r\n", &mut changes), Cow::Borrowed(_)));
    assert!(changes.is_empty());
}

#[test]
fn what_is_not_changed_stays_as_it_is() {
    let message = b"Subject : a\n\tb\nnonsense\r\nX-Sekisho-A: 1\nTo:c\n\n\x82\n.\n";
    assert_eq!(Changes::default().apply(message), message);
    let mut changes = Changes::default();
    let _ = without_forged_results(message, &mut changes);
    assert_eq!(changes.apply(message), b"Subject : a\n\tb\nnonsense\r\nTo:c\n\n\x82\n.\n");
}

fn message() -> impl Strategy<Value = Vec<u8>> {
    let field = ("[ABc]", "[a-c]{0,2}(\r\n\t[a-c])?").prop_map(|(name, value)| format!("{name}: {value}\r\n"));
    (prop::collection::vec(field, 0..7), "[a\r\n]{0,5}")
        .prop_map(|(fields, body)| [fields.concat(), "\r\n".into(), body].concat().into())
}

proptest! {
    #[test]
    fn applied_they_are_what_a_mail_server_makes_of_them(before in message(), after in message()) {
        let forged = [b"X-Sekisho-Risk: 0\r\nx-sekisho-a: 1\r\n".as_slice(), &before, b"x-sekisho-risk: 1\r\n"].concat();
        for message in [&before, &forged] {
            let mut changes = Changes::default();
            let left = without_forged_results(message, &mut changes).into_owned();
            changes.difference(&left, &after);
            prop_assert_eq!(changes.apply(message), carry_out(message, &changes));
        }
    }

    #[test]
    fn every_name_gets_the_values_it_should(before in message(), after in message()) {
        let done = carry_out(&before, &between(&before, &after));
        let (done, after) = (Split::of(&done), Split::of(&after));
        prop_assert_eq!(done.body, after.body);
        let (done, after) = (fields(done.header), fields(after.header));
        prop_assert_eq!(by_name(&done), by_name(&after));
    }
}
