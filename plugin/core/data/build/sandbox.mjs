// Runs the example sender-eval in a WebAssembly sandbox that stays warm: what one more domain costs there.
//
//   cargo build --release --target wasm32-wasip1 -p sekisho-core --example sender-eval
//   node sandbox.mjs target/wasm32-wasip1/release/examples/sender-eval.wasm DIRECTORY --bench --benign /data/LIST
//
// The directory is what the sandbox sees as /data.

import { readFile } from "node:fs/promises";
import { WASI } from "node:wasi";

const [file, directory, ...args] = process.argv.slice(2);
const wasi = new WASI({ version: "preview1", args: ["sender-eval", ...args], preopens: { "/data": directory } });
const module = await WebAssembly.compile(await readFile(file));
wasi.start(await WebAssembly.instantiate(module, wasi.getImportObject()));
