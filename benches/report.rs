//! Prints what the provider costs, as ratios to a floor measured in the same run. It asserts nothing: numbers of a busy
//! machine are for people to judge.
//!
//! `cargo run --release -p benches --bin report -- [--connections N] [--rounds N] [--quick] [WORDS]`; with words, only
//! the operations whose name contains one of them, and nothing else.

use benches::child::{Child, Role, Server, pin, play, this_program};
use benches::client::{Client, Request};
use benches::clock::{Stopwatch, rest};
use benches::floor::Floor;
use benches::measure::{Cost, least, least_cost, median};
use benches::operation::Operation;
use benches::table::{Fact, Row};
use benches::{Outcome, flow, hanging, measure, memory, table, world};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

/// How the report is made.
struct Plan {
    connections: usize,
    rounds: usize,
    quick: bool,
    words: Vec<String>,
    program: PathBuf,
}

fn main() -> ExitCode {
    if let Some(code) = play() {
        return code;
    }
    match plan().and_then(|plan| report(&plan)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("The report could not be made: {error}"));
            ExitCode::FAILURE
        }
    }
}

fn say(text: &str) {
    // A closed pipe has no reader to tell.
    let _ = writeln!(std::io::stdout(), "{text}");
}

fn plan() -> Outcome<Plan> {
    let mut plan = Plan {
        connections: 8,
        rounds: 5,
        quick: false,
        words: Vec::new(),
        program: this_program()?,
    };
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--connections" => plan.connections = args.next().ok_or("--connections needs a number")?.parse()?,
            "--rounds" => plan.rounds = args.next().ok_or("--rounds needs a number")?.parse()?,
            "--quick" => plan.quick = true,
            other if other.starts_with('-') => return Err(format!("there is no option {other}").into()),
            word => plan.words.push(word.to_owned()),
        }
    }
    if plan.quick {
        plan.rounds = plan.rounds.min(3);
    }
    Ok(plan)
}

fn report(plan: &Plan) -> Outcome<()> {
    // The client keeps off the server's core, where there is another.
    pin(1);
    let chosen: Vec<Operation> = Operation::ALL
        .into_iter()
        .filter(|op| plan.words.is_empty() || plan.words.iter().any(|word| op.name().contains(word.as_str())))
        .collect();
    let scratch = tempfile::tempdir()?;
    let small = prepare(plan, &scratch.path().join("small"), 1_000)?;
    say(&format!(
        "{} connections, the least of {} rounds, the server on one core, {} people, 1,000 stored sign-ins\n",
        plan.connections,
        plan.rounds,
        world::PEOPLE
    ));

    let mut floors = Floors::start(plan)?;
    let mut server = Server::provider(&plan.program, &small, None)?;
    let mut client = Client::connect(server.port, plan.connections)?;
    let mut costs: Vec<Vec<Cost>> = vec![Vec::new(); chosen.len()];
    for op in &chosen {
        op.measure(&mut server, &mut client, op.times() / 4)?;
    }
    for _ in 0..plan.rounds {
        floors.round()?;
        for (op, costs) in chosen.iter().zip(&mut costs) {
            costs.push(op.measure(&mut server, &mut client, op.times())?);
        }
    }
    let floor = floors.least();
    drop(floors);
    say(&table::facts(&[
        fact("floor: empty request, CPU", measure::micros(floor.request), "µs", None),
        fact("floor: ES384 signature, CPU", measure::micros(floor.signature), "µs", None),
        fact("floor: flushed write, CPU", measure::micros(floor.write), "µs", None),
    ]));
    let rows: Vec<Row> = chosen
        .iter()
        .zip(&costs)
        .map(|(op, costs)| {
            let cost = least_cost(costs);
            Row {
                name: op.name().to_owned(),
                cpu: cost.cpu,
                wall: cost.wall,
                floor: op.needs().cost(&floor),
                made_of: op.needs().to_string(),
                target: op.target(),
            }
        })
        .collect();
    say(&table::operations(&rows));
    drop(client);
    server.child.stop()?;
    if plan.words.is_empty() {
        growth(plan, &small, scratch.path())?;
        start_and_memory(plan, &small, scratch.path())?;
    }
    if plan.words.is_empty() || plan.words.iter().any(|word| "hanging".contains(word.as_str())) {
        hanging(plan, scratch.path())?;
    }
    Ok(())
}

fn fact(name: &str, value: f64, unit: &'static str, target: Option<f64>) -> Fact {
    Fact {
        name: name.to_owned(),
        value,
        unit,
        target,
    }
}

