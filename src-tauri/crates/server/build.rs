//! Makes sure that the folder of the hosted pages is there, and that building them builds this crate again.

fn main() {
    let pages = std::path::Path::new("../../../ui/dist/experience");
    // Without it the embedding would remember for good that there are no pages.
    if let Err(error) = std::fs::create_dir_all(pages) {
        println!("cargo::warning=the folder of the sign-in pages can't be made: {error}");
    }
    println!("cargo::rerun-if-changed={}", pages.display());
}
