//! The hosted pages' files: the embedded experience bundle, and the few plain pages beside it.

use crate::http::escape;
use std::borrow::Cow;

/// The built experience app. A debug build reads the folder at run time, a release build carries it.
#[derive(rust_embed::RustEmbed)]
#[folder = "../../../ui/dist/experience"]
#[allow_missing = true]
struct Bundle;

/// The built console, for browsers; the native window carries its own.
#[derive(rust_embed::RustEmbed)]
#[folder = "../../../ui/dist/console"]
#[allow_missing = true]
struct Console;

/// A file of the console.
pub(crate) fn console_file(path: &str) -> Option<Cow<'static, [u8]>> {
    Console::get(path).map(|f| f.data)
}

/// A file of the bundle.
pub(crate) fn file(path: &str) -> Option<Cow<'static, [u8]>> {
    Bundle::get(path).map(|f| f.data)
}

/// `index.html` with the data block filled in.
pub(crate) fn index(data: &serde_json::Value) -> String {
    let Some(template) = file("index.html") else {
        return plain(
            "Pages not built",
            "",
            "<h1>The sign-in pages are not built</h1><p>This program was compiled without them. Run <code>./dev ui</code>, then build again.</p>",
        );
    };
    // `<` is escaped, so the block can't end early or open a comment.
    let json = data.to_string().replace('<', "\\u003c");
    String::from_utf8_lossy(&template).replacen("__VESTIBULE_DATA__", &json, 1)
}

/// A page without the bundle: sign-out and the like.
pub(crate) fn plain(title: &str, head: &str, body: &str) -> String {
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta name=\"color-scheme\" content=\"light dark\"><title>{}</title><link rel=\"stylesheet\" href=\"/assets/plain.css\">{head}</head><body><main>{body}</main></body></html>",
        escape(title)
    )
}

/// Submits the page's only form.
pub(crate) const SUBMIT_JS: &str = "document.forms[0].submit();\n";

/// The plain pages' style.
pub(crate) const PLAIN_CSS: &str = include_str!("pages/plain.css");

/// The icon of the tab.
pub(crate) const ICON: &str = include_str!("pages/icon.svg");