/// A data directory as the provider itself made it, with [`world::PEOPLE`] people and `count` sign-ins.
fn prepare(plan: &Plan, dir: &Path, count: usize) -> Outcome<PathBuf> {
    let config = dir.with_extension("toml");
    std::fs::write(&config, world::configuration())?;
    Server::provider(&plan.program, dir, Some(&config))?.child.stop()?;
    world::people(dir)?;
    let server = Server::provider(&plan.program, dir, None)?;
    let mut client = Client::connect(server.port, plan.connections)?;
    // Real ones as far as the live sessions go; what came before them is only sessions, grants and tokens.
    let real = count.min(world::REAL);
    for n in (0..real).step_by(plan.connections) {
        flow::sign_in(&mut client, n)?;
    }
    server.child.stop()?;
    world::sign_ins(dir, count - real)?;
    Ok(dir.to_owned())
}

/// The floors, ready to be asked round after round.
struct Floors {
    bare: Server,
    client: Client,
    sign: Child,
    write: Child,
    rounds: [Vec<Duration>; 3],
}

impl Floors {
    fn start(plan: &Plan) -> Outcome<Self> {
        let bare = Server::bare(&plan.program)?;
        let mut floors = Self {
            client: Client::connect(bare.port, plan.connections)?,
            bare,
            sign: Child::start(&plan.program, Role::Sign, &[])?,
            write: Child::start(&plan.program, Role::Write, &[])?,
            rounds: Default::default(),
        };
        // The first of everything is not like the rest.
        floors.round()?;
        floors.rounds = Default::default();
        Ok(floors)
    }

    fn round(&mut self) -> Outcome<()> {
        let requests = vec![Request::get("/"); self.client.width()];
        let times = 8_000 / u32::try_from(self.client.width())?;
        let client = &mut self.client;
        let request = measure::cost(&mut self.bare.child, || flow::repeat(client, &requests, times))?.cpu;
        let [requests, signatures, writes] = &mut self.rounds;
        requests.push(request);
        signatures.push(self.sign.run(1_000)? / 1_000);
        writes.push(self.write.run(1_000)? / 1_000);
        Ok(())
    }

    fn least(&self) -> Floor {
        let [request, signature, write] = self.rounds.clone().map(least);
        Floor { request, signature, write }
    }
}

/// The same operations with 1,000 and with 100,000 stored sign-ins, in turns.
fn growth(plan: &Plan, small: &Path, scratch: &Path) -> Outcome<()> {
    let count = if plan.quick { 20_000 } else { 100_000 };
    let large = prepare(plan, &scratch.join("large"), count)?;
    let grown = [
        Operation::Userinfo,
        Operation::ClientCredentials,
        Operation::Refresh,
        Operation::Silent,
        Operation::CodeFlow,
    ];
    let mut sides = Vec::new();
    for dir in [small, large.as_path()] {
        let server = Server::provider(&plan.program, dir, None)?;
        let client = Client::connect(server.port, plan.connections)?;
        sides.push((server, client));
    }
    let mut costs = vec![[Vec::new(), Vec::new()]; grown.len()];
    for round in 0..=plan.rounds {
        for (op, costs) in grown.iter().zip(&mut costs) {
            for ((server, client), costs) in sides.iter_mut().zip(costs) {
                let cost = op.measure(server, client, op.times())?;
                // The first round warms up.
                if round > 0 {
                    costs.push(cost);
                }
            }
        }
    }
    say(&format!("CPU per operation with {count} stored sign-ins, as a ratio to 1,000"));
    let rows: Vec<Fact> = grown
        .iter()
        .zip(&costs)
        .map(|(op, [small, large])| {
            let (small, large) = (least_cost(small).cpu, least_cost(large).cpu);
            let name = format!(
                "{}: {:.1} µs, was {:.1} µs",
                op.name(),
                measure::micros(large),
                measure::micros(small)
            );
            fact(&name, large.as_secs_f64() / small.as_secs_f64(), "times", Some(1.2))
        })
        .collect();
    say(&table::facts(&rows));
    for (server, client) in sides {
        drop(client);
        server.child.stop()?;
    }
    Ok(())
}

