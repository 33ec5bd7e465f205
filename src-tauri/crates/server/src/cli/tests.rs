use super::*;

fn parse(line: &str) -> Result<Cli, clap::Error> {
    Cli::try_parse_from(std::iter::once("vestibule").chain(line.split_whitespace()))
}

fn serve(line: &str) -> ServeArgs {
    match parse(line).unwrap().command {
        Some(Command::Serve(args)) => args,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_grammar_is_sound() {
    use clap::CommandFactory as _;
    Cli::command().debug_assert();
}

#[test]
fn every_option_is_read() {
    let args = serve("serve --port 8080 --host 0.0.0.0 --data-dir /d --config c.toml --endpoint https://id.example.test:8443 --log json");
    assert_eq!(args.port(), 8080);
    assert_eq!(args.addresses(), ["0.0.0.0".parse::<IpAddr>().unwrap()]);
    assert_eq!(args.data_dir().unwrap(), Some(PathBuf::from("/d")));
    assert_eq!(args.config, Some(PathBuf::from("c.toml")));
    assert_eq!(args.endpoint.unwrap().as_str(), "https://id.example.test:8443/");
    assert_eq!(args.log, LogFormat::Json);
    let args = serve("serve --ephemeral --port 0");
    assert_eq!((args.port(), args.data_dir().unwrap(), args.log), (0, None, LogFormat::Compact));
    let args = serve("serve");
    assert_eq!(args.port(), 3001);
    assert_eq!(args.addresses(), ["127.0.0.1".parse::<IpAddr>().unwrap(), "::1".parse().unwrap()]);
    // Without a command the same options are the desktop program's.
    let desktop = parse("--config c.toml --ephemeral").unwrap();
    assert!(desktop.command.is_none() && desktop.serve.ephemeral);
    assert_eq!(desktop.serve.config, Some(PathBuf::from("c.toml")));
    match parse("check --config c.toml").unwrap().command {
        Some(Command::Check(check)) => assert_eq!(check.config, PathBuf::from("c.toml")),
        other => panic!("{other:?}"),
    }
}

#[test]
fn bad_usage_is_refused() {
    for (line, part) in [
        ("serve --port 70000", "70000"),
        ("serve --port", "--port"),
        ("serve --ephemeral --data-dir /d", "cannot be used with"),
        ("--ephemeral --data-dir /d", "cannot be used with"),
        ("serve --host example.test", "not an IP address"),
        ("serve --host 127.0.0.1:80", "without a port"),
        ("serve --endpoint id.example.test", "Write scheme, host and port"),
        ("serve --endpoint ftp://id.example.test", "http:// or https://"),
        ("serve --endpoint https://id.example.test/auth", "no path"),
        ("serve --endpoint https://u:p@id.example.test", "credentials"),
        ("serve --log loud", "loud"),
        ("serve --prot 1", "--port"),
        ("check", "--config"),
        ("sreve", "serve"),
        ("--port 1 serve", "cannot be used with"),
    ] {
        let error = parse(line).unwrap_err();
        assert_eq!(error.exit_code(), i32::from(exit::USAGE), "{line}");
        assert!(error.to_string().contains(part), "{line}: {error}");
    }
}

#[test]
fn help_is_not_an_error() {
    for line in ["--help", "serve --help", "--version"] {
        let error = parse(line).unwrap_err();
        assert!(!error.use_stderr(), "{line}");
    }
    assert!(
        parse("--help")
            .unwrap_err()
            .to_string()
            .contains("Exit codes: 0 stopped by a signal")
    );
}

#[test]
fn exposure_is_said() {
    for (host, part) in [
        ("0.0.0.0", Some("every computer that can reach this one")),
        ("192.0.2.7", Some("192.0.2.7")),
        ("::", Some("this one")),
        ("127.0.0.2", None),
        ("[::1]", None),
        ("localhost", None),
    ] {
        let warning = serve(&format!("serve --host {host}")).exposure_warning();
        match part {
            Some(part) => assert!(warning.unwrap().contains(part), "{host}"),
            None => assert_eq!(warning, None, "{host}"),
        }
    }
    assert_eq!(serve("serve").exposure_warning(), None);
}

#[test]
fn a_token_without_a_place_is_bad_usage() {
    let refused = |line: &str| {
        let error = crate::headless::options(&serve(line), false).unwrap_err();
        (error.exit_code(), error.to_string())
    };
    let (code, why) = refused("serve --ephemeral --control");
    assert_eq!(code, exit::USAGE);
    assert!(why.contains("--control=FILE"), "{why}");
    let options = crate::headless::options(&serve("serve --ephemeral --control=token"), false).unwrap();
    assert_eq!(options.control, Some(PathBuf::from("token")));
}

#[test]
fn check_says_what_it_found() {
    let dir = tempfile::tempdir().unwrap();
    let run = |text: &str| {
        let file = dir.path().join("vestibule.toml");
        std::fs::write(&file, text).unwrap();
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let code = check_into(&file, &mut out, &mut err);
        let plain = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap().replace(&file.display().to_string(), "F");
        (code, plain(out), plain(err))
    };
    assert_eq!(
        run("[provider]\ndialect = \"strict\"\n"),
        (exit::STOPPED, "F: in order. It names provider settings.\n".into(), String::new())
    );
    assert_eq!(
        run("[provider]\ndialekt = \"strict\"\n"),
        (
            exit::USAGE,
            String::new(),
            "F:2:1: provider.dialekt: Unknown key in provider. Did you mean dialect?\n1 problem. Nothing was changed.\n".into()
        )
    );
    let (code, _, err) = run("x = 1\ny = 2\n");
    assert_eq!(code, exit::USAGE);
    assert!(err.ends_with("2 problems. Nothing was changed.\n"), "{err}");
    let (mut out, mut err) = (Vec::new(), Vec::new());
    assert_eq!(check_into(&dir.path().join("none.toml"), &mut out, &mut err), exit::USAGE);
    assert!(String::from_utf8(err).unwrap().contains("Can't be opened"));
}
