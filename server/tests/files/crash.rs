//! kill -9 in the middle: the real binary, and what is on the disk then.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::{Child, Command};

use crate::drawer::{names, noise, target};
use crate::support::LIMIT;
use crate::support::client::{Request, Response};
use crate::support::server::{EMAIL, PASSWORD};

/// A server process.
struct Process {
    child: Child,
    address: SocketAddr,
    cookie: String,
}

impl Process {
    async fn start(data: &Path) -> Self {
        let password = data.join("password");
        std::fs::write(&password, PASSWORD).unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_berth"))
            .args(["--listen", "127.0.0.1:0", "--data-dir"])
            .arg(data)
            // Nothing is started in this test.
            .arg("--guest")
            .arg(std::env::var_os("BERTH_GUEST").unwrap_or_else(|| env!("CARGO_BIN_EXE_berth").into()))
            .args(["--admin-email", EMAIL, "--admin-password-file"])
            .arg(&password)
            .env("BERTH_RUNTIME", "embedded")
            .env_remove("RUST_LOG")
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let printed = async {
            while let Some(line) = lines.next_line().await.unwrap() {
                if let Some((address, _)) = line.trim().strip_prefix("http://").and_then(|url| url.split_once('/')) {
                    return address.parse().unwrap();
                }
            }
            panic!("the server ended without printing its address");
        };
        let address = tokio::time::timeout(LIMIT, printed).await.expect("an address");
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        let form = format!("email={EMAIL}&password={PASSWORD}");
        let response = Request::new(address, "POST", "/sign-in").own_origin().form(&form).send().await;
        let cookie = response.header("set-cookie").split(';').next().unwrap().to_owned();
        Self { child, address, cookie }
    }

    fn own(&self, method: &str, target: &str) -> Request {
        Request::new(self.address, method, target).header("cookie", &self.cookie).own_origin()
    }

    async fn get(&self, verb: &str, query: &[(&str, &str)]) -> Response {
        self.own("GET", &target(verb, query)).send().await
    }

    async fn kill(mut self) {
        self.child.start_kill().unwrap();
        self.child.wait().await.unwrap();
    }
}

