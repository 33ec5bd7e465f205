//! One-time tokens (sheet 4.7): an application mails somebody a link that signs them in once.

use super::error::ApiError;
use super::identifier::{index_entry, kind_with_article};
use super::interaction::{event_name, keep_record};
use super::lockout::{Counted, count_or_refuse, guard_not_locked};
use super::ruling::{Ruling, answer, begun, decide, refuse, save, waiting};
use crate::because::{Because, Outcome};
use crate::entropy::{id21, secret32};
use crate::ids::{InteractionId, VerificationId};
use crate::live::Lane;
use crate::port::{Cx, StoreError};
use crate::record::{
    Identifier, IdentifierKind, Index, InteractionEvent, OneTimeToken, OneTimeTokenContext, TokenStatus, VerificationRecord, digest,
};

/// How long a token is accepted unless it is said otherwise, in **seconds**.
pub const ONE_TIME_TOKEN_TTL: u32 = 600;
/// How long a token that is over is remembered, so that its refusal can say why, in **seconds**: a week.
const REMEMBERED: i64 = 604_800;

/// Makes a token for an address; answers the record and the token, of which only the hash is stored.
///
/// # Errors
/// When the store fails.
pub fn issue_one_time_token(
    cx: &mut Cx<'_>,
    email: &str,
    expires_in: u32,
    context: OneTimeTokenContext,
) -> Result<(OneTimeToken, String), StoreError> {
    let token = secret32(cx.entropy);
    let valid_until = cx.now.plus_seconds(i64::from(expires_in));
    let record = OneTimeToken {
        key: digest(&token),
        token_id: id21(cx.entropy),
        email: email.to_owned(),
        context,
        status: TokenStatus::Active,
        created_at: cx.now,
        valid_until,
        expires_at: valid_until.plus_seconds(REMEMBERED),
    };
    cx.put(&record)?;
    Ok((record, token))
}

/// `POST /verification/one-time-token/verify` → 200 `{verificationId}`. The token is used up by this.
///
/// # Errors
/// [`StoreError`](crate::StoreError). Refuses with 400 `guard.invalid_input` (no e-mail address), 404
/// `one_time_token.token_not_found`, 400 `one_time_token.email_mismatch`, `.token_expired`, `.token_consumed`,
/// `.token_revoked`, `.interaction_event_mismatch`, and 400 `session.verification_blocked_too_many_attempts`.
pub fn verify_one_time_token(
    cx: &mut Cx<'_>,
    interaction_id: &InteractionId,
    identifier: &Identifier,
    token: &str,
) -> Ruling<VerificationId> {
    decide(cx, Some("verify the one-time token".into()), |cx| {
        let (mut interaction, event) = begun(cx, interaction_id)?;
        if identifier.kind != IdentifierKind::Email || index_entry(identifier).is_none() {
            return refuse(
                ApiError::invalid_input("identifier must be an e-mail address: { type: email, value }"),
                Because::new(
                    "experience.one_time_token",
                    Outcome::Refused,
                    "A one-time token belongs to an e-mail address",
                    format!(
                        "The page sent {}. The address comes from `login_hint` of the authorization request.",
                        kind_with_article(identifier.kind)
                    ),
                    "Logto 4.7",
                ),
            );
        }
        guard_not_locked(cx, Counted::Identifier(identifier))?;
        let mut record = match judge(cx, identifier, token, Some(event))? {
            Ok(record) => record,
            Err(refusal) => {
                count_or_refuse(cx, Counted::Identifier(identifier), &refusal.1.title)?;
                return refuse(refusal.0, refusal.1);
            }
        };
        record.status = TokenStatus::Consumed;
        cx.put(&record)?;
        let id = VerificationId(id21(cx.entropy));
        keep_record(
            &mut interaction,
            VerificationRecord::OneTimeToken {
                id: id.clone(),
                identifier: Identifier {
                    kind: IdentifierKind::Email,
                    value: record.email.clone(),
                },
                event: record.context.interaction_event,
                organization_ids: record.context.jit_organization_ids,
            },
        );
        save(cx, &interaction)?;
        let to = record.email;
        cx.because(
            Because::new(
                "experience.one_time_token",
                Outcome::Passed,
                "The one-time token is good",
                format!("It was made for `{to}` and is used up now. Nobody is signed in yet; identification comes next, and may register even where registration is switched off."),
                "Logto 4.3",
            )
            .input(to.clone()),
        );
        answer(
            cx,
            "200 verificationId",
            "one-time token verified",
            format!("{to} · one-time token verified"),
        );
        waiting(cx, Lane::Experience, "waiting for the page to identify the person");
        Ok(id)
    })
}

/// Whether a token could be used for an address now; changes nothing.
///
/// # Errors
/// When the store fails. The inner error is the refusal that using it would meet.
pub fn check_one_time_token(cx: &Cx<'_>, identifier: &Identifier, token: &str) -> Result<Result<OneTimeToken, ApiError>, StoreError> {
    Ok(judge(cx, identifier, token, None)?.map_err(|refusal| refusal.0))
}

