//! The log on standard error.

use super::LogFormat;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::{Layer, SubscriberExt as _};
use tracing_subscriber::registry::Registry;
use tracing_subscriber::util::SubscriberInitExt as _;

/// The environment variable that filters the log.
const VARIABLE: &str = "VESTIBULE_LOG";

/// What is logged unless `VESTIBULE_LOG` says otherwise.
const DEFAULT_FILTER: &str = "info";

/// Sends the log to standard error in this format, filtered by `VESTIBULE_LOG` (default `info`).
///
/// # Errors
/// When the filter can't be read (bad usage), or a log was set up before.
pub fn init_logging(format: LogFormat) -> Result<(), String> {
    let filter = filter(std::env::var(VARIABLE).ok().as_deref())?;
    tracing_subscriber::registry()
        .with(layer(format, std::io::stderr).with_filter(filter))
        .try_init()
        .map_err(|error| format!("The log can't be set up: {error}."))
}

fn filter(text: Option<&str>) -> Result<EnvFilter, String> {
    let text = text.map(str::trim).filter(|text| !text.is_empty()).unwrap_or(DEFAULT_FILTER);
    EnvFilter::try_new(text).map_err(|error| {
        format!("{VARIABLE} can't be read: {error}. Write a level or targets with levels, such as info or vestibule=debug,info.")
    })
}

fn layer<W>(format: LogFormat, writer: W) -> Box<dyn Layer<Registry> + Send + Sync>
where
    W: for<'w> tracing_subscriber::fmt::MakeWriter<'w> + Send + Sync + 'static,
{
    // Colours are for a terminal, not for a file or a pipe.
    let colours = std::io::IsTerminal::is_terminal(&std::io::stderr()) && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty());
    let layer = tracing_subscriber::fmt::layer().with_ansi(colours).with_writer(writer);
    match format {
        LogFormat::Pretty => layer.pretty().boxed(),
        LogFormat::Compact => layer.compact().boxed(),
        LogFormat::Json => layer.json().boxed(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    #[derive(Clone, Default)]
    struct Buffer(Arc<Mutex<Vec<u8>>>);

    impl Write for Buffer {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn written(format: LogFormat, filter_text: Option<&str>) -> String {
        let buffer = Buffer::default();
        let target = buffer.clone();
        let subscriber =
            tracing_subscriber::registry().with(layer(format, move || target.clone()).with_filter(filter(filter_text).unwrap()));
        tracing::subscriber::with_default(subscriber, || {
            tracing::info!(port = 3001, "serving");
            tracing::debug!("details");
        });
        let bytes = buffer.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn formats_differ_and_filters_hold() {
        let json: serde_json::Value = serde_json::from_str(&written(LogFormat::Json, None)).unwrap();
        assert_eq!(json["fields"]["message"], "serving");
        assert_eq!(json["fields"]["port"], 3001);
        let compact = written(LogFormat::Compact, Some(" "));
        assert_eq!(compact.lines().count(), 1, "{compact}");
        assert!(written(LogFormat::Pretty, None).lines().count() > 1);
        assert!(written(LogFormat::Compact, Some("debug")).contains("details"));
        assert_eq!(written(LogFormat::Json, Some("warn")), "");
        assert!(filter(Some("vestibule=loud")).unwrap_err().contains("VESTIBULE_LOG can't be read"));
    }
}
