//! The peer of file transfers: Debian's nginx, which serves a directory on the same disk as ours, and takes
//! files by WebDAV's PUT.

use std::fs;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tempfile::TempDir;

use crate::product::reap;

/// How long it may take to listen, and to end.
const LIMIT: Duration = Duration::from_secs(10);

/// One that runs.
#[derive(Debug)]
pub struct Nginx {
    child: Child,
    address: SocketAddr,
    directory: TempDir,
}

impl Nginx {
    /// Starts it beside `data`.
    pub fn start(data: &Path) -> Result<Self> {
        let beside = data.parent().context("a directory without a parent")?;
        let directory = TempDir::with_prefix_in("berth-bench-nginx-", beside)?;
        let root = directory.path();
        for name in ["files", "bodies", "other"] {
            fs::create_dir(root.join(name))?;
        }
        // Nobody else listens on it in the moment between.
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let path = root.display();
        let config = format!(
            "daemon off; master_process on; worker_processes auto; error_log {path}/error.log; pid {path}/pid; user root;\n\
             events {{ worker_connections 256; }}\n\
             http {{ access_log off; sendfile on; tcp_nopush on; client_max_body_size 0;\n\
             client_body_temp_path {path}/bodies; proxy_temp_path {path}/other; fastcgi_temp_path {path}/other;\n\
             uwsgi_temp_path {path}/other; scgi_temp_path {path}/other;\n\
             server {{ listen {address}; location / {{ root {path}/files; dav_methods PUT DELETE; }} }} }}\n"
        );
        let file = root.join("nginx.conf");
        fs::write(&file, config)?;
        let mut child = Command::new("nginx")
            .arg("-c")
            .arg(&file)
            .args(["-p"])
            .arg(root)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .context("nginx, the peer, is not installed")?;
        let began = Instant::now();
        while TcpStream::connect(address).is_err() {
            if let Some(status) = child.try_wait()? {
                bail!("nginx ended with {status}: {}", fs::read_to_string(root.join("error.log")).unwrap_or_default());
            }
            if began.elapsed() > LIMIT {
                child.kill()?;
                child.wait()?;
                bail!("nginx does not listen after {LIMIT:?}");
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(Self { child, address, directory })
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where it keeps its files.
    pub fn files(&self) -> PathBuf {
        self.directory.path().join("files")
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        let ended = i32::try_from(self.child.id()).map(|pid| kill(Pid::from_raw(pid), Signal::SIGTERM));
        if ended.is_ok()
            && let Err(error) = reap(&mut self.child, LIMIT)
        {
            eprintln!("nginx did not end: {error:#}");
        }
    }
}
