//! A developer's own pages, served under the provider's origin (sheet 5.5). The guard of sheet 3.6 stands before them.

use super::common::is_from_our_page;
use crate::custom_ui::files::{self, Unserved};
use crate::custom_ui::{Pages, Source};
use crate::engine::Engine;
use crate::http::{Request, Response, escape};
use crate::pages;
use crate::recorder::Exchange;
use bytes::Bytes;
use futures_util::StreamExt as _;
use http::{HeaderName, HeaderValue, StatusCode, header};
use std::sync::Arc;
use vestibule_core::model::DevServerAddress;
use vestibule_core::{Because, Outcome};
use vestibule_upstream::dev_server::{self, Answer, Body, DevServerError, OnUpgrade};

/// CSP of custom pages. Looser than that of the hosted ones, as Logto's is: build tools write inline scripts and styles,
/// and the files are the developer's own. Still no other host's code, nobody's frame, and calls
/// to this origin only; pictures may come from anywhere, as the logos of a brand do.
const CSP: &str = "default-src 'self'; script-src 'self' 'unsafe-inline' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob: https: http:; font-src 'self' data:; media-src 'self' data: blob:; worker-src 'self' blob:; connect-src 'self'; object-src 'none'; form-action 'self'; base-uri 'self'; frame-ancestors 'none'";

/// CSP behind a dev server: its tools evaluate code, and talk to it directly when they can't through us.
fn dev_csp(engine: &Engine, server: &DevServerAddress) -> String {
    let own = engine.site().endpoint.replacen("http", "ws", 1);
    let (origin, socket) = (server.origin(), server.origin().replacen("http", "ws", 1));
    CSP.replace("'wasm-unsafe-eval'", "'unsafe-eval'")
        .replace("connect-src 'self'", &format!("connect-src 'self' {own} {origin} {socket}"))
}

/// The page of a hosted-page path: the file of that path, else the index.
pub(super) async fn page(engine: &Engine, own: &Arc<Pages>, request: &Request, exchange: &mut Exchange) -> Response {
    if let Source::DevServer(server) = &own.source {
        return dev_page(engine, own, server, request, exchange).await;
    }
    let wanted = files::segments(&request.path).unwrap_or_default();
    let found = if wanted.is_empty() {
        Err(Unserved::Missing)
    } else {
        own.read(wanted.clone()).await
    };
    let (name, outcome) = match found {
        Err(Unserved::Missing) if is_part_of_a_page(request) => return missing_part(request, own),
        Err(Unserved::Missing) => ("index.html".to_owned(), own.read(vec!["index.html".to_owned()]).await),
        found => (wanted.join("/"), found),
    };
    match outcome {
        Ok(content) => {
            note(exchange, own, &format!("`{}` was answered with `{name}`", request.path));
            file(request, own, &name, content)
        }
        Err(why) => unserved(exchange, own, &name, &why),
    }
}

/// Any other path: the file of that path.
pub(super) async fn asset(engine: &Engine, own: &Arc<Pages>, request: &Request) -> Option<Response> {
    if let Source::DevServer(server) = &own.source {
        let answered = fetch(engine, server, &target(request), request).await;
        return Some(match answered {
            Ok(answer) => passed_on(engine, server, answer),
            Err(error) => text(StatusCode::BAD_GATEWAY, &format!("{error} Start your dev server, then reload.")),
        });
    }
    let wanted = files::segments(&request.path).filter(|wanted| !wanted.is_empty())?;
    let name = wanted.join("/");
    match own.read(wanted).await {
        Ok(content) => Some(file(request, own, &name, content)),
        Err(Unserved::Missing) => None,
        Err(Unserved::Large) => Some(text(StatusCode::PAYLOAD_TOO_LARGE, "This file of your pages is larger than 32 MB.")),
        Err(Unserved::Unreadable(why)) => Some(text(
            StatusCode::SERVICE_UNAVAILABLE,
            &format!("This file of your pages can't be read: {why}."),
        )),
    }
}

/// Browsers say what a request is for (Fetch Metadata 2.1). A page's script or style is never answered with the index:
/// the error would be about a type or a stray `<`.
fn is_part_of_a_page(request: &Request) -> bool {
    let dest = request.headers.get("sec-fetch-dest").and_then(|v| v.to_str().ok());
    dest.is_some_and(|dest| !matches!(dest, "document" | "iframe" | "frame" | "empty"))
}

