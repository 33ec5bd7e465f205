//! Who holds a port, where the operating system tells.

/// "node (pid 4242)", or `None` when it can't be told.
#[must_use]
pub(crate) fn owner(port: u16) -> Option<String> {
    #[cfg(target_os = "linux")]
    {
        linux(port)
    }
    #[cfg(target_os = "macos")]
    {
        macos(port)
    }
    #[cfg(not(any(target_os = "linux", target_os = "macos")))]
    {
        let _ = port;
        None
    }
}

/// Finds the listening socket's inode in `/proc/net/tcp*`, then the process that has it open.
#[cfg(target_os = "linux")]
fn linux(port: u16) -> Option<String> {
    let inode = ["/proc/net/tcp", "/proc/net/tcp6"].iter().find_map(|table| {
        let text = std::fs::read_to_string(table).ok()?;
        text.lines().skip(1).find_map(|line| {
            let fields: Vec<&str> = line.split_whitespace().collect();
            let (_, hex) = fields.get(1)?.rsplit_once(':')?;
            let listening = fields.get(3) == Some(&"0A");
            (listening && u16::from_str_radix(hex, 16) == Ok(port)).then(|| fields.get(9).map(|i| (*i).to_owned()))?
        })
    })?;
    let wanted = format!("socket:[{inode}]");
    for process in std::fs::read_dir("/proc").ok()?.flatten() {
        let name = process.file_name();
        let Some(pid) = name.to_str().filter(|n| n.bytes().all(|b| b.is_ascii_digit())) else {
            continue;
        };
        let Ok(descriptors) = std::fs::read_dir(process.path().join("fd")) else {
            continue;
        };
        let holds = descriptors
            .flatten()
            .any(|fd| std::fs::read_link(fd.path()).is_ok_and(|to| to.as_os_str().to_str() == Some(&wanted)));
        if holds {
            let command = std::fs::read_to_string(process.path().join("comm")).unwrap_or_default();
            return Some(format!("{} (pid {pid})", command.trim()));
        }
    }
    None
}

#[cfg(target_os = "macos")]
fn macos(port: u16) -> Option<String> {
    let output = std::process::Command::new("lsof")
        .args(["-nP", "-sTCP:LISTEN", "-Fpc", &format!("-iTCP:{port}")])
        .output()
        .ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let pid = text.lines().find_map(|l| l.strip_prefix('p'))?;
    let command = text.lines().find_map(|l| l.strip_prefix('c'))?;
    Some(format!("{command} (pid {pid})"))
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    #[test]
    fn our_own_socket_is_ours() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let owner = super::owner(listener.local_addr().unwrap().port()).unwrap();
        assert!(owner.contains(&format!("pid {}", std::process::id())), "{owner}");
    }
}
