//! The authorization request of a run, and what the provider would make of it.

use crate::engine::{Engine, PLAYGROUND_APP};
use vestibule_core::StoreError;
use vestibule_core::console::{ConsoleProblem, RequestPreview};
use vestibule_core::entropy::opaque43;
use vestibule_core::live::{ParamOrigin, Trail};
use vestibule_core::model::Application;
use vestibule_core::oidc::authorize::{self, Reply};
use vestibule_core::oidc::pkce;
use vestibule_core::oidc::request::RawRequest;

/// What the built-in client knows its answers by.
const RESERVED: [&str; 4] = ["state", "nonce", "code_challenge", "code_challenge_method"];

/// A request ready to be sent.
pub(super) struct Built {
    /// In the order of the URL.
    pub params: Vec<(String, String)>,
    /// Names of the parameters whose values were drawn for it.
    pub generated: Vec<String>,
    pub client_id: String,
    pub own: bool,
    pub state: String,
    pub nonce: Option<String>,
    pub verifier: Option<String>,
}

impl Built {
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.params.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn url(&self, issuer: &str) -> String {
        let query = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(&self.params)
            .finish();
        format!("{issuer}/auth?{query}")
    }
}

/// Puts a request together: the client's own parameters, then those given.
///
/// # Errors
/// When the built-in client would not recognise, or not get, its answer.
pub(super) fn build(engine: &Engine, given: Vec<(String, String)>, with_pkce: bool) -> Result<Built, ConsoleProblem> {
    let has = |name: &str| given.iter().any(|(n, value)| n == name && !value.is_empty());
    let client_id = given.iter().find(|(n, value)| n == "client_id" && !value.is_empty());
    let client_id = client_id.map_or(PLAYGROUND_APP, |(_, id)| id).to_owned();
    let own = client_id == PLAYGROUND_APP;
    if own {
        refuse_what_ties_the_answer(&given)?;
    }
    let draw = || opaque43(engine.entropy.as_ref());
    let verifier = (with_pkce && !has("code_challenge")).then(draw);

    // Name, value, and whether the value was drawn for this request.
    let mut params = vec![("client_id", client_id.clone(), false)];
    if own {
        params.push(("redirect_uri", format!("{}/demo-app", engine.site().endpoint), false));
    }
    params.extend([
        ("response_type", "code".to_owned(), false),
        ("state", draw(), true),
        ("nonce", draw(), true),
    ]);
    if let Some(verifier) = &verifier {
        params.push(("code_challenge", pkce::challenge(verifier), true));
        params.push(("code_challenge_method", "S256".to_owned(), false));
    }
    if given.is_empty() {
        let scope = "openid offline_access profile email phone address custom_data identities roles";
        params.extend([("scope", scope.to_owned(), false), ("prompt", "consent".to_owned(), false)]);
    }
    // A parameter given twice is sent twice, as a client would: how the provider takes it is worth seeing. An empty one
    // takes the client's own away.
    params.retain(|(own, ..)| *own == "client_id" || !given.iter().any(|(name, _)| name == own));
    let scopes = |name: &str, value: &str| name == "scope" && value.split(' ').any(|s| s == "openid");
    if !params.iter().any(|(n, v, _)| scopes(n, v)) && !given.iter().any(|(n, v)| scopes(n, v)) {
        // Without `openid` it would be refused (sheet 1.10, check 11).
        params.retain(|(name, ..)| *name != "nonce");
    }
    let drawn = params.iter().filter(|(_, _, drawn)| *drawn);
    let generated = drawn.map(|(name, ..)| (*name).to_owned()).collect();
    let given = given.into_iter().filter(|(name, value)| !value.is_empty() && name != "client_id");
    let params: Vec<(String, String)> = params.into_iter().map(|(n, v, _)| (n.to_owned(), v)).chain(given).collect();
    let sent = |name: &str| params.iter().find(|(n, _)| n == name).map(|(_, value)| value.clone());
    Ok(Built {
        state: sent("state").unwrap_or_default(),
        nonce: sent("nonce"),
        params,
        generated,
        client_id,
        own,
        verifier,
    })
}

fn refuse_what_ties_the_answer(given: &[(String, String)]) -> Result<(), ConsoleProblem> {
    let at = |name: &str, message: String| ConsoleProblem {
        code: "playground.reserved".into(),
        message,
        field: Some(format!("params.{name}")),
    };
    if let Some((name, _)) = given.iter().find(|(name, _)| RESERVED.contains(&name.as_str())) {
        return Err(at(
            name,
            format!("`{name}` is set by the playground, so that it recognises the answer. Leave it out, or choose another application."),
        ));
    }
    if given.iter().any(|(name, value)| name == "response_mode" && value == "fragment") {
        return Err(at(
            "response_mode",
            "The built-in client is a server, and browsers keep fragments to themselves. Use `query` or `form_post`, or choose another application."
                .into(),
        ));
    }
    Ok(())
}

impl Engine {
    /// What a request would be, and what the provider would make of it. Nothing is written and no session is shown.
    ///
    /// # Errors
    /// As [`Engine::playground_start`]; or the data can't be read.
    pub(crate) fn playground_preview(&self, given: Vec<(String, String)>, with_pkce: bool) -> Result<RequestPreview, ConsoleProblem> {
        let built = build(self, given, with_pkce)?;
        let issuer = self.site().issuer.clone();
        let raw = RawRequest {
            hint: crate::routes::id_token_hint(self, &built.params),
            pairs: built.params.clone(),
            origin: ParamOrigin::Query,
        };
        let mut trail = Trail::default();
        let outcome = self.read(&mut trail, |cx| {
            let reply = authorize::authorize(cx, raw, None, &issuer)?;
            Ok((reply, cx.get::<Application>(&built.client_id)?.map(|app| app.name.clone())))
        });
        let (reply, application) = outcome.map_err(|error: StoreError| ConsoleProblem {
            code: "storage".into(),
            message: format!("The data could not be read: {error}."),
            field: None,
        })?;
        let (opens, error_goes_to) = match reply {
            Reply::Page { location, .. } => (location.split('?').next().map(str::to_owned), None),
            Reply::Client { to, .. } => (None, Some(to.as_str().to_owned())),
            Reply::Device { .. } | Reply::Json { .. } => (None, None),
        };
        Ok(RequestPreview {
            endpoint: format!("{issuer}/auth"),
            application,
            own: built.own,
            generated: built.generated,
            params: trail.params,
            because: trail.because,
            error: trail.error,
            error_goes_to,
            opens,
        })
    }
}
