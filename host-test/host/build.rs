//! Builds the plugin and turns it into the component that this crate embeds.
//!
//! 1. The target `wasm32-unknown-unknown` is added to the toolchain if it is missing.
//! 2. `cargo build --package sekisho-component --profile guest` runs in a target directory of its own: the outer cargo
//!    holds the lock of the ordinary one.
//! 3. The core module is wrapped into a component (wit-component), validated, and written to `OUT_DIR/sekisho.wasm`.
//!
//! Built twice from the same sources and the same compiler it has the same bytes, wherever it is built.

use std::env;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

const TARGET: &str = "wasm32-unknown-unknown";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("cargo::error={error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let workspace = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("../..").canonicalize()?;
    let out = PathBuf::from(env::var("OUT_DIR")?);
    watch(&workspace);
    let rustc = env::var("RUSTC")?;
    add_target(&rustc, &workspace)?;
    let module = build_module(&rustc, &workspace, &target_dir(&out))?;
    let component = wit_component::ComponentEncoder::default()
        .validate(true)
        .module(&std::fs::read(&module)?)
        .and_then(|mut encoder| encoder.encode())
        .map_err(|error| format!("{} does not make a component: {error:#}", module.display()))?;
    std::fs::write(out.join("sekisho.wasm"), component)?;
    Ok(())
}

/// Everything the component is made of.
fn watch(workspace: &Path) {
    for path in [
        "wit",
        "plugin/core/src",
        "plugin/core/data",
        "plugin/core/Cargo.toml",
        "plugin/component/src",
        "plugin/component/Cargo.toml",
        "Cargo.toml",
        "Cargo.lock",
        ".cargo/config.toml",
        "rust-toolchain.toml",
    ] {
        println!("cargo::rerun-if-changed={}", workspace.join(path).display());
    }
    println!("cargo::rerun-if-changed=build.rs");
}

/// Asks rustup for the target when the toolchain lacks it.
fn add_target(rustc: &str, workspace: &Path) -> Result<(), Box<dyn Error>> {
    let libdir = output(Command::new(rustc).args(["--print", "target-libdir", "--target", TARGET]))?;
    if Path::new(libdir.trim()).is_dir() {
        return Ok(());
    }
    let done = Command::new("rustup").args(["target", "add", TARGET]).current_dir(workspace).status();
    if done.is_ok_and(|status| status.success()) {
        return Ok(());
    }
    Err(format!("the target {TARGET} is missing and could not be added; run `rustup target add {TARGET}` in {}, or install it the way this compiler was installed", workspace.display()).into())
}

/// A target directory beside the outer one's profiles, so that debug and release builds share the guest.
fn target_dir(out: &Path) -> PathBuf {
    out.ancestors().find(|dir| dir.join("CACHEDIR.TAG").is_file()).unwrap_or(out).join("guest")
}

/// Builds the core module and returns its path.
fn build_module(rustc: &str, workspace: &Path, target_dir: &Path) -> Result<PathBuf, Box<dyn Error>> {
    let mut cargo = Command::new(env::var("CARGO")?);
    for (name, _) in env::vars_os() {
        if name.to_str().is_some_and(is_of_the_outer_build) {
            cargo.env_remove(name);
        }
    }
    cargo
        .env("RUSTC", rustc)
        .current_dir(workspace)
        .args(["build", "--locked", "--package", "sekisho-component", "--profile", "guest", "--target", TARGET])
        .arg("--target-dir")
        .arg(target_dir)
        // Added to the flags of .cargo/config.toml, not in their place.
        .arg("--config")
        .arg(format!("target.{TARGET}.rustflags={:?}", nameless_paths(rustc, workspace)?));
    if !cargo.status()?.success() {
        return Err("the plugin does not build for wasm32-unknown-unknown; its errors stand above".into());
    }
    Ok(target_dir.join(TARGET).join("guest/sekisho_component.wasm"))
}

/// What cargo, clippy or the user set for the outer build. It would reach the guest, change its bytes, or build it
/// again for every outer profile.
fn is_of_the_outer_build(name: &str) -> bool {
    const NAMES: &[&str] =
        &["OUT_DIR", "TARGET", "HOST", "NUM_JOBS", "OPT_LEVEL", "PROFILE", "DEBUG", "RUSTFLAGS", "CLIPPY_ARGS"];
    const PREFIXES: &[&str] = &[
        "CARGO_BUILD_",
        "CARGO_CFG_",
        "CARGO_ENCODED_",
        "CARGO_FEATURE_",
        "CARGO_MANIFEST_",
        "CARGO_PKG_",
        "CARGO_PROFILE_",
        "CARGO_TARGET_",
        "DEP_",
        "RUSTC",
    ];
    NAMES.contains(&name) || PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

/// Flags that keep the paths of this machine out of the panic messages.
fn nameless_paths(rustc: &str, workspace: &Path) -> Result<Vec<String>, Box<dyn Error>> {
    let cargo_home = match env::var_os("CARGO_HOME") {
        Some(home) => PathBuf::from(home),
        None => env::home_dir().ok_or("neither CARGO_HOME nor a home directory is known")?.join(".cargo"),
    };
    let sysroot = output(Command::new(rustc).args(["--print", "sysroot"]))?;
    let library = Path::new(sysroot.trim()).join("lib/rustlib/src/rust");
    Ok(vec![
        format!("--remap-path-prefix={}=/cargo", cargo_home.display()),
        format!("--remap-path-prefix={}=/rust", library.display()),
        format!("--remap-path-prefix={}=/sekisho", workspace.display()),
    ])
}

fn output(command: &mut Command) -> Result<String, Box<dyn Error>> {
    Ok(String::from_utf8(command.output()?.stdout)?)
}
