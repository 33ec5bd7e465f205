//! What is wrong with organizations, within the file and against what is stored.

use super::errors::says;
use super::*;
use vestibule_core::model::Organization;

#[test]
fn organizations_are_told_what_is_wrong_with_them() {
    says(
        "[[organizations]]\nname = \"\"\n[[organizations]]\nname = \"A\"\n[[organizations]]\nname = \"A\"\n",
        &[(2, 8, "organizations.0.name", "Is empty"), (6, 8, "organizations.2.name", "taken")],
    );
    says(
        "[[organizationScopes]]\nname = \"a\"\n[[organizationScopes]]\nname = \"a\"\n[[organizationRoles]]\nname = \"r\"\nid = \"x\"\n[[organizationRoles]]\nname = \"s\"\nid = \"x\"\n",
        &[
            (4, 8, "organizationScopes.1.name", "taken"),
            (10, 6, "organizationRoles.1.id", "taken"),
        ],
    );
    says(
        "[[organizations]]\nname = \"A\"\nmembres = []\n",
        &[(3, 1, "organizations.0.membres", "members")],
    );
}

#[tokio::test]
async fn references_have_to_be_met() {
    let head = "[[organizationRoles]]\nname = \"sync\"\ntype = \"MachineToMachine\"\n";
    for (text, path, said) in [
        (
            "[[organizations]]\nname = \"A\"\nmembers = [{ user = \"nobody\" }]\n",
            "organizations.0.members.0.user",
            "no person",
        ),
        (
            "[[users]]\nusername = \"ada\"\n[[organizations]]\nname = \"A\"\nmembers = [{ user = \"ada\", roles = [\"sync\"] }]\n",
            "organizations.0.members.0.roles.0",
            "for machine-to-machine applications",
        ),
        (
            "[[applications]]\nid = \"shop\"\nname = \"S\"\ntype = \"SPA\"\n[[organizations]]\nname = \"A\"\napplications = [{ application = \"shop\" }]\n",
            "organizations.0.applications.0.application",
            "not a machine-to-machine application",
        ),
        (
            "[[organizations]]\nname = \"A\"\njit = { ssoConnectors = [\"x\"] }\n",
            "organizations.0.jit.ssoConnectors.0",
            "neither",
        ),
        (
            "[[organizations]]\nname = \"A\"\njit = { roles = [\"x\"] }\n",
            "organizations.0.jit.roles.0",
            "no role",
        ),
        (
            "[[organizations]]\nname = \"A\"\njit = { emailDomains = [\"NO\"] }\n",
            "organizations.0.jit.emailDomains.0",
            "not a mail domain",
        ),
        (
            "[[organizations]]\nname = \"A\"\ncolor = { primaryColor = \"red\" }\n",
            "organizations.0.color.primaryColor",
            "#",
        ),
        (
            "[[organizationRoles]]\nname = \"b\"\nscopes = [\"x\"]\n",
            "organizationRoles.1.scopes.0",
            "no organization permission",
        ),
    ] {
        let mut stored = Stored::default();
        let errors = match stored.start(&good(&format!("{head}{text}")), 1_000).await {
            Err(ApplyError::Config(errors)) => errors,
            _ => panic!("{path} was accepted"),
        };
        assert!(
            errors.iter().any(|e| e.path == path && e.message.contains(said)),
            "{path}: {said}\n{}",
            listed(&errors)
        );
        assert!(stored.dump().is_empty(), "nothing half-written");
    }
}

#[tokio::test]
async fn what_a_file_does_not_say_stays() {
    let mut stored = Stored::default();
    stored.start(&good(FULL), 1_000).await.unwrap();
    let short = good("[[organizations]]\nid = \"acme\"\nname = \"Acme Inc.\"\n");
    let again = stored.start(&short, 2_000).await.unwrap();
    assert_eq!((again.summary.created, again.summary.updated), (0, 1));
    let acme = stored.one::<Organization>("acme");
    assert_eq!(
        (acme.name.as_str(), acme.members.len(), acme.jit.email_domains.len()),
        ("Acme Inc.", 1, 1)
    );
}
