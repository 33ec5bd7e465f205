//! Hands e-mails to a mail server (RFC 5321).

use lettre::message::{Mailbox, header::ContentType};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::{Address, AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor};
use std::time::Duration;
use tokio::sync::Mutex;
use vestibule_core::model::SmtpSecurity;

/// How long a mail server may take.
const TIME_LIMIT: Duration = Duration::from_secs(10);

/// A mail server.
pub struct Server<'a> {
    /// Its name.
    pub host: &'a str,
    /// Its port.
    pub port: u16,
    /// How the connection is protected.
    pub security: SmtpSecurity,
    /// User name and password.
    pub login: Option<(&'a str, &'a str)>,
}

/// An e-mail.
pub struct Mail<'a> {
    /// The sender: `Vestibule <no-reply@example.test>`.
    pub from: &'a str,
    /// The recipient's address.
    pub to: &'a str,
    /// The subject.
    pub subject: &'a str,
    /// The text.
    pub text: &'a str,
}

/// Hands e-mails to a mail server.
#[derive(Default)]
pub struct Mailer {
    /// What protected connections to the server of the last e-mail need: making it reads every certificate that the system
    /// trusts.
    tls: Mutex<Option<TlsParameters>>,
}

impl Mailer {
    /// Hands over an e-mail.
    ///
    /// # Errors
    /// A sentence saying what the server, or the way to it, refused.
    pub async fn send(&self, server: &Server<'_>, mail: &Mail<'_>) -> Result<(), String> {
        let message = message(mail)?;
        let tls = match server.security {
            SmtpSecurity::None => Tls::None,
            SmtpSecurity::StartTls => Tls::Required(self.tls_parameters(server.host).await?),
            SmtpSecurity::Tls => Tls::Wrapper(self.tls_parameters(server.host).await?),
        };
        let mut transport = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(server.host)
            .port(server.port)
            .timeout(Some(TIME_LIMIT))
            .tls(tls);
        if let Some((name, password)) = server.login {
            transport = transport.credentials(Credentials::new(name.to_owned(), password.to_owned()));
        }
        match tokio::time::timeout(TIME_LIMIT, transport.build().send(message)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => {
                if error.is_tls() {
                    // Perhaps a certificate is missing, and somebody is about to add it to the system.
                    *self.tls.lock().await = None;
                }
                Err(explain(&error))
            }
            Err(_) => Err(format!("No answer within {} s.", TIME_LIMIT.as_secs())),
        }
    }

    async fn tls_parameters(&self, host: &str) -> Result<TlsParameters, String> {
        let mut kept = self.tls.lock().await;
        if let Some(kept) = kept.as_ref().filter(|kept| kept.domain() == host) {
            return Ok(kept.clone());
        }
        let domain = host.to_owned();
        let made = tokio::task::spawn_blocking(move || TlsParameters::new(domain).map_err(|error| error.to_string()))
            .await
            .map_err(|error| error.to_string())
            .and_then(|made| made)
            .map_err(|why| format!("No protected connection: {why}."))?;
        *kept = Some(made.clone());
        Ok(made)
    }
}

fn message(mail: &Mail<'_>) -> Result<Message, String> {
    let wrong = |what: &str, text: &str, why: &dyn std::fmt::Display| format!("The {what} {text} is not an address ({why}).");
    let from = mail.from.parse::<Mailbox>().map_err(|error| wrong("sender", mail.from, &error))?;
    // An address and nothing else: a name in front would be whatever the person who typed it wanted.
    let to = mail.to.parse::<Address>().map_err(|error| wrong("recipient", mail.to, &error))?;
    Message::builder()
        .from(from)
        .to(Mailbox::new(None, to))
        .subject(mail.subject)
        .header(ContentType::TEXT_PLAIN)
        .body(mail.text.to_owned())
        .map_err(|error| format!("The e-mail could not be written: {error}."))
}

