//! Sheet 4.4, 4.6 and 4.7: who joins an organization by signing up, and whom one asks for a second factor.

use super::codes::DORA;
use super::*;
use crate::model::{MfaFactor, MfaPolicy, Organization, OrganizationRequiredMfaPolicy};
use crate::record::OneTimeTokenContext;
use serde_json::{Value, json};

impl Page {
    fn organization(&mut self, value: Value) {
        let organization: Organization = serde_json::from_value(value).unwrap();
        self.world.put(&organization);
    }

    /// Ids of the members, with their roles.
    fn members(&self, id: &str) -> Vec<(String, Vec<String>)> {
        let organization = self.world.get::<Organization>(id).unwrap();
        let members = organization.members.iter();
        members
            .map(|m| (m.user_id.0.clone(), m.role_ids.iter().map(|r| r.0.clone()).collect()))
            .collect()
    }

    /// Three organizations: for the domain of the tests, for another one, and for those who are invited.
    fn with_organizations() -> Self {
        let mut page = Self::begun(InteractionEvent::Register);
        page.configure(|e| {
            e.sign_up.identifiers = vec![IdentifierKind::Email];
            e.sign_up.password = false;
            e.sign_up.verify = true;
        });
        for (id, domain) in [("example", "example.test"), ("other", "other.test"), ("invited", "")] {
            let domains: Vec<&str> = Some(domain).into_iter().filter(|d| !d.is_empty()).collect();
            page.organization(json!({ "id": id, "name": id, "createdAt": START,
                "jit": { "emailDomains": domains, "ssoConnectorIds": [], "roleIds": ["member"] } }));
        }
        page
    }
}

#[test]
fn a_new_account_with_a_proven_address_joins_by_its_domain() {
    let mut page = Page::with_organizations();
    let record = page.prove(&email("dora@EXAMPLE.test"), InteractionEvent::Register);
    let Identified::Registered(id) = page.identify(Some(&record)).unwrap() else {
        panic!("nobody was registered")
    };
    assert_eq!(page.members("example"), [(id.0, vec!["member".to_owned()])]);
    assert!(page.members("other").is_empty() && page.members("invited").is_empty());
}

#[test]
fn an_address_that_was_only_typed_opens_nothing() {
    let mut page = Page::with_organizations();
    page.configure(|e| {
        e.sign_up.identifiers = vec![IdentifierKind::Username];
        e.sign_up.password = true;
        e.sign_up.verify = false;
    });
    let record = page.new_identity("dora", "quiet-Lantern-42").unwrap();
    let mut state = page.state();
    state.result.profile.insert("primaryEmail".into(), json!(DORA));
    page.world.put(&state);
    assert!(matches!(page.identify(Some(&record)), Ok(Identified::Registered(_))));
    assert!(page.members("example").is_empty());
}

#[test]
fn a_one_time_token_opens_the_organizations_it_was_made_for() {
    for new in [true, false] {
        let mut page = Page::with_organizations();
        if !new {
            page.change_user(ALICE, |user| user.primary_email = Some(DORA.into()));
        }
        let context = OneTimeTokenContext {
            jit_organization_ids: vec!["invited".into(), "gone".into()],
            ..OneTimeTokenContext::default()
        };
        let (_, token) = page
            .world
            .write(|cx| issue_one_time_token(cx, DORA, ONE_TIME_TOKEN_TTL, context).unwrap())
            .0;
        if !new {
            page.change(InteractionEvent::SignIn).unwrap();
        }
        let record = page.call(|cx, id| verify_one_time_token(cx, id, &email(DORA), &token)).unwrap();
        page.identify(Some(&record)).unwrap();
        page.submit().unwrap();
        let id = page.state().result.user_id.unwrap();
        assert_eq!(page.members("invited"), [(id.0, vec!["member".to_owned()])], "new: {new}");
        assert_eq!(page.members("example").len(), usize::from(new), "domains are for new accounts");
    }
}

#[test]
fn an_organization_asks_its_members_for_a_second_factor_where_the_experience_honours_that() {
    for (policy, required, member, asked) in [
        (Some(OrganizationRequiredMfaPolicy::Mandatory), true, true, true),
        (Some(OrganizationRequiredMfaPolicy::NoPrompt), true, true, false),
        (None, true, true, false),
        (Some(OrganizationRequiredMfaPolicy::Mandatory), false, true, false),
        (Some(OrganizationRequiredMfaPolicy::Mandatory), true, false, false),
    ] {
        let mut page = Page::alice_identified();
        page.factors(&[MfaFactor::Totp], MfaPolicy::NoPrompt);
        page.configure(|e| e.mfa.organization_required_mfa_policy = policy);
        let members = if member { json!([{ "userId": ALICE }]) } else { json!([]) };
        page.organization(json!({ "id": "acme", "name": "Acme", "createdAt": START, "isMfaRequired": required, "members": members }));
        match page.submit() {
            Ok(_) => assert!(!asked, "{policy:?} {required} {member}"),
            Err(error) => {
                assert!(asked, "{policy:?} {required} {member}");
                assert_eq!((error.status, error.code), (422, "user.missing_mfa"));
                assert_eq!(error.data.unwrap().as_ref(), &json!({ "availableFactors": ["Totp"] }));
                let said = page.trail.because.iter().any(|b| {
                    b.input
                        .as_deref()
                        .is_some_and(|input| input.contains("Acme requires a second factor"))
                });
                assert!(said, "{:?}", page.trail.because);
            }
        }
    }
}
