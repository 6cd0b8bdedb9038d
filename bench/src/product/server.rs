//! The whole product: the release server on a port and a data directory of its own, spoken to as a
//! browser does, with its cookie and Origin.

use std::io::{BufRead as _, BufReader};
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Child, Command as Process, Stdio};
use std::sync::{Mutex, PoisonError, mpsc};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use nix::sys::prctl;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tempfile::TempDir;

use super::{Product, Registry, Running, first_output, reap};
use crate::http::{self, Answer, Connection, Events};
use crate::machine::guest_of;
use crate::socket::{Socket, Stream};

/// How long the server may take until it prints its address.
const UP_LIMIT: Duration = Duration::from_secs(20);
/// How long the server may take to end once told; its own limit is 5 s.
const END_LIMIT: Duration = Duration::from_secs(10);

/// The administrator that each server comes up with.
const EMAIL: &str = "bench@example.org";
const PASSWORD: &str = "correct-horse-battery";

/// A server with its sessions.
#[derive(Debug)]
pub struct Server {
    child: Mutex<Child>,
    pid: i32,
    address: SocketAddr,
    /// Header lines of a signed-in browser.
    headers: String,
    sessions: Registry<String>,
    log: PathBuf,
    /// Taken, and with it removed, when the server has ended.
    data: Mutex<Option<TempDir>>,
}

/// How a server is started.
#[derive(Debug, Clone)]
pub struct Command {
    pub binary: PathBuf,
    pub arguments: Vec<String>,
    /// Where what it logs goes.
    pub log: PathBuf,
}

impl Command {
    /// Starts one with further arguments, and signs in.
    pub fn start(&self, more_arguments: &[&str]) -> Result<Server> {
        let Self { binary, arguments, log } = self;
        let data = TempDir::with_prefix("berth-bench-")?;
        let mut command = Process::new(binary);
        let password_file = data.path().join("admin-password");
        std::fs::write(&password_file, PASSWORD)?;
        command.args(["--listen", "127.0.0.1:0", "--data-dir"]).arg(data.path());
        command.args(arguments).args(more_arguments);
        // A benchmark makes and opens more in a second than a person in a minute.
        for allowance in ["CREATES_A_MINUTE", "SOCKETS_A_MINUTE", "RUNNING", "SESSIONS"] {
            command.env(format!("BERTH_LIMITS_{allowance}"), "100000");
        }
        // The benchmark is a proxy, too: without one, every attempt to sign in would be of one address.
        command.args(["--trusted-proxies", "127.0.0.1"]);
        command.args(["--admin-email", EMAIL, "--admin-password-file"]).arg(&password_file);
        // What is measured is not to depend on whether this host has Docker.
        command.env("BERTH_RUNTIME", "embedded");
        // In a group of its own: Ctrl-C is for the benchmark, which has sessions to delete before the server may go.
        command.process_group(0);
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        command.stderr(std::fs::File::create(log).with_context(|| format!("can't write {}", log.display()))?);
        // SAFETY: prctl is async-signal-safe, and nothing is allocated.
        unsafe {
            // However the benchmark ends, the server ends with it.
            command.pre_exec(|| Ok(prctl::set_pdeathsig(Signal::SIGTERM)?));
        }
        let mut child = command.spawn().with_context(|| format!("{} would not start", binary.display()))?;
        let output = child.stdout.take().context("the server has no stdout")?;
        let (sender, receiver) = mpsc::channel();
        // Reads on to the end, so that the server never waits for a full pipe.
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if let Some(at) = line.find("http://") {
                    // Nobody listens after the first; nothing is lost.
                    let _ = sender.send(line[at..].trim().to_owned());
                }
            }
        });
        let signed_in = receiver
            .recv_timeout(UP_LIMIT)
            .with_context(|| format!("the server printed no address within {UP_LIMIT:?}; see {}", log.display()))
            .and_then(|url| sign_in(&url));
        let (address, headers) = match signed_in {
            Ok(signed_in) => signed_in,
            Err(error) => {
                child.kill()?;
                child.wait()?;
                return Err(error);
            }
        };
        let pid = child.id().try_into()?;
        let sessions = Registry::default();
        Ok(Server {
            child: Mutex::new(child),
            pid,
            address,
            headers,
            sessions,
            log: log.into(),
            data: Mutex::new(Some(data)),
        })
    }
}

impl Server {
    /// The server's process.
    pub fn pid(&self) -> i32 {
        self.pid
    }

    /// Asks as the signed-in administrator.
    pub fn request(&self, method: &str, path: &str, more_headers: &str) -> Result<Answer> {
        let body = if method == "POST" { "{}" } else { "" };
        http::request(self.address, method, path, &format!("{}{more_headers}", self.headers), body)
    }

