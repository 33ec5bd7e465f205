//! The hosted pages: which page a path is, and the data it is given.

use super::arrival::{Arrival, note};
use super::common::{PAGE_CSP, failed};
use super::custom_ui;
use super::oidc::current_interaction;
use crate::engine::{Engine, PLAYGROUND_APP};
use crate::http::{Request, Response};
use crate::languages;
use crate::page_data;
use crate::pages;
use crate::recorder::Exchange;
use http::{StatusCode, header};
use serde_json::{Value, json};
use std::sync::Arc;
use vestibule_core::experience;
use vestibule_core::ids::AppId;
use vestibule_core::model::{Application, Organization, SignInExperience};
use vestibule_core::record::Interaction;
use vestibule_core::{Cx, StoreError};

/// Pages that need a live interaction (sheet 3.6). Ours adds the ones Logto leaves unguarded: a page that can do
/// nothing helps nobody.
fn is_guarded(path: &str) -> bool {
    path == "/"
        || [
            "/sign-in",
            "/consent",
            "/register",
            "/single-sign-on",
            "/social/register",
            "/forgot-password",
        ]
        .iter()
        .any(|p| path.starts_with(p))
}

/// Paths the experience app has a screen for (sheet 5.8).
pub(super) fn is_page(path: &str) -> bool {
    let first = path.trim_start_matches('/').split('/').next().unwrap_or_default();
    matches!(
        first,
        "" | "sign-in"
            | "register"
            | "forgot-password"
            | "reset-password"
            | "identifier-sign-in"
            | "identifier-register"
            | "single-sign-on"
            | "continue"
            | "mfa-binding"
            | "mfa-verification"
            | "mfa-onboarding"
            | "create-passkey"
            | "social"
            | "callback"
            | "direct"
            | "one-time-token"
            | "switch-account"
            | "consent"
            | "account-suspended"
            | "unknown-session"
    )
}

/// Any other GET: a page of the experience app.
pub(super) async fn page(engine: &Arc<Engine>, request: &Request, exchange: &mut Exchange) -> Response {
    if request.path == "/unknown-session" {
        return html(engine, request, "unknown-session", None);
    }
    if request.path == "/grants" {
        return html(engine, request, "grants", None);
    }
    if request.path == "/help/invalid-grant" {
        let body = "<h1>invalid_grant</h1><p>The provider answers every failed code or refresh token exchange with the same words, as Logto does. \
                    The real reason is in Vestibule's window: open the session and look at the token step. Without a window, start with <code>--control</code> and ask for the session there.</p>";
        return Response::html(StatusCode::OK, pages::plain("invalid_grant", "", body))
            .with_static(header::CONTENT_SECURITY_POLICY, PAGE_CSP);
    }
    if !is_page(&request.path) {
        if let Some(own) = engine.custom_pages()
            && let Some(response) = custom_ui::asset(engine, &own, request).await
        {
            return response;
        }
        let body = "<h1>There is no such page</h1><p>The address is not one of the provider's. The sign-in pages open when an application sends a browser to the authorization endpoint.</p>";
        return Response::html(StatusCode::NOT_FOUND, pages::plain("Not found", "", body))
            .with_static(header::CONTENT_SECURITY_POLICY, PAGE_CSP);
    }
    let preview = request
        .query
        .as_deref()
        .is_some_and(|q| q.split('&').any(|p| p.starts_with("preview=")));
    let Some(id) = current_interaction(engine, request) else {
        return if is_guarded(&request.path) && !preview {
            no_session(engine, request)
        } else {
            match preview {
                true => app_page(engine, request, exchange).await,
                false => html(engine, request, "no-interaction", None),
            }
        };
    };
    let issuer = engine.site().issuer.clone();
    let noted = engine.read(&mut exchange.trail, |cx| note(cx, &id, request, &issuer));
    match noted {
        Ok(Arrival::Decided(location)) => Response::redirect(StatusCode::FOUND, &location),
        Ok(Arrival::Waits) => app_page(engine, request, exchange).await,
        Ok(Arrival::Gone) if preview => app_page(engine, request, exchange).await,
        Ok(Arrival::Gone) => no_session(engine, request),
        Err(error) => failed(&error),
    }
}

