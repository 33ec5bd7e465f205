//! Passwords and the pending profile: hashing happens between two decisions.

use super::{Call, Stop, no_content, verified};
use crate::http::Response;
use serde::Deserialize;
use vestibule_core::experience::{self, ProfileUpdate};
use vestibule_core::record::Identifier;
use vestibule_core::{Secret, StoreError};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewPasswordBody {
    password: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PasswordBody {
    identifier: Identifier,
    password: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", tag = "type")]
#[serde(deny_unknown_fields)]
enum ProfileBody {
    Username {
        value: String,
    },
    Password {
        value: String,
    },
    #[serde(rename_all = "camelCase")]
    Email {
        verification_id: String,
    },
    #[serde(rename_all = "camelCase")]
    Phone {
        verification_id: String,
    },
    #[serde(rename_all = "camelCase")]
    Social {
        verification_id: String,
    },
    ExtraProfile {
        values: serde_json::Map<String, serde_json::Value>,
    },
}

impl Call<'_> {
    pub(super) async fn reset_password(&mut self) -> Result<Response, Stop> {
        let NewPasswordBody { password } = self.body()?;
        let password = Secret::new(password);
        let old = self.read(|cx, id| experience::reset_password_check(cx, id, &password))?;
        let same = match old {
            Some(old) => self.compare(password.clone(), Some(old.expose().to_owned())).await?,
            None => false,
        };
        let phc = self.hash(password).await?;
        self.write(move |cx, id| experience::record_reset_password(cx, id, same, phc))
            .await?;
        Ok(no_content())
    }

    async fn hash(&self, password: Secret) -> Result<String, Stop> {
        Ok(self.engine.hasher.hash(password).await.map_err(|e| StoreError::Io(e.to_string()))?)
    }

    async fn compare(&self, password: Secret, hash: Option<String>) -> Result<bool, Stop> {
        let matched = self.engine.hasher.verify(password, hash).await;
        Ok(matched.map_err(|e| StoreError::Io(e.to_string()))?)
    }

    pub(super) async fn password(&mut self) -> Result<Response, Stop> {
        let PasswordBody { identifier, password } = self.body()?;
        let question = self.read(|cx, id| experience::password_candidate(cx, id, &identifier))?;
        let hash = question.hash.as_ref().map(|h| h.expose().to_owned());
        let matched = self.compare(Secret::new(password), hash).await?;
        let id = self
            .write(move |cx, id| experience::record_password_result(cx, id, &question, matched))
            .await?;
        Ok(verified(id))
    }

    pub(super) async fn new_password_identity(&mut self) -> Result<Response, Stop> {
        let PasswordBody { identifier, password } = self.body()?;
        let password = Secret::new(password);
        self.read(|cx, id| experience::new_password_identity_check(cx, id, &identifier, &password))?;
        let phc = self.hash(password).await?;
        let id = self
            .write(move |cx, id| experience::record_new_password_identity(cx, id, &identifier, phc))
            .await?;
        Ok(verified(id))
    }

    pub(super) async fn profile(&mut self) -> Result<Response, Stop> {
        let update = match self.body::<ProfileBody>()? {
            ProfileBody::Username { value } => ProfileUpdate::Username(value),
            ProfileBody::Password { value } => {
                let password = Secret::new(value);
                self.read(|cx, id| experience::profile_password_check(cx, id, &password))?;
                ProfileUpdate::Password {
                    phc: self.hash(password).await?,
                }
            }
            ProfileBody::Email { verification_id } => ProfileUpdate::Email { verification_id },
            ProfileBody::Phone { verification_id } => ProfileUpdate::Phone { verification_id },
            ProfileBody::Social { verification_id } => ProfileUpdate::Social { verification_id },
            ProfileBody::ExtraProfile { values } => ProfileUpdate::ExtraProfile { values },
        };
        self.write(move |cx, id| experience::add_profile(cx, id, update)).await?;
        Ok(no_content())
    }
}