    /// A connection to keep, and the header lines of the signed-in administrator.
    pub fn keep(&self) -> Result<(Connection, &str)> {
        Ok((Connection::open(self.address)?, &self.headers))
    }

    /// The administrator's stream of events.
    pub fn events(&self) -> Result<Events> {
        Events::open(self.address, &self.headers)
    }

    /// Tries to sign in from `client`, as a proxy would pass it on; answers the status.
    pub fn try_sign_in(&self, email: &str, password: &str, client: IpAddr) -> Result<u16> {
        let client = format!("X-Forwarded-For: {client}\r\n");
        Ok(post_sign_in(self.address, email, password, &client)?.status)
    }

    /// Sends JSON as the signed-in administrator.
    pub fn send_json(&self, method: &str, path: &str, body: &str) -> Result<Answer> {
        http::request(self.address, method, path, &self.headers, body)
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Header lines of the signed-in administrator.
    pub fn headers(&self) -> &str {
        &self.headers
    }

    /// Where it keeps everything.
    pub fn data_dir(&self) -> Result<PathBuf> {
        let data = self.data.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(data.as_ref().context("the server has ended")?.path().to_owned())
    }

    /// What the path of each of its embedded containers' control groups has in it.
    pub fn group(&self) -> Result<String> {
        Ok(std::fs::read_to_string(self.data_dir()?.join("containers/runtime/installation"))?.trim().to_owned())
    }

    /// The administrator's files, made when they aren't there.
    pub fn home(&self) -> Result<PathBuf> {
        self.request("GET", "/api/storage/browse", "")?.json()?;
        crate::lines::home_in(&self.data_dir()?)
    }

    /// Makes a session, not started.
    pub fn create_session(&self) -> Result<String> {
        let session = self.request("POST", "/api/sessions", "")?.json().context("no session could be made")?;
        let id = session["id"].as_str().context("a session without id")?.to_owned();
        self.sessions.add(id.clone());
        Ok(id)
    }
}

/// Signs in at the printed address; answers the server's address and a browser's headers.
fn sign_in(url: &str) -> Result<(SocketAddr, String)> {
    let rest = url.strip_prefix("http://").context("the printed address is no http URL")?;
    let (host, _) = rest.split_once('/').context("the printed address has no path")?;
    let address = host.parse().with_context(|| format!("{host} is no address"))?;
    let answer = post_sign_in(address, EMAIL, PASSWORD, "")?;
    let cookie =
        answer.header("set-cookie").with_context(|| format!("sign-in answered {} without cookie", answer.status))?;
    let cookie = cookie.split(';').next().unwrap_or_default();
    Ok((address, format!("Cookie: {cookie}\r\nOrigin: http://{host}\r\n")))
}

/// Sends the sign-in page's form, as that page does.
fn post_sign_in(address: SocketAddr, email: &str, password: &str, more_headers: &str) -> Result<Answer> {
    let headers = format!("Origin: http://{address}\r\n{more_headers}");
    http::post_form(address, "/sign-in", &headers, &format!("email={email}&password={password}"))
}

impl Product for Server {
    fn start_session(&self) -> Result<Running> {
        let id = self.create_session()?;
        self.request("POST", &format!("/api/sessions/{id}/start"), "")?.json().context("a session would not start")?;
        drop(first_output(self, &id).with_context(|| format!("see {}", self.log.display()))?);
        Ok(Running { guest: guest_of(&id)?, id })
    }

    fn connect(&self, session: &str, terminal: u8, query: &str) -> Result<Socket> {
        let stream = TcpStream::connect(self.address)?;
        let path = format!("/api/terminal/{session}-{terminal}/ws?cols=80&rows=24{query}");
        Socket::open(Stream::Tcp(stream), &self.address.to_string(), &path, &self.headers)
    }

    fn delete_session(&self, session: &str) -> Result<()> {
        self.sessions.remove(|id| id == session);
        let answer = self.request("DELETE", &format!("/api/sessions/{session}"), "")?;
        if answer.status >= 300 {
            bail!("HTTP {}: {}", answer.status, String::from_utf8_lossy(&answer.body));
        }
        Ok(())
    }

    fn server(&self) -> Option<&Server> {
        Some(self)
    }

    fn shut_down(&self) {
        for session in self.sessions.take() {
            if let Err(error) = self.delete_session(&session) {
                eprintln!("session {session} could not be deleted: {error:#}");
            }
        }
        let mut child = self.child.lock().unwrap_or_else(PoisonError::into_inner);
        // Failing, it is gone already.
        let _ = kill(Pid::from_raw(self.pid), Signal::SIGTERM);
        if let Err(error) = reap(&mut child, END_LIMIT) {
            eprintln!("the server did not end: {error:#}");
        }
        let data = self.data.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(Err(error)) = data.map(TempDir::close) {
            eprintln!("the data directory could not be removed: {error}");
        }
    }
}