/// Cold start to the first answer, and resident memory.
fn start_and_memory(plan: &Plan, small: &Path, scratch: &Path) -> Outcome<()> {
    let people = scratch.join("people");
    let config = people.with_extension("toml");
    std::fs::write(&config, world::configuration())?;
    Server::provider(&plan.program, &people, Some(&config))?.child.stop()?;
    world::people(&people)?;
    let mut rows = Vec::new();
    for (name, dir, target) in [("1,000 people", people.as_path(), Some(60.0)), ("and 1,000 sign-ins", small, None)] {
        let mut walls = Vec::new();
        let mut cpus = Vec::new();
        for _ in 0..plan.rounds.max(7) {
            let watch = Stopwatch::start();
            let mut server = Server::provider(&plan.program, dir, None)?;
            let discovery = Request::get("/oidc/.well-known/openid-configuration");
            let answers = Client::connect(server.port, 1)?.round(&[discovery])?;
            walls.push(watch.elapsed());
            answers.into_iter().try_for_each(|answer| answer.expect(200).map(|_| ()))?;
            cpus.push(server.child.cpu()?);
            server.child.stop()?;
        }
        let milliseconds = |times: Vec<Duration>| median(times).as_secs_f64() * 1e3;
        rows.push(fact(&format!("start to discovery, {name}"), milliseconds(walls), "ms", target));
        rows.push(fact(&format!("  CPU of it, {name}"), milliseconds(cpus), "ms", None));
    }

    let server = Server::provider(&plan.program, &people, None)?;
    rest(Duration::from_secs(2));
    let idle = memory::of(server.child.id())?;
    rows.push(fact("memory when idle, resident", idle.resident, "MiB", Some(30.0)));
    rows.push(fact("memory when idle, proportional", idle.proportional, "MiB", None));
    let mut one = Client::connect(server.port, 1)?;
    let (requests, script) = flow::first_page(&mut one)?;
    #[expect(clippy::cast_precision_loss, reason = "a few requests, some thousand bytes")]
    let (requests, script) = (requests as f64, script as f64 / 1e3);
    rows.push(fact("requests before the first page can be used", requests, "", Some(3.0)));
    rows.push(fact("its script, compressed", script, "kB", Some(60.0)));
    let mut calls = flow::experience_calls(&mut one, if plan.quick { 100 } else { 500 })?;
    calls.sort_unstable();
    let at = |share: usize| calls.get(calls.len() * share / 100).copied().unwrap_or_default().as_secs_f64() * 1e3;
    rows.push(fact("a call of the Experience API, median", at(50), "ms", None));
    rows.push(fact("a call of the Experience API, 99 of 100", at(99), "ms", Some(5.0)));
    let mut client = Client::connect(server.port, plan.connections)?;
    let sign_ins = if plan.quick { 1_000 } else { 10_000 };
    for n in (0..sign_ins).step_by(plan.connections) {
        flow::sign_in(&mut client, n)?;
    }
    rest(Duration::from_secs(1));
    let busy = memory::of(server.child.id())?;
    rows.push(fact(
        &format!("memory after {sign_ins} sign-ins, resident"),
        busy.resident,
        "MiB",
        Some(60.0),
    ));
    rows.push(fact(
        &format!("memory after {sign_ins} sign-ins, proportional"),
        busy.proportional,
        "MiB",
        None,
    ));
    say(&table::facts(&rows));
    Ok(())
}

/// How long the slowest of a hundred token requests takes, alone and while 200 sign-ins hang at a provider.
fn hanging(plan: &Plan, scratch: &Path) -> Outcome<()> {
    const SIGN_INS: usize = 200;
    /// As many calls a connector has under way at once; the others wait in line.
    const UNDER_WAY: usize = 64;
    let silent = hanging::Silent::listen()?;
    let dir = scratch.join("hanging");
    let config = dir.with_extension("toml");
    std::fs::write(&config, world::configuration() + &silent.connector())?;
    let server = Server::provider(&plan.program, &dir, Some(&config))?;
    let mut one = Client::connect(server.port, 1)?;
    let times = if plan.quick { 200 } else { 1_000 };
    let slowest = |one: &mut Client| -> Outcome<Duration> {
        let rounds = (0..3).map(|_| hanging::token_p99(one, times)).collect::<Outcome<Vec<_>>>()?;
        Ok(least(rounds))
    };
    slowest(&mut one)?;
    let alone = slowest(&mut one)?;
    let mut many = Client::connect(server.port, SIGN_INS)?;
    let calls = silent.hang(&mut many, UNDER_WAY)?;
    let beside = slowest(&mut one)?;
    drop(calls);
    let milliseconds = |time: Duration| time.as_secs_f64() * 1e3;
    say(&table::facts(&[
        fact("a token request, 99 of 100", milliseconds(alone), "ms", None),
        fact("  while 200 sign-ins hang at a provider", milliseconds(beside), "ms", None),
        fact("  in proportion", beside.as_secs_f64() / alone.as_secs_f64(), "times", Some(1.2)),
    ]));
    Ok(())
}
