//! The window that says why the program can't start. There is no engine then, so the console's pages would have nobody
//! to talk to: this one is a page of its own, without script, written out by the program itself.

use std::borrow::Cow;
use tauri::http::{Request, Response, StatusCode, header};
use tauri::{AppHandle, Manager, Runtime, UriSchemeContext, Url, WebviewUrl, WebviewWindowBuilder};

/// Its label. No capability names it, so the page could call nothing even if it had a script.
pub(crate) const LABEL: &str = "failure";
/// The scheme under which the page is served to its window.
pub(crate) const SCHEME: &str = "vestibule-failure";

const POLICY: &str = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'";
const STYLE: &str = include_str!("failure.css");

/// Why the program can't start: a sentence for people and the code the process ends with.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    /// What happened, then what to do.
    pub(crate) message: String,
    /// Exit code.
    pub(crate) code: u8,
}

/// Opens the window with the sentence; the program ends when it is closed.
///
/// # Errors
/// When the system refuses the window.
pub(crate) fn open(app: &AppHandle, failure: Failure) -> tauri::Result<()> {
    app.manage(failure);
    let page = Url::parse(&format!("{SCHEME}://localhost/")).map_err(tauri::Error::InvalidUrl)?;
    WebviewWindowBuilder::new(app, LABEL, WebviewUrl::CustomProtocol(page))
        .title("Vestibule can’t start")
        .inner_size(560.0, 320.0)
        .min_inner_size(420.0, 240.0)
        .center()
        .incognito(true)
        .build()?;
    Ok(())
}

/// Serves the page and its style sheet.
pub(crate) fn serve<R: Runtime>(context: UriSchemeContext<'_, R>, request: Request<Vec<u8>>) -> Response<Cow<'static, [u8]>> {
    let failure = context.app_handle().try_state::<Failure>();
    let (status, kind, body) = match (request.uri().path(), failure) {
        ("/style.css", _) => (StatusCode::OK, "text/css", Cow::Borrowed(STYLE.as_bytes())),
        ("/" | "", Some(failure)) => (StatusCode::OK, "text/html; charset=utf-8", Cow::Owned(page(&failure).into_bytes())),
        _ => (StatusCode::NOT_FOUND, "text/plain", Cow::Borrowed(&b""[..])),
    };
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, header::HeaderValue::from_static(kind));
    headers.insert(header::CONTENT_SECURITY_POLICY, header::HeaderValue::from_static(POLICY));
    response
}

fn page(failure: &Failure) -> String {
    format!(
        "<!doctype html>
<html lang=\"en\">
<meta charset=\"utf-8\">
<meta name=\"color-scheme\" content=\"light dark\">
<title>Vestibule can’t start</title>
<link rel=\"stylesheet\" href=\"/style.css\">
<main role=\"alert\">
<h1>Vestibule can’t start</h1>
<p>{}</p>
<p class=\"code\">Exit code {}</p>
</main>
</html>
",
        escape(&failure.message),
        failure.code
    )
}

/// Text as HTML content. The sentence may hold a path, which may hold anything.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('\n', "<br>")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sentence_is_text_not_markup() {
        let page = page(&Failure {
            message: "The folder <b>&\nis open elsewhere".into(),
            code: 4,
        });
        assert!(page.contains("<p>The folder &lt;b&gt;&amp;<br>is open elsewhere</p>"), "{page}");
        assert!(page.contains("Exit code 4"), "{page}");
        assert!(!page.contains("<script"), "{page}");
    }
}