/// `POST /callback/<connector id>`: a provider answers by `form_post`. The browser comes from another site and brings no
/// cookies of ours, so it is sent on to the same address with the same members (303, sheet 6.3).
pub(super) fn posted_callback(request: &Request) -> Response {
    let pairs = match super::common::body_pairs(request, &request.path) {
        Ok(pairs) => pairs,
        Err(error) => {
            let body = format!(
                "<h1>This answer can't be read</h1><p>{}. Go back to the application and sign in again.</p>",
                crate::http::escape(error.message())
            );
            return Response::html(StatusCode::BAD_REQUEST, pages::plain("Unreadable answer", "", &body))
                .with_static(header::CONTENT_SECURITY_POLICY, PAGE_CSP);
        }
    };
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(pairs);
    Response::redirect(StatusCode::SEE_OTHER, &format!("{}?{}", request.path, query.finish()))
}

/// No interaction: the configured address (sheet 3.6), or a page that explains how a sign-in starts.
pub(super) fn no_session(engine: &Engine, request: &Request) -> Response {
    let configured = engine
        .look(|cx| cx.get::<SignInExperience>(SignInExperience::ID))
        .ok()
        .flatten()
        .and_then(|s| s.unknown_session_redirect_url.clone());
    match configured.filter(|url| !url.is_empty()) {
        Some(url) => Response::redirect(StatusCode::FOUND, &url),
        None => html(engine, request, "no-interaction", None),
    }
}

/// The experience app for the current interaction, or the developer's own pages in its place.
pub(super) async fn app_page(engine: &Engine, request: &Request, exchange: &mut Exchange) -> Response {
    match engine.custom_pages() {
        Some(own) => custom_ui::page(engine, &own, request, exchange).await,
        None => html(engine, request, "experience", None),
    }
}

fn html(engine: &Engine, request: &Request, page: &str, demo: Option<Value>) -> Response {
    document(engine, request, page, demo.map(|demo| ("demo", demo)), None)
}

/// A page of ours with its data: one more member, and whose page it is when no interaction says so.
pub(super) fn document(engine: &Engine, request: &Request, page: &str, more: Option<(&str, Value)>, app: Option<AppId>) -> Response {
    match data(engine, request, page, more, app) {
        Ok(data) => Response::html(StatusCode::OK, pages::index(&data)).with_static(header::CONTENT_SECURITY_POLICY, PAGE_CSP),
        Err(error) => failed(&error),
    }
}

/// The page's data block.
fn data(engine: &Engine, request: &Request, page: &str, more: Option<(&str, Value)>, app: Option<AppId>) -> Result<Value, StoreError> {
    // These pages are the person's own, whatever sign-in may be open beside them.
    let own = matches!(page, "grants" | "device");
    let interaction = current_interaction(engine, request).filter(|_| !own);
    engine.look(|cx| {
        let interaction = match interaction {
            Some(id) => cx.get::<Interaction>(&id)?,
            None => None,
        };
        let app_id = app.or_else(|| interaction.as_ref().map(|i| i.client_id.clone())).or_else(|| {
            let pairs = request.query_pairs().ok().filter(|_| !own)?;
            pairs.into_iter().find(|(name, _)| name == "app_id").map(|(_, v)| AppId(v))
        });
        let app = match &app_id {
            Some(id) => cx.get::<Application>(id.as_str())?,
            None => None,
        };
        let param = |name: &str| interaction.as_ref().and_then(|i| i.params.get(name)).map(String::as_str);
        let organization = param("organization_id").map(|id| cx.get::<Organization>(id)).transpose()?.flatten();
        let row = cx.get::<SignInExperience>(SignInExperience::ID)?.unwrap_or_default();
        let locales = param("ui_locales");
        let shown = page_data::Shown {
            page,
            issuer: &engine.site().issuer,
            app: app.as_deref(),
            organization: organization.as_deref(),
            redirect_uri: param("redirect_uri"),
            development: true,
        };
        let mut data = page_data::page_data(cx, &shown, wanted_languages(request, &row, locales))?;
        if let Some(interaction) = interaction.as_ref().filter(|_| page == "experience")
            && cx.settings()?.development_sign_in
        {
            data["follow"] = json!(format!("{}/wait", interaction.return_to("")));
        }
        if let Some(locales) = locales {
            data["uiLocales"] = json!(locales);
        }
        if let Some((name, value)) = more {
            data[name] = value;
        }
        Ok(data)
    })
}