fn explain(error: &lettre::transport::smtp::Error) -> String {
    if error.is_timeout() {
        return format!("No answer within {} s.", TIME_LIMIT.as_secs());
    }
    if let Some(code) = error.status() {
        let why = std::error::Error::source(error).map_or_else(String::new, |source| format!(": {source}"));
        return format!("The mail server refused the message with {code}{why}.");
    }
    if error.is_tls() {
        return "The connection could not be protected. Check how the server wants it: STARTTLS, TLS or neither.".to_owned();
    }
    format!(
        "The mail server could not be reached: {}.",
        std::error::Error::source(error).map_or_else(|| error.to_string(), ToString::to_string)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};

    const MAIL: Mail<'static> = Mail {
        from: "Vestibule <no-reply@example.test>",
        to: "alice@example.test",
        subject: "Your Bookstore code",
        text: "Your code is 123456.",
    };

    /// A mail server that accepts everything and answers what it heard, or refuses the recipient.
    async fn hear(refuse: bool) -> (u16, tokio::task::JoinHandle<String>) {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let heard = tokio::spawn(async move {
            let (stream, _) = listener.accept().await.unwrap();
            let mut stream = BufReader::new(stream);
            stream.write_all(b"220 here\r\n").await.unwrap();
            let (mut all, mut in_data) = (String::new(), false);
            loop {
                let mut line = String::new();
                if stream.read_line(&mut line).await.unwrap() == 0 {
                    return all;
                }
                all.push_str(&line);
                let answer: &[u8] = match line.trim_end() {
                    "." if in_data => {
                        in_data = false;
                        b"250 taken\r\n"
                    }
                    _ if in_data => continue,
                    "DATA" => {
                        in_data = true;
                        b"354 go on\r\n"
                    }
                    "QUIT" => b"221 bye\r\n",
                    rcpt if rcpt.starts_with("RCPT") && refuse => b"550 nobody here\r\n",
                    _ => b"250 fine\r\n",
                };
                stream.write_all(answer).await.unwrap();
            }
        });
        (port, heard)
    }

    const fn plain(port: u16) -> Server<'static> {
        Server {
            host: "127.0.0.1",
            port,
            security: SmtpSecurity::None,
            login: None,
        }
    }

    #[tokio::test]
    async fn an_email_reaches_the_server() {
        let (port, heard) = hear(false).await;
        Mailer::default().send(&plain(port), &MAIL).await.unwrap();
        let heard = heard.await.unwrap();
        for part in [
            "MAIL FROM:<no-reply@example.test>",
            "RCPT TO:<alice@example.test>",
            "Subject: Your Bookstore code",
            "Your code is 123456.",
        ] {
            assert!(heard.contains(part), "{part} is missing in {heard}");
        }
    }

    #[tokio::test]
    async fn refusals_are_sentences() {
        let (port, _heard) = hear(true).await;
        let mailer = Mailer::default();
        let refused = mailer.send(&plain(port), &MAIL).await.unwrap_err();
        assert!(refused.starts_with("The mail server refused the message with 550"), "{refused}");
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let nobody = mailer.send(&plain(free), &MAIL).await.unwrap_err();
        assert!(nobody.starts_with("The mail server could not be reached"), "{nobody}");
        let odd = mailer.send(&plain(free), &Mail { from: "nobody", ..MAIL }).await.unwrap_err();
        assert!(odd.starts_with("The sender nobody is not an address"), "{odd}");
    }
    #[tokio::test]
    async fn a_recipient_is_an_address_and_nothing_else() {
        let (port, _heard) = hear(false).await;
        for to in [
            "alice@example.test <eve@example.test>",
            "Alice <alice@example.test>",
            "<alice@example.test>",
            "",
        ] {
            let refused = Mailer::default().send(&plain(port), &Mail { to, ..MAIL }).await.unwrap_err();
            assert!(refused.starts_with(&format!("The recipient {to} is not an address")), "{refused}");
        }
    }

    #[tokio::test]
    async fn what_protects_connections_is_made_once_for_a_server() {
        let mailer = Mailer::default();
        let (port, _heard) = hear(false).await;
        mailer.send(&plain(port), &MAIL).await.unwrap();
        assert!(mailer.tls.lock().await.is_none(), "nothing is protected");
        for host in ["127.0.0.1", "localhost"] {
            // This server knows no STARTTLS.
            let (port, _heard) = hear(false).await;
            let server = Server {
                host,
                security: SmtpSecurity::StartTls,
                ..plain(port)
            };
            mailer.send(&server, &MAIL).await.unwrap_err();
            assert_eq!(mailer.tls.lock().await.as_ref().map(TlsParameters::domain), Some(host));
        }
    }
}
