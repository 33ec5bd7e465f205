//! What is wrong with connectors.

use super::errors::says;

#[test]
fn connectors_are_told_what_is_wrong_with_them() {
    let head = "[[connectors]]\nid = \"c\"\n";
    says(
        &format!("{head}connectorId = \"oidc\"\nconfig = {{ clientId = \"c\" }}\n"),
        &[
            (1, 1, "connectors.0.target", "Is missing"),
            (4, 10, "connectors.0.config.authorizationEndpoint", "Is missing"),
            (4, 10, "connectors.0.config.clientSecret", "Is missing"),
            (4, 10, "connectors.0.config.idTokenVerificationConfig.jwksUri", "Is missing"),
            (4, 10, "connectors.0.config.tokenEndpoint", "Is missing"),
        ],
    );
    says(
        &format!("{head}connectorId = \"goggle\"\n"),
        &[(3, 15, "connectors.0.connectorId", "is no connector that this release knows")],
    );
    says(
        &format!("{head}connectorId = \"OIDC\"\nname = \"A\"\ndomains = [\"gmail.com\"]\nsimulated = true\nfailure = \"slwo\"\n"),
        &[
            (5, 12, "connectors.0.domains.0", "no company's domain"),
            (7, 11, "connectors.0.failure", "slow"),
        ],
    );
    says(
        &format!("{head}connectorId = \"google-universal\"\nsimulated = false\naccounts = [{{ name = \"N\" }}]\n"),
        &[(1, 1, "connectors.0", "Only a simulated provider has accounts")],
    );
    says(
        &format!("{head}connectorId = \"google-universal\"\nconfig = {{ clientId = \"c\", clientSecret = \"s\", colour = 1 }}\n"),
        &[(4, 10, "connectors.0.config.colour", "Can't be read")],
    );
}