fn missing_part(request: &Request, own: &Pages) -> Response {
    text(
        StatusCode::NOT_FOUND,
        &format!(
            "There is no {} in {}. Pages are served at several depths, such as /sign-in and /sign-in/password: refer to files from the root (in Vite: base \"/\").",
            request.path,
            own.said().replace('`', "")
        ),
    )
}

fn file(request: &Request, own: &Pages, name: &str, content: Bytes) -> Response {
    let html = name.ends_with(".html") || name.ends_with(".htm");
    let mut response = Response::new(StatusCode::OK);
    // A page is never kept: going back in a browser must not show a sign-in that is over.
    match own.tag().filter(|_| !html) {
        Some(tag) => {
            let tag = format!("\"{tag}\"");
            let same = request
                .header(header::IF_NONE_MATCH)
                .is_some_and(|known| known.split(',').any(|one| one.trim().trim_start_matches("W/") == tag));
            response = response.with(header::ETAG, &tag).with_static(header::CACHE_CONTROL, "no-cache");
            if same {
                response.status = StatusCode::NOT_MODIFIED;
                return ours(response);
            }
        }
        None => response = response.with_static(header::CACHE_CONTROL, "no-store"),
    }
    response.body = content;
    ours(response.with(header::CONTENT_TYPE, &content_type(name))).with_static(header::CONTENT_SECURITY_POLICY, CSP)
}

/// The type by the name's ending. Text is UTF-8, as everything that build tools write.
fn content_type(name: &str) -> String {
    let guessed = mime_guess::from_path(name).first_raw().unwrap_or("application/octet-stream");
    match guessed {
        "application/javascript" => "text/javascript; charset=utf-8".to_owned(),
        text if text.starts_with("text/") => format!("{text}; charset=utf-8"),
        other => other.to_owned(),
    }
}

/// What every answer from custom pages has.
fn ours(response: Response) -> Response {
    response.with_static(HeaderName::from_static("cross-origin-resource-policy"), "same-origin")
}

async fn dev_page(engine: &Engine, own: &Pages, server: &DevServerAddress, request: &Request, exchange: &mut Exchange) -> Response {
    let mut said = format!("`{}` was answered", request.path);
    let mut answered = fetch(engine, server, &target(request), request).await;
    // A plain file server has no page for the paths of an app; the index is that page.
    if matches!(&answered, Ok(answer) if answer.status == StatusCode::NOT_FOUND) && !is_part_of_a_page(request) {
        said = format!("`{}` was not found there, so it was answered with `/`", request.path);
        answered = fetch(engine, server, "/", request).await;
    }
    match answered {
        Ok(answer) => {
            note(exchange, own, &said);
            let mut response = passed_on(engine, server, answer);
            response.headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
            response
        }
        Err(error) => {
            exchange.trail.because(
                Because::new(
                    "pages.custom_ui",
                    Outcome::Refused,
                    "Your own page could not be served.",
                    format!("{error} Start the dev server and reload the page, or serve the hosted pages again under Sign-in experience."),
                    "Logto 5.5",
                )
                .input(server.origin()),
            );
            let body = format!(
                "<h1>Your dev server does not answer</h1><p>{}</p><p>This provider passes its sign-in pages on to <code>{}</code>. \
                 Start your dev server there, for example with <code>npm run dev</code>, and reload this page. \
                 To serve the hosted pages again, remove your own pages in Vestibule's window under Sign-in experience, \
                 or take <code>customUi</code> out of the configuration with <code>customUi = {{}}</code>.</p>",
                escape(&error.to_string()),
                escape(&server.origin())
            );
            plain(StatusCode::BAD_GATEWAY, "Dev server not answering", &body)
        }
    }
}

/// Fetches from the dev server, a few at a time: an answer may be large, and take long.
async fn fetch(engine: &Engine, server: &DevServerAddress, target: &str, request: &Request) -> Result<Answer, DevServerError> {
    // Nobody closes it.
    let _turn = engine.custom_ui.fetches.acquire().await;
    dev_server::fetch(server, target, &request.headers).await
}

fn target(request: &Request) -> String {
    match &request.query {
        Some(query) => format!("{}?{query}", request.path),
        None => request.path.clone(),
    }
}

