//! Prepares the desktop package: Tauri's own code generation with this repository's places for capabilities and
//! permissions, and a stand-in page so that a fresh clone compiles before Node has built the real one.

use std::path::Path;
use std::{fs, io};

/// Where the built console is expected; `frontendDist` of `tauri.conf.json` names the same folder.
const CONSOLE: &str = "ui/dist/console";

/// Shown when the program was built without its front end. No script, so that it needs no exception in the CSP.
const PLACEHOLDER: &str = "<!doctype html>
<html lang=\"en\">
<meta charset=\"utf-8\">
<title>Vestibule</title>
<h1>The window's pages are not built yet</h1>
<p>Vestibule is running, but this build has no pages in it. Run <code>./dev</code> in the source folder: it builds them and starts again.</p>
</html>
";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    placeholder(Path::new(CONSOLE))?;
    // Changed files are noticed by the embedding macro itself, added ones only through this line.
    println!("cargo:rerun-if-changed={CONSOLE}");
    // A path pattern of one's own switches off the watching that Tauri does for its default folders.
    println!("cargo:rerun-if-changed=src-tauri/capabilities");
    println!("cargo:rerun-if-changed=src-tauri/permissions");

    let attributes = tauri_build::Attributes::new()
        .capabilities_path_pattern("./src-tauri/capabilities/**/*")
        .app_manifest(tauri_build::AppManifest::new().permissions_path_pattern("./src-tauri/permissions/**/*"));
    tauri_build::try_build(attributes)?;
    Ok(())
}

/// Writes the stand-in page unless there is a page already.
fn placeholder(console: &Path) -> io::Result<()> {
    let page = console.join("index.html");
    if page.exists() {
        return Ok(());
    }
    fs::create_dir_all(console)?;
    fs::write(page, PLACEHOLDER)
}
