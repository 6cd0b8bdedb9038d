//! Every key there is. Flags, variables and the file's keys all come from this one table.

/// One thing that can be configured.
#[derive(Debug)]
pub(super) struct Key {
    /// As in the file; a dot stands for a table.
    pub(super) name: &'static str,
    /// What it is for, in a line.
    pub(super) help: &'static str,
    /// How its value looks.
    pub(super) value: &'static str,
    /// Whether it takes several values: an array in the file, commas in a variable, a repeated flag.
    pub(super) many: bool,
}

impl Key {
    /// `limits.cpu_millis` as `BERTH_LIMITS_CPU_MILLIS`.
    pub(super) fn variable(&self) -> String {
        format!("BERTH_{}", self.name.replace('.', "_").to_ascii_uppercase())
    }

    /// `limits.cpu_millis` as `limits-cpu-millis`.
    pub(super) fn flag(&self) -> String {
        self.name.replace(['.', '_'], "-")
    }
}

const fn one(name: &'static str, value: &'static str, help: &'static str) -> Key {
    Key { name, help, value, many: false }
}

const fn many(name: &'static str, value: &'static str, help: &'static str) -> Key {
    Key { name, help, value, many: true }
}

/// All of them, in the order that `berth config` prints.
pub(super) const KEYS: [Key; 50] = [
    one("listen", "ADDRESS:PORT", "Where to listen for HTTP"),
    one("data_dir", "DIRECTORY", "Where everything that must survive a restart is kept"),
    one("database_url", "URL", "sqlite://PATH or postgres://USER:PASSWORD@HOST/DATABASE"),
    one("public_url", "URL", "Where people reach the server, such as https://berth.example"),
    many("allowed_origins", "ORIGIN", "Other origins whose pages may write and open sockets"),
    many("trusted_proxies", "NETWORK", "Proxies whose X-Forwarded-For is believed, such as 10.0.0.0/8"),
    many("allowed_people", "EMAIL|@DOMAIN", "Who may come in without an invitation, when they sign in elsewhere"),
    one("log", "FILTER", "What is logged, such as info or info,berth=debug"),
    one("guest", "FILE", "The guest's static binary"),
    many("agents", "JSON", "Agents beside, or instead of, the shipped ones; in the file tables [agents.ID]"),
    one("runtime", "auto|embedded|docker", "What runs new sessions; auto takes Docker when it is ready, else embedded"),
    one("admin.email", "EMAIL", "The administrator who is made at start-up, when there is nobody yet"),
    one("admin.password_file", "FILE", "The file that holds their first password, on its first line"),
    one("tls.cert", "FILE", "The server's certificate and those between it and its authority, in PEM"),
    one("tls.key", "FILE", "The certificate's private key, in PEM; both are read again when they change"),
    one("sign_in.passwords", "BOOLEAN", "Whether people sign in with a password; where there is no other way, they do"),
    one("oidc.issuer", "URL", "The OpenID Connect provider that people sign in with, such as https://id.example"),
    one("oidc.client_id", "ID", "What the provider calls this server"),
    one("oidc.client_secret_file", "FILE", "The file that holds the secret it shares with this server, if any"),
    one("oidc.name", "NAME", "What the button on the sign-in page calls the provider"),
    one("oidc.trust_email", "BOOLEAN", "Whether to believe addresses that the provider does not say it verified"),
    one("proxy.issuer", "URL", "The proxy that signs people in, such as https://team.cloudflareaccess.com"),
    one("proxy.audience", "ID", "What the proxy calls this server"),
    one("proxy.jwks_url", "URL", "Where the proxy's keys are, when that is not ISSUER/cdn-cgi/access/certs"),
    one("proxy.header", "NAME", "The header with the proxy's token, when that is not Cf-Access-Jwt-Assertion"),
    one("waitlist.open", "BOOLEAN", "Whether strangers see a page on which they can ask to be let in"),
    one("turnstile.site_key", "KEY", "Cloudflare Turnstile's key for that page, to keep robots off it"),
    one("turnstile.secret_file", "FILE", "The file that holds Turnstile's secret"),
    one("turnstile.verify_url", "URL", "Where its tokens are verified, when that is not Cloudflare's own address"),
    one("docker.url", "URL", "Docker's or Podman's socket, when that is not unix:///var/run/docker.sock"),
    one("docker.image", "NAME", "The image that its sessions are made from, when that is not berth/session:latest"),
    one("docker.pull", "BOOLEAN", "Whether to get the image from its registry when it is not there"),
    one("docker.tls_ca", "FILE", "For tcp://: the authority of the engine's certificate, in PEM"),
    one("docker.tls_cert", "FILE", "For tcp://: the certificate by which the engine knows this server, in PEM"),
    one("docker.tls_key", "FILE", "For tcp://: that certificate's private key, in PEM"),
    one("limits.cpu_millis", "NUMBER", "Thousandths of a CPU for a container of the standard tier"),
    one("limits.memory", "SIZE", "Memory for a container of the standard tier, such as 3GiB"),
    one("limits.pids", "NUMBER", "Processes and threads for each container"),
    one("limits.disk", "SIZE", "Bytes of its own files for a container of the standard tier, such as 4GB"),
    one("limits.sessions", "NUMBER", "Sessions that one person may have"),
    one("limits.running", "NUMBER", "Sessions of one person that may run at once"),
    one("limits.creates_a_minute", "NUMBER", "Sessions that one person may make in a minute"),
    one("limits.sockets_a_minute", "NUMBER", "Terminals that one person may connect to in a minute"),
    one("tiers.low.cpu_millis", "NUMBER", "Thousandths of a CPU for a container of the low tier"),
    one("tiers.low.memory", "SIZE", "Memory for a container of the low tier"),
    one("tiers.low.disk", "SIZE", "Bytes of its own files for a container of the low tier"),
    one("tiers.high.cpu_millis", "NUMBER", "Thousandths of a CPU for a container of the high tier"),
    one("tiers.high.memory", "SIZE", "Memory for a container of the high tier"),
    one("tiers.high.disk", "SIZE", "Bytes of its own files for a container of the high tier"),
    one(
        "storage.quota",
        "SIZE",
        "What one person's files and trash may have together, such as 50GiB, if there is a limit",
    ),
];

/// Variables that begin like ours, mean something else, and are left alone: where the file is, and
/// what a terminal inside a container is told of itself.
pub(super) const OTHER_VARIABLES: [&str; 3] = ["BERTH_CONFIG", "BERTH_SESSION", "BERTH_TERMINAL"];

/// The key of this name.
pub(super) fn find(name: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.name == name)
}

/// The candidate most like `wrong`, if one is near enough to be what was meant.
pub(super) fn nearest(wrong: &str, candidates: impl Iterator<Item = String>) -> Option<String> {
    /// Below this similarity (0 to 1, Jaro-Winkler) a suggestion confuses more than it helps.
    const NEAR_ENOUGH: f64 = 0.75;
    candidates
        .map(|candidate| (strsim::jaro_winkler(wrong, &candidate), candidate))
        .filter(|(likeness, _)| *likeness >= NEAR_ENOUGH)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, candidate)| candidate)
}