fn passed_on(engine: &Engine, server: &DevServerAddress, answer: Answer) -> Response {
    let mut response = Response::new(answer.status);
    response.headers = answer.headers;
    match answer.body {
        Body::Whole(content) => response.body = content,
        Body::Events(events) => match engine.custom_ui.streams.clone().try_acquire_owned() {
            Ok(permit) => {
                let until = Box::pin(engine.stopping());
                let events = events.map(move |chunk| {
                    let _held = &permit;
                    chunk.map_err(std::io::Error::other)
                });
                response.stream(Box::pin(events.take_until(until)));
            }
            Err(_) => return busy(),
        },
    }
    ours(response).with(header::CONTENT_SECURITY_POLICY, &dev_csp(engine, server))
}

/// A WebSocket of a page, for the dev server: reloading by itself. `None` when it is for nobody here.
pub(super) async fn socket(engine: &Arc<Engine>, request: &Request, browser: OnUpgrade) -> Option<Response> {
    let own = engine.custom_pages()?;
    let Source::DevServer(server) = &own.source else { return None };
    let websocket = request.header(header::UPGRADE).is_some_and(|v| v.eq_ignore_ascii_case("websocket"));
    let first = request.path.split('/').nth(1).unwrap_or_default();
    if !websocket || matches!(first, "oidc" | "api" | "demo-app") {
        return None;
    }
    // A page elsewhere must not reach the dev server through us (RFC 6455 section 10.2).
    if !is_from_our_page(engine, request) {
        return Some(text(
            StatusCode::FORBIDDEN,
            "Only the sign-in pages of this provider may open this WebSocket.",
        ));
    }
    let Ok(permit) = engine.custom_ui.streams.clone().try_acquire_owned() else {
        return Some(busy());
    };
    let switched = match dev_server::switch(server, &target(request), &request.headers).await {
        Ok(switched) => switched,
        Err(error) => return Some(text(StatusCode::BAD_GATEWAY, &error.to_string())),
    };
    let mut response = Response::new(switched.status);
    response.headers = switched.headers;
    if let Some(connection) = switched.connection {
        let until = engine.stopping();
        tokio::spawn(async move {
            let _held = permit;
            tokio::select! {
                () = until => {}
                // A side that breaks off ends the other; pages open a new one by themselves.
                _ = dev_server::bridge(browser, connection) => {}
            }
        });
    }
    Some(response)
}

fn note(exchange: &mut Exchange, own: &Pages, said: &str) {
    exchange.trail.because(Because::new(
        "pages.custom_ui",
        Outcome::Decided,
        "Your own page was served.",
        format!(
            "{said} from {}, instead of the hosted page. It speaks with the provider through the Experience API.",
            own.said()
        ),
        "Logto 5.5",
    ));
}

fn unserved(exchange: &mut Exchange, own: &Pages, name: &str, why: &Unserved) -> Response {
    let reason = match why {
        Unserved::Missing => format!("There is no {name} there."),
        Unserved::Large => format!("{name} is larger than 32 MB."),
        Unserved::Unreadable(why) => why.clone(),
    };
    exchange.trail.because(Because::new(
        "pages.custom_ui",
        Outcome::Refused,
        "Your own page could not be served.",
        format!(
            "The pages come from {}. {reason} Build them again, or serve the hosted pages again under Sign-in experience.",
            own.said()
        ),
        "Logto 5.5",
    ));
    let body = format!(
        "<h1>Your own pages can't be served</h1><p>They come from {}.</p><p>{}</p><p>Build them again and reload, or remove them in Vestibule's window under Sign-in experience.</p>",
        escape(&own.said().replace('`', "")),
        escape(&reason)
    );
    plain(StatusCode::SERVICE_UNAVAILABLE, "Pages not there", &body)
}

fn plain(status: StatusCode, title: &str, body: &str) -> Response {
    Response::html(status, pages::plain(title, "", body)).with_static(header::CONTENT_SECURITY_POLICY, super::common::PAGE_CSP)
}

fn text(status: StatusCode, words: &str) -> Response {
    Response::new(status).body("text/plain; charset=utf-8", format!("{words}\n"))
}

fn busy() -> Response {
    text(
        StatusCode::SERVICE_UNAVAILABLE,
        "Too many open connections to the dev server. Close some tabs.",
    )
}

#[cfg(test)]
mod tests;
