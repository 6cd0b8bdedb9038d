//! An image that is long on its way, from a registry of the test's own.

mod docker {
    use std::collections::HashMap;
    use std::process::Command;
    use std::sync::Arc;

    use app::model::session::{SessionState, Stage};
    use protocol::SessionId;
    use serde_json::json;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::{TcpListener, TcpStream};
    use tokio::sync::watch;
    use tokio::time::timeout;

    use crate::rig::{Rig, empty_engine, image_tar};
    use crate::server::LIMIT;

    const NAME: &str = "berth/session";
    const MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";
    const LAYER: &str = "application/vnd.docker.image.rootfs.diff.tar.gzip";

    /// A registry with the one image, which sends half of its layer and no more until it may.
    struct Registry {
        address: String,
        state: Arc<watch::Sender<State>>,
    }

    #[derive(Default)]
    struct State {
        may_go_on: bool,
        /// How often the layer was asked for.
        asked: usize,
    }

    /// What is at a path: its kind, its digest, its bytes.
    type Things = HashMap<String, (&'static str, String, Vec<u8>)>;

    fn digest(bytes: &[u8]) -> String {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), bytes).unwrap();
        let printed = Command::new("sha256sum").arg(file.path()).output().unwrap().stdout;
        format!("sha256:{}", String::from_utf8(printed).unwrap().split(' ').next().unwrap())
    }

    fn things() -> Things {
        let layer = std::fs::read(image_tar()).unwrap();
        let of_layer = digest(&layer);
        let architecture = if cfg!(target_arch = "aarch64") { "arm64" } else { "amd64" };
        let config = json!({
            "architecture": architecture, "os": "linux", "config": {},
            "rootfs": { "type": "layers", "diff_ids": [of_layer] }, "history": [{}],
        });
        let config = config.to_string().into_bytes();
        let of_config = digest(&config);
        let manifest = json!({
            "schemaVersion": 2, "mediaType": MANIFEST,
            "config": {
                "mediaType": "application/vnd.docker.container.image.v1+json",
                "size": config.len(), "digest": of_config,
            },
            "layers": [{ "mediaType": LAYER, "size": layer.len(), "digest": of_layer }],
        });
        let manifest = manifest.to_string().into_bytes();
        let of_manifest = digest(&manifest);
        let blob = |digest: &str| format!("/v2/{NAME}/blobs/{digest}");
        HashMap::from([
            ("/v2/".to_owned(), ("application/json", String::new(), b"{}".to_vec())),
            (blob(&of_layer), (LAYER, of_layer, layer)),
            (blob(&of_config), ("application/octet-stream", of_config, config)),
            (format!("/v2/{NAME}/manifests/{of_manifest}"), (MANIFEST, of_manifest.clone(), manifest.clone())),
            (format!("/v2/{NAME}/manifests/latest"), (MANIFEST, of_manifest, manifest)),
        ])
    }

    impl Registry {
        /// On the network of the thread that calls this, which has to be the engine's.
        async fn serve() -> Self {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap().to_string();
            let (things, state) = (Arc::new(things()), Arc::new(watch::Sender::new(State::default())));
            let shared = Arc::clone(&state);
            tokio::spawn(async move {
                while let Ok((stream, _)) = listener.accept().await {
                    tokio::spawn(answer(stream, Arc::clone(&things), Arc::clone(&shared)));
                }
            });
            Self { address, state }
        }

        fn image(&self) -> String {
            format!("{}/{NAME}:latest", self.address)
        }

        async fn until(&self, wanted: impl FnMut(&State) -> bool) {
            timeout(LIMIT, self.state.subscribe().wait_for(wanted)).await.expect("it never came").unwrap();
        }
    }

    /// Answers one request.
    async fn answer(mut stream: TcpStream, things: Arc<Things>, state: Arc<watch::Sender<State>>) -> Option<()> {
        let mut head = Vec::new();
        while !head.windows(4).any(|end| end == b"\r\n\r\n") {
            head.push(stream.read_u8().await.ok()?);
            // Engines try TLS first.
            if !head[0].is_ascii_uppercase() {
                return None;
            }
        }
        let head = String::from_utf8(head).ok()?;
        let mut words = head.split(' ');
        let (method, path) = (words.next()?, words.next()?);
        let Some((kind, digest, bytes)) = things.get(path) else {
            return stream.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n").await.ok();
        };
        let length = bytes.len();
        let begin = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nDocker-Content-Digest: {digest}\r\nContent-Length: {length}\r\n\
             Connection: close\r\n\r\n"
        );
        stream.write_all(begin.as_bytes()).await.ok()?;
        if method == "HEAD" {
            return Some(());
        }
        let (half, rest) = bytes.split_at(if *kind == LAYER { length / 2 } else { 0 });
        stream.write_all(half).await.ok()?;
        if *kind == LAYER {
            state.send_modify(|state| state.asked += 1);
            let mut changes = state.subscribe();
            let is_there = tokio::select! {
                may = changes.wait_for(|state| state.may_go_on) => may.is_ok(),
                _ = stream.read_u8() => false,
            };
            if !is_there {
                return None;
            }
        }
        stream.write_all(rest).await.ok()
    }

    /// A session whose start waits for the image, and says how much of it has come.
    async fn waiting(rig: &Rig) -> SessionId {
        let id = rig.server.client.create().await;
        rig.server.client.start(&id).await;
        let session = rig.server.client.until_told(&id, |doing| doing.contains(" MB")).await;
        assert_eq!(session.state, SessionState::Starting { stage: Stage::Creating });
        id
    }

    #[tokio::test]
    async fn who_waits_for_an_image_is_told_how_it_comes_and_may_stop_waiting() {
        let (engine, _) = empty_engine(None);
        let registry = Registry::serve().await;
        let rig = Rig::pulling(engine, &registry.image()).await;
        let alone = waiting(&rig).await;
        registry.until(|state| state.asked == 1).await;
        rig.server.client.stop(&alone).await;
        rig.server.client.until(&alone, |state| *state == SessionState::Stopped).await;
        assert_eq!(rig.server.client.session(&alone).await.doing, None);

        let (stays, stops, goes) = (waiting(&rig).await, waiting(&rig).await, waiting(&rig).await);
        rig.server.client.stop(&stops).await;
        rig.server.client.until(&stops, |state| *state == SessionState::Stopped).await;
        rig.server.client.delete(&goes).await;
        rig.assert_there_are(&[], "nobody has the image yet");
        registry.until(|state| state.asked == 2).await;
        registry.state.send_modify(|state| state.may_go_on = true);
        let session = rig.server.client.until(&stays, |state| *state == SessionState::Running).await;
        assert_eq!(session.doing, None);
        assert_eq!(rig.server.client.terminal(&stays, 1).await.run("echo alive").await, "alive\n");
        rig.assert_there_are(&[&stays], "the image is there");
        // The one that was stopped, and one for all three.
        assert_eq!(registry.state.borrow().asked, 2);
        rig.close().await;
    }
}
