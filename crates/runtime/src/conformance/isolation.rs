//! What programs in a container must not be able to do, tried from inside.

use std::net::{SocketAddr, UdpSocket};

use tokio::net::TcpListener;
use tokio::time::timeout;

use super::inside::Inside;
use super::{Lack, Rig, spec};

const EPERM: i32 = 1;
const ENOSYS: i32 = 38;

/// Numbers of the calls tried here.
#[cfg(target_arch = "x86_64")]
mod number {
    pub const IOCTL: u32 = 16;
    pub const SOCKET: u32 = 41;
    pub const CLONE: u32 = 56;
    pub const PTRACE: u32 = 101;
    pub const MOUNT: u32 = 165;
    pub const UMOUNT2: u32 = 166;
    pub const PIVOT_ROOT: u32 = 155;
    pub const INIT_MODULE: u32 = 175;
    pub const ADD_KEY: u32 = 248;
    pub const KEYCTL: u32 = 250;
    pub const UNSHARE: u32 = 272;
    pub const PERF_EVENT_OPEN: u32 = 298;
    pub const OPEN_BY_HANDLE_AT: u32 = 304;
    pub const SETNS: u32 = 308;
    pub const PROCESS_VM_READV: u32 = 310;
    pub const KEXEC_FILE_LOAD: u32 = 320;
    pub const BPF: u32 = 321;
    pub const USERFAULTFD: u32 = 323;
}
#[cfg(target_arch = "aarch64")]
mod number {
    pub const IOCTL: u32 = 29;
    pub const SOCKET: u32 = 198;
    pub const CLONE: u32 = 220;
    pub const PTRACE: u32 = 117;
    pub const MOUNT: u32 = 40;
    pub const UMOUNT2: u32 = 39;
    pub const PIVOT_ROOT: u32 = 41;
    pub const INIT_MODULE: u32 = 105;
    pub const ADD_KEY: u32 = 217;
    pub const KEYCTL: u32 = 219;
    pub const UNSHARE: u32 = 97;
    pub const PERF_EVENT_OPEN: u32 = 241;
    pub const OPEN_BY_HANDLE_AT: u32 = 265;
    pub const SETNS: u32 = 268;
    pub const PROCESS_VM_READV: u32 = 270;
    pub const KEXEC_FILE_LOAD: u32 = 294;
    pub const BPF: u32 = 280;
    pub const USERFAULTFD: u32 = 282;
}
/// The same everywhere.
const OPEN_TREE: u32 = 428;
const FSOPEN: u32 = 430;
const IO_URING_SETUP: u32 = 425;
const CLONE3: u32 = 435;

/// Makes a system call and answers its error number, 0 if it succeeded.
async fn errno(shell: &Inside, number: u32, arguments: &str) -> i32 {
    let line = format!(
        "perl -e '@a = ({arguments}); $r = syscall({number}, @a); print \"errno \", $r == -1 ? $!+0 : 0, \"\\n\"'"
    );
    let text = shell.run(&line).await.text;
    text.trim()
        .strip_prefix("errno ")
        .and_then(|number| number.parse().ok())
        .unwrap_or_else(|| panic!("{line}: {text}"))
}

pub async fn other_containers_are_out_of_sight(rig: &mut Rig) {
    let (_, one) = rig.start(&spec()).await;
    let (_, other) = rig.start(&spec()).await;
    other.succeed("echo s3cret > ~/mine; echo s3cret > /tmp/mine; sleep 98765 & echo").await;
    let seen = one.succeed("cat /proc/[0-9]*/cmdline | tr '\\0' ' '; ls -A ~ /tmp; ls /proc | grep -c '^[0-9]'").await;
    assert!(!seen.contains("98765") && !seen.contains("mine"), "{seen}");
    let count: u32 = seen.lines().last().unwrap().parse().unwrap();
    assert!(count < 10, "{seen}");
    let hidden = one.run("kill -0 -- -1; cat /proc/1/environ /proc/1/root/etc/hostname").await;
    assert_ne!(hidden.code, 0);
    // Distinct hosts, distinct IPC and one's own network only.
    let names = (one.succeed("hostname").await, other.succeed("hostname").await);
    assert_ne!(names.0, names.1);
}

