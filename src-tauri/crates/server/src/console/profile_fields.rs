//! Custom profile fields, as the window edits them (sheet 5.7).

use super::{Answer, at_field, first, problem, storage};
use crate::engine::Engine;
use std::sync::Arc;
use vestibule_core::console::{ConsoleProblem, ConsoleReply};
use vestibule_core::experience::profile_fields;
use vestibule_core::model::{CustomProfileField, MAX_PROFILE_FIELDS, Problem, SignInExperience, check_custom_profile_field};
use vestibule_core::{Cx, StoreError};

fn unknown(name: &str) -> ConsoleProblem {
    problem(
        "custom_profile_fields.entity_not_exists_with_names",
        format!("There is no profile field {name} any more."),
    )
}

impl Engine {
    pub(super) fn profile_fields(&self) -> Answer {
        let fields = self.look(|cx| profile_fields(cx)).map_err(|e| storage(&e))?;
        Ok(ConsoleReply::CustomProfileFields(fields))
    }

    /// A change of the fields, answered with all of them.
    async fn change_fields(
        self: &Arc<Self>,
        rule: impl FnOnce(&mut Cx<'_>) -> Result<Result<(), ConsoleProblem>, StoreError> + Send + 'static,
    ) -> Answer {
        let fields = self
            .commit(move |cx| match rule(cx)? {
                Ok(()) => Ok(Ok(profile_fields(cx)?)),
                Err(problem) => Ok(Err(problem)),
            })
            .await?;
        Ok(ConsoleReply::CustomProfileFields(fields))
    }

    pub(super) async fn create_profile_field(self: &Arc<Self>, mut field: CustomProfileField) -> Answer {
        first(check_custom_profile_field(&field))?;
        self.change_fields(move |cx| {
            let fields = profile_fields(cx)?;
            if fields.iter().any(|known| known.name == field.name) {
                return Ok(Err(at_field(Problem::coded(
                    "custom_profile_fields.name_exists",
                    "name",
                    "Another profile field has this name. Choose a different one.",
                ))));
            }
            if fields.len() >= MAX_PROFILE_FIELDS {
                return Ok(Err(problem(
                    "guard.invalid_input",
                    format!("There are {MAX_PROFILE_FIELDS} profile fields already. Delete one first."),
                )));
            }
            field.sie_order = fields
                .iter()
                .map(|known| known.sie_order)
                .max()
                .unwrap_or_default()
                .saturating_add(1);
            cx.put(&field)?;
            Ok(Ok(()))
        })
        .await
    }

    pub(super) async fn update_profile_field(self: &Arc<Self>, name: String, mut field: CustomProfileField) -> Answer {
        field.name.clone_from(&name);
        first(check_custom_profile_field(&field))?;
        self.change_fields(move |cx| {
            let Some(stored) = cx.get::<CustomProfileField>(&name)? else {
                return Ok(Err(unknown(&name)));
            };
            field.sie_order = stored.sie_order;
            cx.put(&field)?;
            Ok(Ok(()))
        })
        .await
    }

    /// Sign-up no longer asks for it either.
    pub(super) async fn delete_profile_field(self: &Arc<Self>, name: String) -> Answer {
        self.change_fields(move |cx| {
            if cx.get::<CustomProfileField>(&name)?.is_none() {
                return Ok(Err(unknown(&name)));
            }
            cx.delete::<CustomProfileField>(&name)?;
            if let Some(row) = cx.get::<SignInExperience>(SignInExperience::ID)?
                && row.sign_up_profile_fields.iter().flatten().any(|field| field.name == name)
            {
                let mut row = row.as_ref().clone();
                if let Some(fields) = &mut row.sign_up_profile_fields {
                    fields.retain(|field| field.name != name);
                }
                cx.put(&row)?;
            }
            Ok(Ok(()))
        })
        .await
    }

    /// Fields that are not named keep their order behind those that are.
    pub(super) async fn order_profile_fields(self: &Arc<Self>, names: Vec<String>) -> Answer {
        self.change_fields(move |cx| {
            let fields = profile_fields(cx)?;
            if let Some(name) = names.iter().find(|name| !fields.iter().any(|field| field.name == **name)) {
                return Ok(Err(unknown(name)));
            }
            let place = |field: &CustomProfileField| names.iter().position(|name| *name == field.name).unwrap_or(names.len());
            let mut ordered = fields;
            ordered.sort_by_key(|field| place(field));
            for (order, mut field) in (1_u32..).zip(ordered) {
                if field.sie_order != order {
                    field.sie_order = order;
                    cx.put(&field)?;
                }
            }
            Ok(Ok(()))
        })
        .await
    }
}
