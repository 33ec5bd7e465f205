//! What the person does at `/oidc/device`: types the code, sees who asks, confirms or declines (RFC 8628 section 3.3).

use super::{deny, leave, revive};
use crate::because::{Because, Outcome};
use crate::experience::{count_wrong_user_code, user_codes_locked_until};
use crate::live::{Lane, LiveStatus, StepError, StepKind};
use crate::model::Application;
use crate::oidc::authorize::{Reply, load_session};
use crate::oidc::flow::{self, Satisfied};
use crate::oidc::{dialect, flow::Extras};
use crate::port::{Cx, StoreError};
use crate::record::{DeviceCode, DeviceState, Index, Interaction, digest};
use crate::secret::Secret;
use crate::time::Timestamp;
use std::sync::Arc;

/// Letters of a user code, without the dash.
const LETTERS: usize = 8;
/// Most characters of what was typed that are kept for the field.
const TYPED: usize = 40;

/// What the page sends.
#[derive(Default)]
pub struct Form {
    /// What was typed, in any case, with or without the dash.
    pub user_code: String,
    /// What the page read from the cookie `_logto_device_flow_xsrf`.
    pub xsrf: String,
    /// Whether the person confirmed the application and the code.
    pub confirm: bool,
    /// Whether the person declined.
    pub abort: bool,
}

/// What the form led to.
pub enum Verification {
    /// Back to the page of the code.
    Again {
        /// What went wrong.
        problem: Problem,
        /// What was typed.
        typed: String,
    },
    /// The code is right: the page names the application and asks.
    Ask {
        /// The code, with its dash.
        user_code: String,
    },
    /// On to the sign-in, the consent hop or the end.
    On(Reply),
}

/// What a page is told is wrong, by the names of Logto's engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// Nothing was typed.
    NoCode,
    /// No device shows this code.
    NotFound,
    /// The code is older than ten minutes.
    Expired,
    /// The code was confirmed, declined or used before, or is confirmed in another browser.
    AlreadyUsed,
    /// The person declined.
    Aborted,
    /// The page's form is not the one that was given to this browser.
    InvalidRequest,
    /// Too many wrong codes; nothing is looked up for a while. Vestibule's own.
    TooManyAttempts,
}

impl Problem {
    /// The value of `error` in the page's address.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NoCode => "NoCodeError",
            Self::NotFound => "NotFoundError",
            Self::Expired => "ExpiredError",
            Self::AlreadyUsed => "AlreadyUsedError",
            Self::Aborted => "AbortedError",
            Self::InvalidRequest => "InvalidRequest",
            Self::TooManyAttempts => "TooManyAttemptsError",
        }
    }

    /// The page of the code, which says so and keeps what was typed (sheet 1.22).
    #[must_use]
    pub fn page(self, typed: Option<&str>) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        if let Some(typed) = typed.filter(|typed| !typed.is_empty()) {
            query.append_pair("input_code", &typed.chars().take(TYPED).collect::<String>());
        }
        query.append_pair("error", self.name());
        format!("/device?{}", query.finish())
    }
}

/// Four letters, a dash, four letters (sheet 1.22).
#[must_use]
pub(super) fn with_dash(user_code: &str) -> String {
    match user_code.split_at_checked(LETTERS / 2) {
        Some((first, last)) if !last.is_empty() => format!("{first}-{last}"),
        _ => user_code.to_owned(),
    }
}

/// What was typed as it is stored: upper case, letters and digits only (RFC 8628 section 6.1).
fn normalized(typed: &str) -> String {
    typed
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_uppercase())
        .collect()
}

/// A device code and the application that asked for it.
pub type Shown = (Arc<DeviceCode>, Arc<Application>);

/// The device code that shows this user code, old ones included, and who asked.
///
/// # Errors
/// When the store can't be read.
pub fn find(cx: &Cx<'_>, user_code: &str) -> Result<Option<Shown>, StoreError> {
    let user_code = normalized(user_code);
    if user_code.len() != LETTERS {
        return Ok(None);
    }
    let Some(code) = cx.find::<DeviceCode>(&Index::UserCode.entry(user_code))? else {
        return Ok(None);
    };
    let app = cx.get::<Application>(code.client_id.as_str())?;
    Ok(app.map(|app| (code, app)))
}