pub async fn host_files_outside_usr_are_out_of_sight(rig: &mut Rig) {
    let secret = rig.host.secret();
    let (_, shell) = rig.start(&spec()).await;
    assert_ne!(shell.run(&format!("ls {secret}")).await.code, 0);
    let allowed = "bin boot dev etc home lib lib32 lib64 libx32 media mnt opt proc root run sbin srv sys tmp usr var";
    // An empty file by which Docker says that it is.
    let allowed = format!("{allowed} .dockerenv");
    for name in shell.succeed("ls -A /").await.split_whitespace() {
        assert!(allowed.split(' ').any(|allowed| allowed == name), "/{name}");
    }
    for path in ["/etc/shadow", "/etc/gshadow", "/etc/ssl/private", "/etc/sudoers", "/etc/ssh", "/etc/machine-id"] {
        assert_ne!(shell.run(&format!("ls {path}")).await.code, 0, "{path}");
    }
    assert_ne!(shell.run("ls /root").await.code, 0);
    assert_eq!(shell.succeed("ls -A /home /mnt /media /srv /opt | grep -v :").await.trim(), "user");
    for path in ["/usr/bin/trespass", "/etc/trespass", "/trespass", "/run/trespass", "/var/lib/trespass"] {
        assert_ne!(shell.run(&format!("touch {path}")).await.code, 0, "{path}");
    }
}

pub async fn the_guest_and_its_token_are_out_of_reach(rig: &mut Rig) {
    let spec = spec();
    let (_, shell) = rig.start(&spec).await;
    for path in ["/run/berth", "/run/berth/guest.json", "/run/berth/guest.sock", "/proc/1/fd", "/proc/1/mem"] {
        assert_ne!(shell.run(&format!("cat {path} || ls {path}/")).await.code, 0, "{path}");
    }
    assert_ne!(shell.run("kill -9 1 && sleep 1 && kill -0 1").await.code, 0);
    assert_eq!(shell.succeed("echo alive").await, "alive");
    let environment = shell.succeed("env; cat /proc/self/environ | tr '\\0' '\\n'").await;
    assert!(!environment.contains(spec.token.reveal()), "the token is in the environment");
}

