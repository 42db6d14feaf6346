//! Packs `data/lists` into what the core links: `cargo run -p sekisho-core --example pack-lists`.
#![allow(clippy::disallowed_methods, reason = "a tool that reads and writes files")]

use std::path::Path;

fn main() -> std::io::Result<()> {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("data");
    let brands = std::fs::read_to_string(data.join("lists/brands.txt"))?;
    let popular = std::fs::read_to_string(data.join("lists/popular.txt"))?;
    std::fs::write(data.join("brands.bin"), sekisho_core::sender::brands::pack(&brands, &popular))?;
    std::fs::write(data.join("brand-names.bin"), sekisho_core::sender::brand_names::pack(&brands))?;
    let roles = std::fs::read_to_string(data.join("lists/roles.txt"))?;
    std::fs::write(data.join("roles.bin"), sekisho_core::sender::brand_names::pack_whole(&roles))
}
