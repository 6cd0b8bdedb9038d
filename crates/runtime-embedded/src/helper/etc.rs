//! The container's `/etc`: what we write ourselves, and what of the host's is taken over by name.
//! Nothing that is not on the list, and nothing that the host keeps from other users, is copied.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::prepare::Tree;
use super::{Step, StepError, network};

/// Of the host's `/etc`: what programs in `/usr` look up there. No file that may hold a
/// credential (`gitconfig`, `npmrc`, `pip.conf`, `wgetrc`, `environment`), no keys.
const FROM_HOST: &[&str] = &[
    "bash_completion",
    "bash_completion.d",
    "bindresvport.blacklist",
    "ca-certificates",
    "ca-certificates.conf",
    "crypto-policies",
    "debian_version",
    "default/locale",
    "ethertypes",
    "fedora-release",
    "fonts",
    "gai.conf",
    "groff",
    "host.conf",
    "inputrc",
    "java",
    "ld-musl-aarch64.path",
    "ld-musl-x86_64.path",
    "ld.so.cache",
    "ld.so.conf",
    "ld.so.conf.d",
    "locale.alias",
    "locale.conf",
    "localtime",
    "lsb-release",
    "lynx",
    "magic",
    "magic.mime",
    "mailcap",
    "manpath.config",
    "mime.types",
    "nanorc",
    "networks",
    "nsswitch-defaults",
    "os-release",
    "perl",
    "pki/ca-trust/extracted",
    "pki/java",
    "pki/tls/cert.pem",
    "pki/tls/certs",
    "pki/tls/openssl.cnf",
    "protocols",
    "python3",
    "python3.10",
    "python3.11",
    "python3.12",
    "python3.13",
    "redhat-release",
    "rpc",
    "sensors3.conf",
    "services",
    "sgml",
    "shells",
    "ssl/cert.pem",
    "ssl/openssl.cnf",
    "terminfo",
    "timezone",
    "vim",
    "xml",
    "java-11-openjdk",
    "java-17-openjdk",
    "java-21-openjdk",
];

/// Of the host's `/etc`, too: directories of hundreds of links, mounted read-only instead of copied.
/// Public by nature, and what is closed to others stays so, for their owners are not mapped.
pub(super) const SHARED: [&str; 2] = ["alternatives", "ssl/certs"];

/// A file larger than this is no configuration; left out.
const LARGEST: u64 = 4 << 20;

const PASSWD: &str = "\
root:x:0:0:root:/root:/bin/bash
daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin
bin:x:2:2:bin:/bin:/usr/sbin/nologin
user:x:1000:1000:,,,:/home/user:/bin/bash
nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin
";
const GROUP: &str = "\
root:x:0:
daemon:x:1:
bin:x:2:
adm:x:4:
tty:x:5:
users:x:100:
user:x:1000:
nogroup:x:65534:
";
const NSSWITCH: &str = "\
passwd: files
group: files
shadow: files
hosts: files dns
networks: files
protocols: files
services: files
";
const PROFILE: &str = r#"# For login shells.
export PATH="${PATH:-/usr/local/bin:/usr/bin:/bin}"
export LANG="${LANG:-C.UTF-8}"
if [ -n "$BASH_VERSION" ] && [ -f /etc/bash.bashrc ]; then . /etc/bash.bashrc; fi
"#;
const BASHRC: &str = r#"# For interactive shells.
case $- in *i*) ;; *) return ;; esac
shopt -s checkwinsize histappend
HISTCONTROL=ignoreboth
HISTSIZE=10000
HISTFILESIZE=20000
PS1='\[\e[1;32m\]\u@\h\[\e[0m\]:\[\e[1;34m\]\w\[\e[0m\]\$ '
if command -v dircolors >/dev/null; then eval "$(dircolors -b)"; fi
alias ls='ls --color=auto' grep='grep --color=auto' ll='ls -l' la='ls -A'
if [ -f /usr/share/bash-completion/bash_completion ]; then . /usr/share/bash-completion/bash_completion; fi
"#;

pub(super) fn write(tree: &Tree, hostname: &str) -> Result<(), StepError> {
    let hosts = format!("127.0.0.1 localhost\n::1 localhost\n127.0.1.1 {hostname}\n");
    let resolver = format!("nameserver {}\noptions edns0\n", network::NAME_SERVER);
    let ours: [(&str, &str); 9] = [
        ("bash.bashrc", BASHRC),
        ("group", GROUP),
        ("hostname", &format!("{hostname}\n")),
        ("hosts", &hosts),
        ("nsswitch.conf", NSSWITCH),
        ("passwd", PASSWD),
        ("profile", PROFILE),
        ("resolv.conf", &resolver),
        ("subuid", ""),
    ];
    for (name, text) in ours {
        tree.file(&format!("etc/{name}"), text.as_bytes(), 0o644)?;
    }
    tree.link("etc/mtab", "/proc/self/mounts")?;
    for name in FROM_HOST {
        copy(tree, name)?;
    }
    for name in SHARED {
        parents(tree, name)?;
        tree.directory(&format!("etc/{name}"), 0o755)?;
    }
    Ok(())
}

/// Copies one entry, and all below it, if the host has it and everybody may read it there.
fn copy(tree: &Tree, name: &str) -> Result<(), StepError> {
    let (source, path) = (Path::new("/etc").join(name), format!("etc/{name}"));
    let metadata = match fs::symlink_metadata(&source) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error).step(|| format!("look at {}", source.display())),
    };
    if tree.has(&path) {
        return Ok(());
    }
    let mode = metadata.permissions().mode();
    if metadata.is_symlink() {
        parents(tree, name)?;
        return tree.link_to(&path, &fs::read_link(&source).step(|| format!("read {}", source.display()))?);
    }
    if metadata.is_dir() && mode & 0o005 == 0o005 {
        parents(tree, name)?;
        tree.directory(&path, 0o755)?;
        let entries = fs::read_dir(&source).step(|| format!("list {}", source.display()))?;
        for entry in entries {
            let entry = entry.step(|| format!("list {}", source.display()))?;
            // A name that is not UTF-8 is nothing a distribution put there.
            if let Some(child) = entry.file_name().to_str() {
                copy(tree, &format!("{name}/{child}"))?;
            }
        }
        return Ok(());
    }
    if metadata.is_file() && mode & 0o004 != 0 && metadata.len() <= LARGEST {
        parents(tree, name)?;
        let content = fs::read(&source).step(|| format!("read {}", source.display()))?;
        return tree.file(&path, &content, mode & 0o755);
    }
    Ok(())
}

/// Makes the directories that lead to an entry of the list.
fn parents(tree: &Tree, name: &str) -> Result<(), StepError> {
    for (end, _) in name.match_indices('/') {
        let parent = format!("etc/{}", &name[..end]);
        if !tree.has(&parent) {
            tree.directory(&parent, 0o755)?;
        }
    }
    Ok(())
}