/// `POST /oidc/device`. `browser` is what this browser's signed form cookie holds, which the page must repeat as `xsrf`.
///
/// # Errors
/// When the store fails.
pub fn verify(
    cx: &mut Cx<'_>,
    form: &Form,
    browser: Option<&Secret>,
    session_cookie: Option<&str>,
    issuer: &str,
) -> Result<Verification, StoreError> {
    cx.trail.kind = StepKind::DeviceVerification;
    cx.arrow(Lane::Experience, Lane::Provider, "POST /oidc/device");
    let again = |problem| {
        Ok(Verification::Again {
            problem,
            typed: form.user_code.clone(),
        })
    };
    let Some(browser) = browser.filter(|own| !own.is_empty() && own.matches(&form.xsrf)) else {
        say_no(
            cx,
            Problem::InvalidRequest,
            "The form is not the one this browser was given.",
            "`xsrf` must repeat the cookie `_logto_device_flow_xsrf`, which lives for ten minutes. Another site can't know it, so it can't send the form in somebody's name.",
        );
        return again(Problem::InvalidRequest);
    };
    if normalized(&form.user_code).is_empty() {
        say_no(cx, Problem::NoCode, "Nothing was typed.", "The form came without a user code.");
        return again(Problem::NoCode);
    }
    let code = match look_up(cx, &form.user_code, &digest(browser.expose()))? {
        Ok(code) => code,
        Err(problem) => return again(problem),
    };
    if form.abort {
        cx.because(Because::new(
            "device.declined",
            Outcome::Decided,
            "The person declined.",
            "They saw which application asks, and said no.",
            "RFC 8628 3.3",
        ));
        return Ok(Verification::On(deny(
            cx,
            &code.key,
            "access_denied",
            Some("the person declined"),
            None,
        )?));
    }
    if !form.confirm {
        cx.because(Because::new(
            "device.ask",
            Outcome::Decided,
            "The person is asked whether this is their device.",
            "The page names the application and shows the code again. Somebody who was sent a code by a stranger can stop here.",
            "RFC 8628 5.4",
        ));
        cx.arrow(Lane::Provider, Lane::Experience, "302 /device");
        cx.trail.patch.outcome = Some("code typed".into());
        cx.trail.patch.waiting_for = Some("waiting for the person to confirm the code".into());
        cx.trail.patch.waiting_on = Some(Lane::Experience);
        return Ok(Verification::Ask {
            user_code: with_dash(&code.user_code),
        });
    }
    confirm(cx, &code, browser, session_cookie, issuer).map(Verification::On)
}

/// From the confirmed code into the interaction: the same decision as an authorization request's.
fn confirm(cx: &mut Cx<'_>, code: &DeviceCode, browser: &Secret, session_cookie: Option<&str>, issuer: &str) -> Result<Reply, StoreError> {
    let request = match revive(cx, &code.key)? {
        Ok(request) => request,
        Err(error) => return deny(cx, &code.key, error.error, error.description.as_deref(), None),
    };
    let mut code = code.clone();
    code.state = DeviceState::InFlight {
        browser: digest(browser.expose()),
    };
    cx.put(&code)?;
    cx.because(Because::new(
        "device.confirmed",
        Outcome::Passed,
        "The person confirmed the code.",
        "From now on only this browser can go on with it. The sign-in is the usual one.",
        "RFC 8628 3.3",
    ));
    let parsed = dialect::parameters(cx, &request.app, &request.params)?;
    let extras = Extras {
        params: parsed.params,
        because: parsed.because,
    };
    let session = load_session(cx, session_cookie)?;
    let reply = flow::proceed(cx, &request, &extras, session, Satisfied::default(), None, issuer)?;
    // The code ends long before an interaction would.
    cx.trail.patch.expires_at = Some(code.valid_until);
    Ok(reply)
}

