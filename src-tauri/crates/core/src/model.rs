//! What is configured: applications, people, resources, roles, the sign-in experience, the provider.
//! Names and shapes are Logto's (sheet chapters 1.8, 1.15, 5 and 7.1); JSON and TOML keys are camelCase.

mod application;
mod connector;
mod custom_ui;
mod message;
mod mfa;
mod organization;
mod phrases;
mod profile_field;
mod provider;
mod resource;
mod sign_in_experience;
mod user;
mod validate;

pub use application::*;
pub use connector::*;
pub use custom_ui::*;
pub use message::*;
pub use mfa::*;
pub use organization::*;
pub use phrases::*;
pub use profile_field::*;
pub use provider::*;
pub use resource::*;
pub use sign_in_experience::*;
pub use user::*;
pub use validate::*;
