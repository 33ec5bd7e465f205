//! A hosted page is loaded: what it finds, and what the window is told of it.

use crate::http::Request;
use vestibule_core::experience;
use vestibule_core::live::{Lane, StepKind};
use vestibule_core::model::Application;
use vestibule_core::oidc::dialect;
use vestibule_core::record::Interaction;
use vestibule_core::{Cx, StoreError};

/// What a page load finds.
pub(super) enum Arrival {
    /// The interaction waits for the page.
    Waits,
    /// The window has decided it; the browser goes on here.
    Decided(String),
    /// There is no such interaction.
    Gone,
}

/// Puts a page load on the interaction's trail.
pub(super) fn note(cx: &mut Cx<'_>, id: &str, request: &Request, issuer: &str) -> Result<Arrival, StoreError> {
    let Some(interaction) = cx.get::<Interaction>(id)? else {
        return Ok(Arrival::Gone);
    };
    cx.trail.live = Some(interaction.live.clone());
    cx.trail.kind = StepKind::Page;
    cx.arrow(Lane::Experience, Lane::Interaction, format!("page {}", request.path));
    if experience::is_decided(cx, &interaction) {
        cx.arrow(Lane::Interaction, Lane::Experience, "302 decided in the window");
        return Ok(Arrival::Decided(interaction.return_to(issuer)));
    }
    if request.path.starts_with("/direct/") {
        note_direct(cx, &interaction)?;
    }
    Ok(Arrival::Waits)
}

/// Where a direct sign-in goes, or why it falls back (sheet 2.5, with the documented fall-back for all six first screens).
fn note_direct(cx: &mut Cx<'_>, interaction: &Interaction) -> Result<(), StoreError> {
    let Some(app) = cx.get::<Application>(interaction.client_id.as_str())? else {
        return Ok(());
    };
    let parsed = dialect::parameters(cx, &app, &interaction.params)?.params;
    let Some(direct) = parsed.direct_sign_in else { return Ok(()) };
    experience::note_direct_sign_in(cx, &direct, parsed.first_screen)
}