type Judged = Result<OneTimeToken, (ApiError, Because)>;

fn judge(cx: &Cx<'_>, identifier: &Identifier, token: &str, event: Option<InteractionEvent>) -> Result<Judged, StoreError> {
    let because = |title: &'static str, detail: String| {
        Because::new("experience.one_time_token", Outcome::Refused, title, detail, "Logto 4.7").input(identifier.value.clone())
    };
    let Some(record) = cx.get::<OneTimeToken>(&digest(token))? else {
        return Ok(Err((
            ApiError::one_time_token_not_found(),
            because(
                "There is no such one-time token",
                "Nobody made it, or it ended more than a week ago. The link may have been cut by a mail program.".to_owned(),
            ),
        )));
    };
    let spelled = |text: &str| text.to_lowercase();
    let refused = if spelled(&record.email) != spelled(&identifier.value) {
        Some((
            ApiError::one_time_token(
                "one_time_token.email_mismatch",
                "another address",
                "This link is for another e-mail address. Ask for a new one.",
            ),
            because("The token is for another address", format!("It was made for `{}`.", record.email)),
        ))
    } else if let Some((error, title)) = match record.status {
        TokenStatus::Consumed => Some((
            ApiError::one_time_token(
                "one_time_token.token_consumed",
                "token used",
                "This link was used already. Ask for a new one.",
            ),
            "The token was used before",
        )),
        TokenStatus::Revoked => Some((
            ApiError::one_time_token(
                "one_time_token.token_revoked",
                "token revoked",
                "This link was withdrawn. Ask for a new one.",
            ),
            "The token was withdrawn",
        )),
        TokenStatus::Active if record.valid_until <= cx.now => Some((
            ApiError::one_time_token(
                "one_time_token.token_expired",
                "token expired",
                "This link has expired. Ask for a new one.",
            ),
            "The token is too old",
        )),
        TokenStatus::Active => None,
    } {
        Some((
            error,
            because(
                title,
                "A one-time token works once, and only while it lives. A new one has to be made.".to_owned(),
            ),
        ))
    } else {
        match (record.context.interaction_event, event) {
            (Some(wanted), Some(now)) if wanted != now => Some((
                ApiError::one_time_token(
                    "one_time_token.interaction_event_mismatch",
                    "another event",
                    "This link is for something else. Ask for a new one.",
                ),
                because(
                    "The token is for another event",
                    format!("It was made for `{}`, and this is `{}`.", event_name(wanted), event_name(now)),
                ),
            )),
            _ => None,
        }
    };
    Ok(match refused {
        Some(refused) => Err(refused),
        None => Ok(record.as_ref().clone()),
    })
}

/// The token with an id that may be shown.
///
/// # Errors
/// When the store fails.
pub fn find_one_time_token(cx: &Cx<'_>, token_id: &str) -> Result<Option<OneTimeToken>, StoreError> {
    // Ids have no zero byte, which would end the value in the index.
    if token_id.contains('\0') {
        return Ok(None);
    }
    let found = cx.find::<OneTimeToken>(&Index::OneTimeTokenId.entry(token_id))?;
    Ok(found.map(|record| record.as_ref().clone()))
}

/// `PUT /api/one-time-tokens/<id>/status`: uses a token up or withdraws it. One that is over stays as it ended.
///
/// # Errors
/// When the store fails. The inner error is 404 `entity.not_found`, or 400 `one_time_token.cannot_reactivate_token`,
/// `.token_consumed`, `.token_revoked` for one that is over.
pub fn set_one_time_token_status(
    cx: &mut Cx<'_>,
    token_id: &str,
    status: TokenStatus,
) -> Result<Result<OneTimeToken, ApiError>, StoreError> {
    let Some(mut record) = find_one_time_token(cx, token_id)? else {
        return Ok(Err(ApiError::no_one_time_token()));
    };
    let over = match (record.status, status) {
        (TokenStatus::Active, _) => None,
        (_, TokenStatus::Active) => Some(ApiError::one_time_token(
            "one_time_token.cannot_reactivate_token",
            "token over",
            "A one-time token that is over stays over. Make a new one.",
        )),
        (TokenStatus::Consumed, _) => Some(ApiError::one_time_token(
            "one_time_token.token_consumed",
            "token used",
            "This one-time token was used already, and stays as it ended.",
        )),
        (TokenStatus::Revoked, _) => Some(ApiError::one_time_token(
            "one_time_token.token_revoked",
            "token revoked",
            "This one-time token was withdrawn already, and stays as it ended.",
        )),
    };
    if let Some(error) = over {
        return Ok(Err(error));
    }
    record.status = status;
    cx.put(&record)?;
    Ok(Ok(record))
}
