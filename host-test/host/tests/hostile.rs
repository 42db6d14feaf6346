//! Guests that mean harm: every one is stopped with an error of its kind, and the host lives on.
//!
//! A hostile guest is a core module in WAT with the exports of `wit/`, wrapped into a component like the real plugin.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests stop at the first surprise")]

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use sekisho_host::{
    Call, CallError, ComponentSource, Context, Function, Host, HostConfig, HostError, Metrics, Outcome,
};

/// A plugin whose `scan-message` has this body, and whose memory has `pages` pages of 64 KiB.
fn guest(scan_message: &str, pages: u32) -> Vec<u8> {
    let wat = format!(
        r#"(module
            (memory (export "memory") {pages})
            (global $next (mut i32) (i32.const 1024))
            ;; Grows the memory to whatever the host wants to pass in.
            (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
                (local $at i32)
                (local.set $at (i32.and (i32.add (global.get $next) (i32.const 15)) (i32.const -16)))
                (global.set $next (i32.add (local.get $at) (local.get 3)))
                (block $fits
                    (br_if $fits (i32.le_u (global.get $next) (i32.mul (memory.size) (i32.const 65536))))
                    (drop (memory.grow (i32.add (i32.const 1) (i32.div_u (local.get 3) (i32.const 65536))))))
                (local.get $at))
            (func $scan (result i32) {scan_message})
            (func (export "sekisho:mail/scanner@0.2.0#scan-message") (param i32) (result i32) (call $scan))
            (func (export "sekisho:mail/scanner@0.2.0#needs") (param i32) (result i32) (unreachable))
            (func (export "sekisho:mail/scanner@0.2.0#check-sender") (param i32) (result i32) (unreachable))
            (func (export "sekisho:mail/scanner@0.2.0#lint-forwarding") (param i32) (result i32) (unreachable))
            (func (export "sekisho:mail/scanner@0.2.0#rewrite") (param i32 i32 i32 i32) (result i32) (unreachable))
            (func (export "sekisho:mail/scanner@0.2.0#rules") (result i32) (i32.const 16)))"#
    );
    component(&wat)
}

/// Wraps a core module into a component of our world, as `build.rs` does.
fn component(wat: &str) -> Vec<u8> {
    let mut resolve = wit_parser::Resolve::default();
    let wit = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../wit");
    let (package, _) = resolve.push_dir(wit).unwrap();
    let world = resolve.select_world(&[package], Some("plugin")).unwrap();
    let mut module = wat::parse_str(wat).unwrap();
    wit_component::embed_component_metadata(&mut module, &resolve, world, wit_component::StringEncoding::UTF8).unwrap();
    let mut encoder = wit_component::ComponentEncoder::default().validate(true).module(&module).unwrap();
    encoder.encode().unwrap()
}

/// A file that goes away with the test.
struct TempFile(PathBuf);

impl TempFile {
    fn new(name: &str, bytes: &[u8]) -> Self {
        let path = std::env::temp_dir().join(format!("sekisho-{}-{name}.wasm", std::process::id()));
        std::fs::write(&path, bytes).unwrap();
        Self(path)
    }
}

impl Drop for TempFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

fn config() -> HostConfig {
    HostConfig {
        memory: 16 << 20,
        deadline: Some(Duration::from_millis(200)),
        wait: Duration::from_millis(50),
        concurrency: 1,
        ..HostConfig::default()
    }
}

fn load(name: &str, bytes: &[u8], config: HostConfig) -> Result<Host, HostError> {
    let file = TempFile::new(name, bytes);
    Host::new(HostConfig { component: ComponentSource::File(file.0.clone()), ..config })
}

fn scan(host: &Host) -> Result<sekisho_host::Report, CallError> {
    host.scan_message(b"Subject: hello\r\n\r\n", &Context::default(), "")
}

/// Calls a function that does no harm: the list of rules, empty in these guests.
fn lives_on(host: &Host) {
    assert_eq!(host.rules().unwrap(), []);
}

#[test]
fn an_endless_loop_is_out_of_time() {
    let host = load("loop", &guest("(loop $again (br $again)) (unreachable)", 1), config()).unwrap();
    let start = Instant::now();
    let error = scan(&host).unwrap_err();
    let took = start.elapsed();
    assert!(matches!(error, CallError::OutOfTime { deadline } if deadline == Duration::from_millis(200)), "{error:?}");
    assert!(took >= Duration::from_millis(200), "{took:?}");
    assert!(took < Duration::from_secs(5), "{took:?}");
    lives_on(&host);
}

#[test]
fn an_endless_loop_is_out_of_fuel_where_fuel_is_counted() {
    let config = HostConfig { fuel: Some(1_000_000), deadline: None, ..config() };
    let host = load("fuel", &guest("(loop $again (br $again)) (unreachable)", 1), config).unwrap();
    let error = scan(&host).unwrap_err();
    assert!(matches!(error, CallError::OutOfFuel { fuel: 1_000_000 }), "{error:?}");
    lives_on(&host);
}

#[test]
fn endless_recursion_is_a_trap() {
    let host = load("recursion", &guest("(drop (call $scan)) (call $scan)", 1), config()).unwrap();
    let error = scan(&host).unwrap_err();
    assert!(matches!(&error, CallError::Trapped { reason } if reason == "call stack exhausted"), "{error:?}");
    lives_on(&host);
}

#[test]
fn a_memory_hog_is_out_of_memory() {
    let hog = "(loop $more (drop (memory.grow (i32.const 16))) (br $more)) (unreachable)";
    let host = load("hog", &guest(hog, 1), config()).unwrap();
    let error = scan(&host).unwrap_err();
    assert!(matches!(error, CallError::OutOfMemory { limit } if limit == 16 << 20), "{error:?}");
    lives_on(&host);
}