/// Whether it is all of one of what was ever written: a number, again and again.
fn is_whole(bytes: &[u8], length: usize) -> bool {
    bytes.len() == length && bytes.iter().all(|byte| *byte == bytes[0])
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_kill_a_name_has_the_old_bytes_or_the_new_and_nothing_is_left_over() {
    let directory = tempfile::tempdir().unwrap();
    let person = directory.path().join("files/admin");
    let length = 300_000;
    let mut process = Process::start(directory.path()).await;
    let query = [("path", "file"), ("clash", "replace")];
    let first = process.own("POST", &target("upload", &query)).body(&vec![0; length]).send().await;
    assert_eq!(first.status, 201, "{first:?}");
    let mut replaced = 0;
    for round in 0..8_u8 {
        // Replaces of one name without end, and one upload that never comes to its end.
        let (address, cookie) = (process.address, process.cookie.clone());
        let (sender, mut stored) = tokio::sync::watch::channel(0_u32);
        let replacing = tokio::spawn(async move {
            for number in 1.. {
                let request =
                    Request::new(address, "POST", &target("upload", &query)).header("cookie", &cookie).own_origin();
                let mut stream =
                    request.header("content-length", &length.to_string()).header("connection", "close").open().await;
                let _ = stream.write_all(&vec![number as u8; length]).await;
                let mut answer = Vec::new();
                let _ = tokio::io::AsyncReadExt::read_to_end(&mut stream, &mut answer).await;
                if !answer.starts_with(b"HTTP/1.1 201") {
                    return;
                }
                sender.send_replace(number);
            }
        });
        let begun = process.own("POST", &target("upload", &[("path", "never")])).header("content-length", "1000000");
        let mut never = begun.open().await;
        never.write_all(&noise(500_000)).await.unwrap();
        let goal = 2 + u32::from(round);
        tokio::time::timeout(LIMIT, stored.wait_for(|number| *number >= goal)).await.expect("replaces").unwrap();
        process.kill().await;
        replacing.abort();
        let _ = replacing.await;
        replaced += 1;
        assert!(is_whole(&std::fs::read(person.join("home/file")).unwrap(), length));
        assert!(!person.join("home/never").exists());

        process = Process::start(directory.path()).await;
        assert_eq!(names(&person.join("uploads")), Vec::<String>::new(), "cleared at the start");
        let download = process.get("download", &[("path", "file")]).await;
        assert!(is_whole(&download.bytes, length));
        // Every thing in the trash is whole, and can come back.
        let trash = process.get("trash", &[]).await.json();
        for trashed in trash.as_array().unwrap() {
            let item = person.join("trash").join(trashed["id"].as_str().unwrap()).join("item");
            assert!(is_whole(&std::fs::read(item).unwrap(), length));
        }
        assert!(!trash.as_array().unwrap().is_empty());
    }
    assert_eq!(replaced, 8);
    process.kill().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_kill_the_parts_that_were_here_are_here() {
    let directory = tempfile::tempdir().unwrap();
    let person = directory.path().join("files/admin");
    let process = Process::start(directory.path()).await;
    let part = 5 << 20;
    let bytes = noise(2 * part);
    let body = format!(r#"{{"at":{{"path":"file"}},"size":{}}}"#, bytes.len());
    let begun = process.own("POST", &target("upload/initiate", &[])).json(&body).send().await;
    let id = begun.json()["id"].as_str().unwrap().to_owned();
    let send = |process: &Process, number: &str, bytes: &[u8]| {
        process.own("POST", &target("upload/part", &[("upload", &id), ("number", number)])).body(bytes).send()
    };
    assert_eq!(send(&process, "1", &bytes[part..]).await.status, 200);
    // The other one is half-way, and comes again over one that was here.
    assert_eq!(send(&process, "0", &noise(part)).await.status, 200);
    let again = process.own("POST", &target("upload/part", &[("upload", &id), ("number", "0")]));
    let mut stream = again.header("content-length", &part.to_string()).open().await;
    stream.write_all(&vec![0; part / 2]).await.unwrap();
    let record = person.join("uploads").join(&id).join("parts");
    crate::uploads::until(async || std::fs::read_to_string(&record).unwrap() == "1\n").await;
    process.kill().await;
    let process = Process::start(directory.path()).await;
    let status = process.get("upload/status", &[("upload", &id)]).await.json();
    assert_eq!(status["parts"], serde_json::json!([1]));
    assert_eq!(send(&process, "0", &bytes[..part]).await.status, 200);
    let body = format!(r#"{{"upload":"{id}"}}"#);
    let complete = process.own("POST", &target("upload/complete", &[])).json(&body).send().await;
    assert_eq!(complete.status, 201, "{complete:?}");
    assert!(std::fs::read(person.join("home/file")).unwrap() == bytes);
    process.kill().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_mebibytes_go_through_a_server_that_holds_sixteen() {
    let directory = tempfile::tempdir().unwrap();
    let process = Process::start(directory.path()).await;
    let peak = || {
        let status = std::fs::read_to_string(format!("/proc/{}/status", process.child.id().unwrap())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap()
    };
    // Whatever is made once is made by the first.
    let send = |path: &'static str, mebibytes: usize| {
        let request = process.own("POST", &target("upload", &[("path", path)])).header("connection", "close");
        async move {
            let mut stream = request.header("content-length", &(mebibytes << 20).to_string()).open().await;
            let piece = vec![7; 1 << 20];
            for _ in 0..mebibytes {
                stream.write_all(&piece).await.unwrap();
            }
            let mut answer = Vec::new();
            tokio::io::AsyncReadExt::read_to_end(&mut stream, &mut answer).await.unwrap();
            assert!(answer.starts_with(b"HTTP/1.1 201"));
        }
    };
    send("small", 2).await;
    let before = peak();
    send("large", 200).await;
    assert!(peak() - before < 16 << 10, "{} KiB more", peak() - before);
    let before = peak();
    let mut stream =
        process.own("GET", &target("download", &[("path", "large")])).header("connection", "close").open().await;
    let received = tokio::io::copy(&mut stream, &mut tokio::io::sink()).await.unwrap();
    assert!(received > 200 << 20 && peak() - before < 16 << 10, "{} KiB more", peak() - before);
    process.kill().await;
}