/// The application and the organization that a query names.
type Whose = (Option<Arc<Application>>, Option<Arc<Organization>>);

fn whose(cx: &Cx<'_>, request: &Request, app: &str, organization: &str) -> Result<Whose, StoreError> {
    let pairs = request.query_pairs().unwrap_or_default();
    let named = |wanted: &str| pairs.iter().find(|(name, _)| name == wanted).map(|(_, id)| id.as_str());
    let app = named(app).map(|id| cx.get::<Application>(id)).transpose()?.flatten();
    let organization = named(organization).map(|id| cx.get::<Organization>(id)).transpose()?.flatten();
    Ok((app, organization))
}

/// `GET /api/.well-known/sign-in-exp` (sheet 5.3).
pub(super) fn sign_in_exp(engine: &Engine, request: &Request) -> Response {
    let outcome = engine.look(|cx| {
        let (app, organization) = whose(cx, request, "appId", "organizationId")?;
        experience::public_sign_in_experience(cx, app.as_deref(), organization.as_deref())
    });
    match outcome {
        Ok(body) => Response::json(StatusCode::OK, &body),
        Err(error) => failed(&error),
    }
}

/// `GET /api/.well-known/phrases?lng=` (sheet 5.3): every phrase in the language that is chosen.
pub(super) fn phrases(engine: &Engine, request: &Request) -> Response {
    let outcome = engine.look(|cx| {
        let row = cx.get::<SignInExperience>(SignInExperience::ID)?.unwrap_or_default();
        languages::speak(cx, &row, wanted_languages(request, &row, None))
    });
    match outcome {
        Ok(spoken) => Response::json(StatusCode::OK, &spoken.whole()).with(header::CONTENT_LANGUAGE, &spoken.tag),
        Err(error) => failed(&error),
    }
}

/// What the request wants to read, in the order of sheet 5.6: said explicitly, then the browser's if that counts.
fn wanted_languages(request: &Request, row: &SignInExperience, ui_locales: Option<&str>) -> Vec<String> {
    const MOST: usize = 32;
    let pairs = request.query_pairs().unwrap_or_default();
    let said = |name: &str| pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    let explicit = said("lng").or(ui_locales).or_else(|| said("ui_locales")).unwrap_or_default();
    let mut wanted: Vec<String> = explicit
        .split([' ', ','])
        .filter(|tag| !tag.is_empty())
        .take(MOST)
        .map(str::to_owned)
        .collect();
    if row.language_info.auto_detect
        && let Some(header) = request.header(header::ACCEPT_LANGUAGE)
    {
        wanted.extend(experience::accepted_languages(header));
    }
    wanted
}