pub async fn calls_that_lead_out_are_refused(rig: &mut Rig) {
    let (_, shell) = rig.start(&spec()).await;
    for (name, number, arguments) in [
        ("mount", number::MOUNT, r#""none", "/tmp", "tmpfs", 0, 0"#),
        ("umount2", number::UMOUNT2, r#""/tmp", 0"#),
        ("pivot_root", number::PIVOT_ROOT, r#"".", ".""#),
        ("open_tree", OPEN_TREE, r#"-100, "/", 1"#),
        ("fsopen", FSOPEN, r#""tmpfs", 0"#),
        ("ptrace", number::PTRACE, "0, 0, 0, 0"),
        ("process_vm_readv", number::PROCESS_VM_READV, "1, 0, 0, 0, 0, 0"),
        ("init_module", number::INIT_MODULE, r#""x", 1, """#),
        ("kexec_file_load", number::KEXEC_FILE_LOAD, "0, 0, 0, 0, 0"),
        ("bpf", number::BPF, r#"0, "x" x 128, 128"#),
        ("perf_event_open", number::PERF_EVENT_OPEN, r#""x" x 128, 0, -1, -1, 0"#),
        ("userfaultfd", number::USERFAULTFD, "0"),
        ("add_key", number::ADD_KEY, r#""user", "a", "b", 1, -3"#),
        ("keyctl", number::KEYCTL, "0, -3, 0"),
        ("io_uring_setup", IO_URING_SETUP, r#"1, "\0" x 256"#),
        ("open_by_handle_at", number::OPEN_BY_HANDLE_AT, r#"-100, "\0" x 64, 0"#),
        ("setns", number::SETNS, "0, 0"),
        ("unshare user", number::UNSHARE, "0x10000000"),
        ("unshare mount", number::UNSHARE, "0x00020000"),
        ("unshare network", number::UNSHARE, "0x40000000"),
        ("unshare time", number::UNSHARE, "0x80"),
        ("clone user", number::CLONE, "0x10000011, 0, 0, 0, 0"),
        ("clone user, with a bit the kernel ignores", number::CLONE, "0x110000011, 0, 0, 0, 0"),
    ] {
        assert_eq!(errno(&shell, number, arguments).await, EPERM, "{name}");
    }
    assert_eq!(errno(&shell, CLONE3, r#""\0" x 88, 88"#).await, ENOSYS, "clone3");
    // What programs live on goes on working.
    shell.succeed("perl -e 'exit(fork() // 9)' ; (exec true) | cat; echo $(uname)").await;
}

pub async fn sockets_that_lead_out_are_refused(rig: &mut Rig) {
    let (_, shell) = rig.start(&spec()).await;
    for (name, arguments) in [
        ("packet", "17, 3, 0"),
        ("raw", "2, 3, 1"),
        ("raw, closed on exec", "2, 3 | 02000000, 1"),
        ("raw IPv6", "10, 3, 58"),
        ("AF_ALG", "38, 5, 0"),
        ("AF_VSOCK", "40, 1, 0"),
        ("AF_XDP", "44, 3, 0"),
        ("netfilter", "16, 3, 12"),
        ("AF_ALG, with a bit the kernel ignores", "0x100000026, 5, 0"),
    ] {
        assert_eq!(errno(&shell, number::SOCKET, arguments).await, EPERM, "{name}");
    }
    for (name, arguments) in [("unix", "1, 1, 0"), ("TCP", "2, 1, 0"), ("UDP", "10, 2, 0"), ("routes", "16, 3, 0")] {
        assert_eq!(errno(&shell, number::SOCKET, arguments).await, 0, "{name}");
    }
}

pub async fn nothing_can_be_typed_into_a_terminal(rig: &mut Rig) {
    let (_, shell) = rig.start(&spec()).await;
    // TIOCSTI (CVE-2017-5226), TIOCLINUX (CVE-2023-28100), and both with ignored bits set.
    for request in ["0x5412", "0x541C", "0x100005412", "0x8000000000005412 - 0", "0x10000541C"] {
        let refused = errno(&shell, number::IOCTL, &format!(r#"0, {request}, "x""#)).await;
        assert_eq!(refused, EPERM, "{request}");
    }
    shell.succeed("stty -a; test -t 0").await;
}

pub async fn no_device_can_be_made_and_few_are_there(rig: &mut Rig) {
    let (_, shell) = rig.start(&spec()).await;
    assert_ne!(shell.run("mknod /tmp/null c 1 3").await.code, 0);
    assert_ne!(shell.run("mknod /tmp/disk b 254 0").await.code, 0);
    shell.succeed("mkfifo /tmp/pipe").await;
    let allowed =
        "core fd full kcore mqueue null ptmx pts random shm stderr stdin stdout tty urandom zero console".split(' ');
    let allowed: Vec<_> = allowed.collect();
    for name in shell.succeed("ls -A /dev").await.split_whitespace() {
        assert!(allowed.contains(&name), "/dev/{name}");
    }
    shell.succeed("head -c 8 /dev/urandom > /dev/null; echo x > /dev/full; [ $? = 1 ]").await;
    assert_ne!(shell.run("head -c 1 /dev/kcore").await.code, 0);
}

pub async fn cgroups_and_kernel_settings_cannot_be_written(rig: &mut Rig) {
    let (_, shell) = rig.start(&spec()).await;
    let writable = "find /sys /proc/sys /proc/irq /proc/bus /proc/fs -type f -writable 2>/dev/null | head -3";
    let tried = format!("for f in $({writable}); do (echo 1 > $f) 2>/dev/null && echo $f; done; true");
    assert_eq!(shell.succeed(&tried).await, "");
    assert_ne!(shell.run("echo b > /proc/sysrq-trigger").await.code, 0);
    assert_ne!(shell.run("mkdir /sys/fs/cgroup/out").await.code, 0);
    // CVE-2025-31133 and its kin: what is masked is masked by something that is empty.
    assert_eq!(shell.succeed("cat /proc/keys /proc/timer_list 2>/dev/null; ls /sys/firmware").await, "");
    // Its own tree is all it sees.
    let own = shell.succeed("cat /proc/self/cgroup").await;
    let is_root = own.lines().all(|line| line.ends_with(":/"));
    assert!(is_root || rig.host.lacks(Lack::CgroupNamespace), "{own}");
}

pub async fn no_program_gains_rights(rig: &mut Rig) {
    let (_, shell) = rig.start(&spec()).await;
    let status = shell.succeed("grep -E '^(CapInh|CapPrm|CapEff|CapAmb|NoNewPrivs|Seccomp):' /proc/self/status").await;
    for line in status.lines() {
        let (name, value) = line.split_once(':').unwrap();
        let expected = match name {
            "NoNewPrivs" => "1",
            "Seccomp" => "2",
            _ => "0000000000000000",
        };
        assert_eq!(value.trim(), expected, "{name}");
    }
    let gained = "for p in $(find /usr/bin -perm -4000 2>/dev/null); do cp $p /tmp/p; test -u /tmp/p && echo $p; done";
    assert_eq!(shell.run(gained).await.text, "");
    assert_ne!(shell.run("su -c id < /dev/null").await.code, 0);
    assert_eq!(shell.succeed("id -u; id -G").await, "1000\n1000");
    let root = shell.run("perl -e '$> = 0; $< = 0; exit($> == 0 || $< == 0)'").await;
    assert_eq!(root.code, 0, "became root");
}

pub async fn no_descriptor_of_the_hosts_is_open(rig: &mut Rig) {
    let (_, shell) = rig.start(&spec()).await;
    // CVE-2024-21626: a descriptor of a directory outside would be a way there.
    let open = shell.succeed("for f in /proc/$$/fd/*; do readlink $f; done | sort -u").await;
    assert!(open.lines().all(|target| target.starts_with("/dev/pts/")), "{open}");
    let child = shell.succeed("ls /proc/self/fd | wc -l").await;
    assert_eq!(child, "4", "0, 1, 2 and the listing's own");
    let outside = shell.run("cd /proc/self/fd/7 || cd /proc/self/fd/8 || cd /proc/self/fd/3/..").await;
    assert_ne!(outside.code, 0);
}

pub async fn the_host_cannot_be_reached_over_the_network(rig: &mut Rig) {
    let listener = TcpListener::bind("0.0.0.0:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let datagrams = tokio::net::UdpSocket::bind(("0.0.0.0", port)).await.unwrap();
    datagrams.join_multicast_v4([224, 0, 0, 251].into(), [0, 0, 0, 0].into()).unwrap();
    let (_, shell) = rig.start(&spec()).await;
    // Whatever way out there is needs a moment; with it there, or after a while without.
    shell.run("for i in $(seq 30); do grep -q eth0 /proc/net/route && break; sleep 0.1; done").await;
    let mut addresses: Vec<_> = ["127.0.0.1", "127.1.2.3", "0.0.0.0", "224.0.0.251", "255.255.255.255"]
        .into_iter()
        .map(str::to_owned)
        .collect();
    addresses.extend(own_address());
    addresses.extend(shell.run("awk '$2 == \"00000000\" {print $3}' /proc/net/route").await.text.lines().map(gateway));
    for address in addresses {
        // By the routes, and past them: SO_BINDTODEVICE is anybody's.
        for bind in ["", "setsockopt(S, SOL_SOCKET, 25, \"eth0\\0\");"] {
            let send = format!(
                "timeout 1 perl -MSocket -e '$to = pack_sockaddr_in({port}, inet_aton(\"{address}\")); \
                 socket(S, PF_INET, SOCK_DGRAM, 0); setsockopt(S, SOL_SOCKET, SO_BROADCAST, 1); {bind} \
                 send(S, \"x\", 0, $to); socket(S, PF_INET, SOCK_STREAM, 0); {bind} connect(S, $to)'"
            );
            shell.run(&send).await;
        }
    }
    let mut buffer = [0; 8];
    let reached = timeout(std::time::Duration::from_millis(200), async {
        tokio::select! {
            accepted = listener.accept() => format!("a connection: {accepted:?}"),
            received = datagrams.recv_from(&mut buffer) => format!("a datagram: {received:?}"),
        }
    });
    if let Ok(what) = reached.await {
        panic!("the host was reached by {what}");
    }
}

/// The host's address on its way out, if it has one.
fn own_address() -> Option<String> {
    let socket = UdpSocket::bind("0.0.0.0:0").ok()?;
    // Sends nothing: it only picks the address.
    socket.connect(SocketAddr::from(([192, 0, 2, 1], 9))).ok()?;
    Some(socket.local_addr().ok()?.ip().to_string())
}

/// An address as `/proc/net/route` writes it.
fn gateway(hexadecimal: &str) -> String {
    let number = u32::from_str_radix(hexadecimal.trim(), 16).unwrap_or_default();
    std::net::Ipv4Addr::from(number.swap_bytes()).to_string()
}
