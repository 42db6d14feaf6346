//! The component this crate embeds: what it exports, what it imports, how large it is, what it is made of.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests stop at the first surprise")]

use std::path::Path;

use sekisho_host::COMPONENT;
use wasmparser::{Parser, Payload, Validator, WasmFeatures};
use wit_component::{DecodedWasm, WitPrinter};

/// The world of the finished component, as a host sees it.
fn world() -> (wit_parser::Resolve, wit_parser::WorldId) {
    match wit_component::decode(COMPONENT).unwrap() {
        DecodedWasm::Component(resolve, world) => (resolve, world),
        DecodedWasm::WitPackage(..) => panic!("a package of types, not a component"),
    }
}

#[test]
fn it_imports_nothing() {
    let (resolve, world) = world();
    assert!(resolve.worlds[world].imports.is_empty());
    for payload in Parser::new(0).parse_all(COMPONENT) {
        if let Payload::ImportSection(imports) = payload.unwrap() {
            // The shims wit-component makes import from the module beside them; the plugin itself has no such section.
            panic!("a core module imports {imports:?}");
        }
    }
}

#[test]
fn its_world_is_the_golden_one() {
    let (resolve, world) = world();
    let package = resolve.worlds[world].package.unwrap();
    let nested: Vec<_> = resolve.packages.iter().map(|(id, _)| id).filter(|id| *id != package).collect();
    let mut printer = WitPrinter::default();
    printer.emit_docs(false);
    printer.print(&resolve, package, &nested).unwrap();
    let printed = printer.output.to_string();

    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("../judge/golden/world.wit");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&golden, &printed).unwrap();
    }
    let committed = std::fs::read_to_string(&golden).unwrap_or_default();
    assert_eq!(printed, committed, "the world has changed; UPDATE=1 cargo test writes {}", golden.display());
}

#[test]
fn it_is_small() {
    assert!(COMPONENT.len() <= 2_600_000, "{} bytes", COMPONENT.len());
}

/// What every host of ours accepts, simd128 among it.
const FEATURES: WasmFeatures = WasmFeatures::WASM2.union(WasmFeatures::COMPONENT_MODEL);

#[test]
fn it_uses_simd128_and_nothing_newer() {
    let validate = |features| Validator::new_with_features(features).validate_all(COMPONENT).map(drop);
    validate(FEATURES).unwrap();
    validate(FEATURES.difference(WasmFeatures::SIMD)).unwrap_err();
}

#[test]
fn it_knows_no_path_of_the_machine_that_built_it() {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap();
    let home = std::env::home_dir().unwrap_or_default();
    for path in [workspace, home.join(".cargo"), home.join(".rustup")] {
        let path = path.to_str().unwrap().as_bytes();
        assert!(!COMPONENT.windows(path.len()).any(|w| w == path), "{}", String::from_utf8_lossy(path));
    }
}