/// Files of the bundle, which Vestibule's own pages need in any case; their names carry a hash of their content, so they
/// may be kept for ever. Then files of the developer's own pages.
pub(super) async fn asset(engine: &Engine, request: &Request, segments: &[&str]) -> Response {
    let path = segments.join("/");
    match path.as_str() {
        "submit.js" => return Response::new(StatusCode::OK).body("text/javascript; charset=utf-8", pages::SUBMIT_JS),
        "plain.css" => return Response::new(StatusCode::OK).body("text/css; charset=utf-8", pages::PLAIN_CSS),
        "simulated.css" => return Response::new(StatusCode::OK).body("text/css; charset=utf-8", vestibule_simulator::STYLE),
        _ => {}
    }
    if segments.contains(&"..") {
        return Response::new(StatusCode::NOT_FOUND);
    }
    let media = match path.rsplit('.').next().unwrap_or_default() {
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "woff2" => "font/woff2",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        _ => "application/octet-stream",
    };
    match pages::file(&format!("assets/{path}")) {
        Some(bytes) => Response::new(StatusCode::OK)
            .body(media, bytes.into_owned())
            .with_static(header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
        None => own_file(engine, request)
            .await
            .unwrap_or_else(|| Response::new(StatusCode::NOT_FOUND)),
    }
}

/// `customCss` of the sign-in experience, or of the organization that the page was opened for.
pub(super) fn custom_css(engine: &Engine, request: &Request) -> Response {
    let css = engine.look(|cx| {
        let (app, organization) = whose(cx, request, "app_id", "organization_id")?;
        experience::custom_css(cx, app.as_deref(), organization.as_deref())
    });
    match css {
        Ok(css) => Response::new(StatusCode::OK).body("text/css; charset=utf-8", css.unwrap_or_default()),
        Err(error) => failed(&error),
    }
}

/// A file of the developer's own pages.
async fn own_file(engine: &Engine, request: &Request) -> Option<Response> {
    custom_ui::asset(engine, &engine.custom_pages()?, request).await
}

/// The icon of the tab: the developer's own where there is one.
pub(super) async fn favicon(engine: &Engine, request: &Request) -> Response {
    let own = own_file(engine, request).await;
    match own.filter(|own| own.status.is_success() || own.status == StatusCode::NOT_MODIFIED) {
        Some(own) => own,
        None => Response::new(StatusCode::OK).body("image/svg+xml", pages::ICON).with_static(
            header::CACHE_CONTROL,
            match engine.custom_pages() {
                // The developer's own icon may be there at the next look.
                Some(_) => "no-cache",
                None => "public, max-age=86400",
            },
        ),
    }
}

/// `/demo-app`: the built-in client's start, callback and sign-out.
pub(super) async fn demo_app(engine: &Arc<Engine>, request: &Request) -> Response {
    let pairs = match request.query_pairs() {
        Ok(pairs) => pairs,
        Err(why) => return crate::front::problem(StatusCode::BAD_REQUEST, &why),
    };
    let has = |name: &str| pairs.iter().any(|(n, _)| n == name);
    if has("sign_out") {
        let back = format!("{}/demo-app", engine.site().endpoint);
        let query: String = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("client_id", PLAYGROUND_APP)
            .append_pair("post_logout_redirect_uri", &back)
            .append_pair("state", "signed-out")
            .finish();
        return Response::redirect(StatusCode::SEE_OTHER, &format!("{}/session/end?{query}", engine.site().issuer));
    }
    if has("code") || has("error") {
        let run = engine.playground_callback(pairs).await;
        let demo = run.map_or_else(|| json!({ "problem": "This answer belongs to no test sign-in that is still remembered. Start a new one." }), |run| {
            let name = run.id_token_claims.as_ref().and_then(|c| c.get("name").or_else(|| c.get("username")).or_else(|| c.get("sub"))).cloned();
            json!({ "problem": run.problem, "codeWaits": run.step_by_step && run.tokens.is_none(), "userName": name, "idTokenClaims": run.id_token_claims, "userinfo": run.userinfo, "tokens": run.tokens.map(|mut t| { hide_tokens(&mut t); t }) })
        });
        return html(engine, request, "demo", Some(demo));
    }
    if let Some((_, state)) = pairs.iter().find(|(name, _)| name == "state") {
        // Back from signing out.
        engine.playground.signed_out(state);
        return Response::redirect(StatusCode::SEE_OTHER, "/oidc/session/end/success");
    }
    // A link may say how the sign-in begins: /demo-app?first_screen=register, or a one-time token.
    let params = pairs.into_iter().filter(|(name, _)| PASSED_ON.contains(&name.as_str())).collect();
    match engine.playground_start(params, true, false).await {
        Ok(run) => Response::redirect(StatusCode::SEE_OTHER, &run.url),
        Err(problem) => crate::front::problem(StatusCode::BAD_REQUEST, &problem.message),
    }
}

/// Parameters of an authorization request that the built-in client takes from its own address (sheet 2.1).
const PASSED_ON: [&str; 11] = [
    "first_screen",
    "interaction_mode",
    "identifier",
    "direct_sign_in",
    "login_hint",
    "one_time_token",
    "organization_id",
    "ui_locales",
    "prompt",
    "acr_values",
    "max_age",
];

/// The page shows the shape of the answer, not the tokens themselves; those are in the window.
fn hide_tokens(tokens: &mut Value) {
    for name in ["access_token", "refresh_token", "id_token"] {
        if let Some(token) = tokens.get_mut(name).filter(|t| t.is_string()) {
            let text = token.as_str().unwrap_or_default();
            *token = json!(format!("{}… ({} characters)", text.chars().take(8).collect::<String>(), text.len()));
        }
    }
}