#[test]
fn a_message_larger_than_the_memory_is_out_of_memory() {
    let host = load("large", &guest("(unreachable)", 1), config()).unwrap();
    let error = host.scan_message(&vec![b'a'; 17 << 20], &Context::default(), "").unwrap_err();
    assert!(matches!(error, CallError::OutOfMemory { .. }), "{error:?}");
    lives_on(&host);
}

#[test]
fn a_trap_is_a_trap() {
    let host = load("trap", &guest("(unreachable)", 1), config()).unwrap();
    let error = scan(&host).unwrap_err();
    assert!(
        matches!(&error, CallError::Trapped { reason } if reason == "wasm `unreachable` instruction executed"),
        "{error:?}"
    );
    lives_on(&host);
}

#[test]
fn an_answer_outside_the_memory_is_a_trap() {
    for pointer in ["(i32.const -16)", "(i32.const 65532)"] {
        let host = load("pointer", &guest(pointer, 1), config()).unwrap();
        let error = scan(&host).unwrap_err();
        assert!(matches!(error, CallError::Trapped { .. }), "{error:?}");
        lives_on(&host);
    }
}

#[test]
fn a_sandbox_starts_with_the_memory_of_the_component_not_of_the_last_message() {
    // Traps when an earlier call left its mark.
    let marker = "(if (i32.load (i32.const 512)) (then (unreachable)))
                  (i32.store (i32.const 512) (i32.const 1))
                  (loop $again (br $again)) (unreachable)";
    let config = HostConfig { deadline: Some(Duration::from_millis(20)), ..config() };
    let host = load("marker", &guest(marker, 1), config).unwrap();
    for _ in 0..5 {
        let error = scan(&host).unwrap_err();
        assert!(matches!(error, CallError::OutOfTime { .. }), "{error:?}");
    }
}

#[test]
fn a_second_caller_is_told_when_every_sandbox_is_busy() {
    let config = HostConfig { deadline: Some(Duration::from_secs(1)), ..config() };
    let host = load("busy", &guest("(loop $again (br $again)) (unreachable)", 1), config).unwrap();
    std::thread::scope(|scope| {
        let first = scope.spawn(|| scan(&host).unwrap_err());
        std::thread::sleep(Duration::from_millis(300));
        let second = scan(&host).unwrap_err();
        assert!(matches!(second, CallError::Busy { waited } if waited >= Duration::from_millis(50)), "{second:?}");
        assert!(matches!(first.join().unwrap(), CallError::OutOfTime { .. }));
    });
    lives_on(&host);
}

#[test]
fn garbage_is_not_a_component() {
    for bytes in [&b""[..], b"not wasm", b"\0asm\x0d\0\x01\0garbage"] {
        let error = load("garbage", bytes, config()).unwrap_err();
        assert!(matches!(error, HostError::NotAComponent(_)), "{error:?}");
    }
}

#[test]
fn a_core_module_is_not_a_component() {
    let error = load("core", &wat::parse_str("(module)").unwrap(), config()).unwrap_err();
    assert!(matches!(error, HostError::NotAComponent(_)), "{error:?}");
}

#[test]
fn a_component_that_imports_is_not_let_in() {
    let wat = r#"(component (import "wasi:clocks/wall-clock@0.2.0" (instance)))"#;
    let error = load("imports", &wat::parse_str(wat).unwrap(), config()).unwrap_err();
    assert!(matches!(&error, HostError::Imports(names) if names[..] == ["wasi:clocks/wall-clock@0.2.0"]), "{error:?}");
}

#[test]
fn a_component_of_another_world_is_not_a_plugin() {
    let error = load("other", &wat::parse_str("(component)").unwrap(), config()).unwrap_err();
    assert!(matches!(error, HostError::NotAPlugin(_)), "{error:?}");
}

#[test]
fn a_component_that_starts_too_large_is_refused() {
    let error = load("pages", &guest("(unreachable)", 512), config()).unwrap_err();
    assert!(matches!(error, HostError::NotAComponent(_)), "{error:?}");
}

#[test]
fn a_missing_file_is_named() {
    let source = ComponentSource::File("/nonexistent/plugin.wasm".into());
    let error = Host::new(HostConfig { component: source, ..config() }).unwrap_err();
    assert!(error.to_string().starts_with("cannot read the component /nonexistent/plugin.wasm: "), "{error}");
}

#[test]
fn metrics_hear_of_every_call() {
    #[derive(Default)]
    struct Ledger(Mutex<Vec<Call>>);
    impl Metrics for Ledger {
        fn call(&self, call: &Call) {
            self.0.lock().unwrap().push(call.clone());
        }
    }
    let ledger = Arc::new(Ledger::default());
    let hog = "(loop $more (drop (memory.grow (i32.const 16))) (br $more)) (unreachable)";
    let host = load("metrics", &guest(hog, 1), config()).unwrap().with_metrics(ledger.clone());
    lives_on(&host);
    scan(&host).unwrap_err();
    let calls = ledger.0.lock().unwrap();
    let [rules, scan] = &calls[..] else { panic!("{calls:?}") };
    assert_eq!((rules.function, rules.outcome, rules.memory), (Function::Rules, Outcome::Answered, 65_536));
    assert_eq!((scan.function, scan.outcome, scan.message), (Function::ScanMessage, Outcome::OutOfMemory, 18));
    assert!(scan.memory > 15 << 20 && scan.memory <= 16 << 20, "{}", scan.memory);
}
