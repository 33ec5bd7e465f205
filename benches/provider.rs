//! The provider over HTTP on one connection: wall time of an operation. The report has the CPU time and the floor.

use benches::child::{Server, pin};
use benches::client::Client;
use benches::clock::Stopwatch;
use benches::operation::Operation;
use benches::{Outcome, world};
use criterion::{Criterion, criterion_group, criterion_main};
use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

fn provider(c: &mut Criterion) {
    if let Err(error) = measure(c) {
        let _ = writeln!(std::io::stderr(), "the provider could not be measured: {error}");
    }
}

fn measure(c: &mut Criterion) -> Outcome<()> {
    pin(1);
    let program = Path::new(env!("CARGO_BIN_EXE_report"));
    let dir = tempfile::tempdir()?;
    let config = dir.path().join("vestibule.toml");
    std::fs::write(&config, world::configuration())?;
    let data = dir.path().join("data");
    Server::provider(program, &data, Some(&config))?.child.stop()?;
    world::people(&data)?;
    let server = Server::provider(program, &data, None)?;
    let mut client = Client::connect(server.port, 1)?;
    let mut group = c.benchmark_group("provider");
    group.sample_size(20).measurement_time(Duration::from_secs(4));
    for op in Operation::ALL {
        group.bench_function(op.name(), |b| {
            b.iter_custom(|times| {
                let times = u32::try_from(times).unwrap_or(u32::MAX);
                // Signing in is not part of what comes after it.
                let done = op.prepare(&mut client, times).and_then(|mut browsers| {
                    let watch = Stopwatch::start();
                    op.perform(&mut client, &mut browsers, times)?;
                    Ok(watch.elapsed())
                });
                done.unwrap_or_else(|error| {
                    // A number would be a lie.
                    let _ = writeln!(std::io::stderr(), "{}: {error}", op.name());
                    std::process::exit(1)
                })
            });
        });
    }
    group.finish();
    Ok(())
}

criterion_group!(benches, provider);
criterion_main!(benches);
