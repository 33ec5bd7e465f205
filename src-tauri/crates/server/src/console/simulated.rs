//! Simulated providers, as the window sets them up: whom they know, and how they fail.

use super::{Answer, at_field, first, problem, storage};
use crate::engine::Engine;
use std::sync::Arc;
use vestibule_core::console::{ConsoleProblem, ConsoleReply, SimulatedAccountDraft};
use vestibule_core::ids::ConnectorId;
use vestibule_core::model::{Connector, Shape, SimulatedAccount, Simulation};
use vestibule_core::{Cx, StoreError};
use vestibule_simulator::accounts::{self, MAX_ACCOUNTS, Refusal};

fn no_connector() -> ConsoleProblem {
    problem("entity.not_found", "There is no such connector any more.")
}

fn no_account() -> ConsoleProblem {
    problem("entity.not_found", "There is no such simulated account any more.")
}

fn full() -> ConsoleProblem {
    problem(
        "guard.invalid_input",
        format!("This provider knows {MAX_ACCOUNTS} people already. Delete somebody first."),
    )
}

impl Engine {
    /// Changes nothing, and so tells nobody, unless people have to be made up first.
    pub(super) async fn simulated_accounts(self: &Arc<Self>, id: ConnectorId) -> Answer {
        let found = self
            .look(|cx| {
                Ok(match cx.get::<Connector>(id.as_str())? {
                    Some(connector) => Some((connector.simulation.is_some(), accounts::accounts(cx, &id)?)),
                    None => None,
                })
            })
            .map_err(|e| storage(&e))?;
        let Some((simulated, known)) = found else {
            return Err(no_connector());
        };
        if !simulated || !known.is_empty() {
            return Ok(ConsoleReply::SimulatedAccounts(known));
        }
        self.change_accounts(id, |cx, connector| {
            accounts::furnished_accounts(cx, connector)?;
            Ok(Ok(()))
        })
        .await
    }

    /// A change of whom a provider knows, answered with everybody.
    async fn change_accounts(
        self: &Arc<Self>,
        id: ConnectorId,
        rule: impl FnOnce(&mut Cx<'_>, &Connector) -> Result<Result<(), ConsoleProblem>, StoreError> + Send + 'static,
    ) -> Answer {
        let all: Vec<SimulatedAccount> = self
            .commit(move |cx| {
                let Some(connector) = cx.get::<Connector>(id.as_str())? else {
                    return Ok(Err(no_connector()));
                };
                match rule(cx, &connector)? {
                    Ok(()) => Ok(Ok(accounts::accounts(cx, &connector.id)?)),
                    Err(problem) => Ok(Err(problem)),
                }
            })
            .await?;
        Ok(ConsoleReply::SimulatedAccounts(all))
    }

    pub(super) async fn save_simulated_account(self: &Arc<Self>, draft: SimulatedAccountDraft) -> Answer {
        self.change_accounts(draft.connector_id.clone(), move |cx, connector| {
            Ok(match accounts::save(cx, connector, draft)? {
                Ok(_) => Ok(()),
                Err(Refusal::NoAccount) => Err(no_account()),
                Err(Refusal::Full) => Err(full()),
                Err(Refusal::Wrong(problem)) => Err(at_field(problem)),
            })
        })
        .await
    }

    pub(super) async fn make_up_simulated_account(self: &Arc<Self>, id: ConnectorId) -> Answer {
        self.change_accounts(id, |cx, connector| {
            if accounts::accounts(cx, &connector.id)?.len() >= MAX_ACCOUNTS {
                return Ok(Err(full()));
            }
            accounts::make_up(cx, connector)?;
            Ok(Ok(()))
        })
        .await
    }

    pub(super) async fn delete_simulated_account(self: &Arc<Self>, id: String) -> Answer {
        let rest = self
            .commit(move |cx| match accounts::delete(cx, &id)? {
                Some(connector) => Ok(Ok(accounts::accounts(cx, &connector)?)),
                None => Ok(Err(no_account())),
            })
            .await?;
        Ok(ConsoleReply::SimulatedAccounts(rest))
    }

    /// How a provider fails from now on, and how the next sign-in at it does.
    pub(super) async fn set_simulation(self: &Arc<Self>, id: ConnectorId, simulation: Simulation) -> Answer {
        let said = self
            .commit(move |cx| {
                let Some(connector) = cx.get::<Connector>(id.as_str())? else {
                    return Ok(Err(no_connector()));
                };
                let name = connector.label().to_owned();
                if connector.simulation.is_none() {
                    return Ok(Err(problem(
                        "connector.invalid_config",
                        format!("{name} speaks to a real provider. Switch the connector to a simulated one first."),
                    )));
                }
                if let Err(problem) = first(accounts::check_simulation(&connector, &simulation)) {
                    return Ok(Err(problem));
                }
                let said = sentence(&name, accounts::shape(&connector), &simulation);
                let mut changed = (*connector).clone();
                changed.simulation = Some(simulation);
                cx.put(&changed)?;
                Ok(Ok(said))
            })
            .await?;
        Ok(ConsoleReply::Done(said))
    }
}

/// What a provider does from now on, in one sentence.
fn sentence(name: &str, shape: Shape, simulation: &Simulation) -> String {
    match (simulation.next, simulation.failure) {
        (Some(next), _) => format!("At the next sign-in with {name}, {}.", next.words_at(shape)),
        (None, Some(always)) => format!("At every sign-in with {name}, {}.", always.words_at(shape)),
        (None, None) => format!("Sign-ins with {name} work again."),
    }
}

#[cfg(test)]
mod tests;