/// The code that was typed, if this browser may go on with it. Wrong ones are counted.
fn look_up(cx: &mut Cx<'_>, typed: &str, browser: &str) -> Result<Result<Arc<DeviceCode>, Problem>, StoreError> {
    if let Some(until) = user_codes_locked_until(cx)? {
        return Ok(Err(locked(cx, until)));
    }
    let Some((code, app)) = find(cx, typed)? else {
        let letters = normalized(typed).len();
        let detail = if letters == LETTERS {
            "It was mistyped, or the device was given another one meanwhile.".to_owned()
        } else {
            format!("It has {letters} letters and digits; a user code has {LETTERS}.")
        };
        say_no(cx, Problem::NotFound, "No device shows this code.", detail);
        return Ok(Err(match count_wrong_user_code(cx)? {
            Some(until) => locked(cx, until),
            None => Problem::NotFound,
        }));
    };
    cx.trail.live = Some(code.live.clone());
    cx.trail.patch.app = Some((app.id.clone(), app.name.clone()));
    if let Some(problem) = unfit(cx, &code, Some(browser)) {
        return Ok(Err(problem));
    }
    Ok(Ok(code))
}

/// Why nobody can go on with a code, if so. `browser` is who wants to begin; `None` is somebody who has begun already.
fn unfit(cx: &mut Cx<'_>, code: &DeviceCode, browser: Option<&str>) -> Option<Problem> {
    if code.valid_until <= cx.now {
        say_no(
            cx,
            Problem::Expired,
            "The code is too old.",
            format!(
                "It ended {} s ago. The device has to ask for another one.",
                cx.now.seconds_since(code.valid_until)
            ),
        );
        cx.trail.patch.status = Some(LiveStatus::Expired);
        cx.trail.patch.outcome = Some("code expired".into());
        return Some(Problem::Expired);
    }
    let why = match (&code.state, browser) {
        (DeviceState::Waiting, Some(_)) | (DeviceState::InFlight { .. }, None) => return None,
        (DeviceState::InFlight { browser: first }, Some(browser)) if first == browser => return None,
        (DeviceState::InFlight { .. }, Some(_)) => "It was confirmed in another browser, and only that one can go on with it.",
        (DeviceState::Waiting, None) => "It is not the one that this sign-in began with.",
        (DeviceState::Approved { .. }, _) => "The device was let in already.",
        (DeviceState::Denied { .. }, _) => "The device was refused already.",
        (DeviceState::Used { .. }, _) => "The device has had its answer already.",
    };
    say_no(cx, Problem::AlreadyUsed, "The code was used before.", why);
    Some(Problem::AlreadyUsed)
}

fn locked(cx: &mut Cx<'_>, until: Timestamp) -> Problem {
    say_no(
        cx,
        Problem::TooManyAttempts,
        "Too many wrong codes were typed.",
        format!(
            "For {} s no code is looked up, right or wrong, so that nobody finds one by trying. The limit is the sentinel's, under Sign-in experience.",
            until.seconds_since(cx.now)
        ),
    );
    Problem::TooManyAttempts
}

fn say_no(cx: &mut Cx<'_>, problem: Problem, title: &'static str, detail: impl Into<crate::because::Words>) {
    let detail = detail.into();
    cx.arrow(Lane::Provider, Lane::Experience, format!("302 /device error={}", problem.name()));
    cx.trail.error = Some(StepError {
        error: problem.name().to_owned(),
        description: title.to_owned(),
        detail: Some(detail.clone().into_owned()),
    });
    if cx.trail.live.is_none() {
        // It belongs to no device, so it is a session of its own.
        let patch = &mut cx.trail.patch;
        patch.status = Some(LiveStatus::Failed);
        patch.outcome = Some("user code refused".into());
        patch.headline = Some(title.into());
    }
    cx.because(Because::new(
        format!("device.{}", problem.name()),
        Outcome::Refused,
        title,
        detail,
        "RFC 8628 3.3 and 5.1, Logto 1.22",
    ));
}

/// Whether a sign-in for a device comes too late; the way out then. The interaction goes with it.
///
/// # Errors
/// When the store fails.
pub fn over(cx: &mut Cx<'_>, key: &str, interaction: &Interaction) -> Result<Option<Reply>, StoreError> {
    let problem = match cx.get::<DeviceCode>(key)? {
        Some(code) => unfit(cx, &code, None),
        None => {
            say_no(
                cx,
                Problem::Expired,
                "The code is too old.",
                "It ended more than an hour ago and was forgotten. The device has to ask for another one.",
            );
            Some(Problem::Expired)
        }
    };
    let Some(problem) = problem else { return Ok(None) };
    cx.delete::<Interaction>(interaction.id.as_str())?;
    Ok(Some(leave(problem, Some(interaction.id.clone()))))
}
