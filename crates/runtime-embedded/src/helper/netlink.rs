//! The few things asked of the kernel's routing: which addresses are this host's, and routes that
//! refuse them.

use std::io;
use std::net::Ipv4Addr;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

/// A range of addresses, host order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Prefix {
    pub(super) address: Ipv4Addr,
    pub(super) length: u8,
}

/// Largest answer read at once; the kernel's own dumps use 32 KiB.
const BUFFER: usize = 1 << 15;
/// `struct nlmsghdr`.
const HEADER: usize = 16;
/// `struct rtmsg`.
const ROUTE: usize = 12;

/// A routing socket in the network namespace of the thread that opened it.
pub(super) struct Routes(OwnedFd);

impl Routes {
    pub(super) fn open() -> io::Result<Self> {
        // SAFETY: plain numbers.
        let raw = unsafe { libc::socket(libc::AF_NETLINK, libc::SOCK_RAW | libc::SOCK_CLOEXEC, libc::NETLINK_ROUTE) };
        if raw < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the kernel has just given us this descriptor.
        Ok(Self(unsafe { OwnedFd::from_raw_fd(raw) }))
    }

    /// Every range of addresses that is this host's own, loopback among them.
    pub(super) fn local(&self) -> io::Result<Vec<Prefix>> {
        let flags = libc::NLM_F_REQUEST | libc::NLM_F_DUMP;
        self.send(libc::RTM_GETROUTE, flags, &route(libc::RT_TABLE_LOCAL, 0, 0, 0))?;
        let mut prefixes = Vec::new();
        'read: loop {
            let answer = self.receive()?;
            for (kind, body) in messages(&answer) {
                match kind {
                    KIND_DONE => break 'read,
                    KIND_ERROR => return Err(error(body)),
                    libc::RTM_NEWROUTE => prefixes.extend(local_prefix(body)),
                    _ => {}
                }
            }
        }
        prefixes.sort_unstable();
        prefixes.dedup();
        Ok(prefixes)
    }

    /// Makes every packet to `prefix` fail at once, whatever other routes there are.
    pub(super) fn prohibit(&self, prefix: Prefix) -> io::Result<()> {
        let mut body = route(libc::RT_TABLE_MAIN, prefix.length, libc::RTN_PROHIBIT, libc::RTPROT_STATIC);
        body.extend_from_slice(&attribute(libc::RTA_DST, &prefix.address.octets()));
        self.ask(libc::RTM_NEWROUTE, libc::NLM_F_CREATE | libc::NLM_F_REPLACE, &body)
    }

    /// Brings the loopback interface up.
    pub(super) fn loopback_up(&self) -> io::Result<()> {
        let mut body = vec![0_u8; 16];
        // `struct ifinfomsg`: the first interface of every namespace is loopback.
        body[4..8].copy_from_slice(&1_i32.to_ne_bytes());
        let up = (libc::IFF_UP as u32).to_ne_bytes();
        body[8..12].copy_from_slice(&up);
        body[12..16].copy_from_slice(&up);
        self.ask(libc::RTM_NEWLINK, 0, &body)
    }

    /// Makes `hardware` the address of the neighbour `address` on an interface, for good.
    pub(super) fn neighbour(&self, interface: u32, address: Ipv4Addr, hardware: [u8; 6]) -> io::Result<()> {
        // `struct ndmsg`.
        let mut body = vec![0_u8; 12];
        body[0] = libc::AF_INET as u8;
        body[4..8].copy_from_slice(&interface.to_ne_bytes());
        body[8..10].copy_from_slice(&libc::NUD_PERMANENT.to_ne_bytes());
        body.extend_from_slice(&attribute(libc::NDA_DST, &address.octets()));
        body.extend_from_slice(&attribute(libc::NDA_LLADDR, &hardware));
        self.ask(libc::RTM_NEWNEIGH, libc::NLM_F_CREATE | libc::NLM_F_REPLACE, &body)
    }

    fn ask(&self, kind: u16, flags: i32, body: &[u8]) -> io::Result<()> {
        self.send(kind, libc::NLM_F_REQUEST | libc::NLM_F_ACK | flags, body)?;
        let answer = self.receive()?;
        match messages(&answer).next() {
            Some((KIND_ERROR, body)) if error_number(body) == 0 => Ok(()),
            Some((KIND_ERROR, body)) => Err(error(body)),
            _ => Err(io::Error::from(io::ErrorKind::InvalidData)),
        }
    }

    fn send(&self, kind: u16, flags: i32, body: &[u8]) -> io::Result<()> {
        let length = u32::try_from(HEADER + body.len()).map_err(io::Error::other)?;
        let flags = u16::try_from(flags).map_err(io::Error::other)?;
        let mut message = Vec::with_capacity(HEADER + body.len());
        message.extend_from_slice(&length.to_ne_bytes());
        message.extend_from_slice(&kind.to_ne_bytes());
        message.extend_from_slice(&flags.to_ne_bytes());
        message.extend_from_slice(&[0; 8]);
        message.extend_from_slice(body);
        // SAFETY: the buffer outlives the call and its length is its own.
        let sent = unsafe { libc::send(self.0.as_raw_fd(), message.as_ptr().cast(), message.len(), 0) };
        if sent < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
    }

    fn receive(&self) -> io::Result<Vec<u8>> {
        let mut buffer = vec![0_u8; BUFFER];
        // SAFETY: the buffer outlives the call and its length is its own.
        let received = unsafe { libc::recv(self.0.as_raw_fd(), buffer.as_mut_ptr().cast(), buffer.len(), 0) };
        let length = usize::try_from(received).map_err(|_| io::Error::last_os_error())?;
        buffer.truncate(length);
        Ok(buffer)
    }
}

const KIND_ERROR: u16 = libc::NLMSG_ERROR as u16;
const KIND_DONE: u16 = libc::NLMSG_DONE as u16;

/// `struct rtmsg` for IPv4.
fn route(table: u8, length: u8, kind: u8, protocol: u8) -> Vec<u8> {
    vec![libc::AF_INET as u8, length, 0, 0, table, protocol, libc::RT_SCOPE_UNIVERSE, kind, 0, 0, 0, 0]
}

/// `struct rtattr` with its value, padded.
fn attribute(kind: u16, value: &[u8]) -> Vec<u8> {
    let length = u16::try_from(4 + value.len()).unwrap_or(u16::MAX);
    let mut attribute = Vec::with_capacity(usize::from(length).next_multiple_of(4));
    attribute.extend_from_slice(&length.to_ne_bytes());
    attribute.extend_from_slice(&kind.to_ne_bytes());
    attribute.extend_from_slice(value);
    attribute.resize(usize::from(length).next_multiple_of(4), 0);
    attribute
}

/// The messages of an answer, each with its kind.
fn messages(mut answer: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    std::iter::from_fn(move || {
        let length = usize::try_from(u32::from_ne_bytes(answer.get(..4)?.try_into().ok()?)).ok()?;
        let kind = u16::from_ne_bytes(answer.get(4..6)?.try_into().ok()?);
        let body = answer.get(HEADER..length)?;
        answer = answer.get(length.next_multiple_of(4)..).unwrap_or_default();
        Some((kind, body))
    })
}

/// The range of a local route, for the table asked for only: the kernel may dump all of them.
fn local_prefix(body: &[u8]) -> Option<Prefix> {
    let (header, mut attributes) = body.split_at_checked(ROUTE)?;
    if header[4] != libc::RT_TABLE_LOCAL || header[7] != libc::RTN_LOCAL {
        return None;
    }
    loop {
        let length = usize::from(u16::from_ne_bytes(attributes.get(..2)?.try_into().ok()?));
        let kind = u16::from_ne_bytes(attributes.get(2..4)?.try_into().ok()?);
        if kind == libc::RTA_DST {
            let octets: [u8; 4] = attributes.get(4..8)?.try_into().ok()?;
            return Some(Prefix { address: Ipv4Addr::from(octets), length: header[1] });
        }
        attributes = attributes.get(length.max(4).next_multiple_of(4)..)?;
    }
}

fn error_number(body: &[u8]) -> i32 {
    body.get(..4).and_then(|bytes| bytes.try_into().ok()).map_or(libc::EPROTO, |bytes| -i32::from_ne_bytes(bytes))
}

fn error(body: &[u8]) -> io::Error {
    io::Error::from_raw_os_error(error_number(body))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn this_machine_has_its_loopback_addresses() {
        let local = Routes::open().unwrap().local().unwrap();
        assert!(local.contains(&Prefix { address: Ipv4Addr::new(127, 0, 0, 0), length: 8 }), "{local:?}");
    }

    #[test]
    fn a_truncated_answer_is_read_to_its_end_and_no_further() {
        assert_eq!(messages(&[]).count(), 0);
        assert_eq!(messages(&[255, 0, 0, 0, 1, 0]).count(), 0);
        assert_eq!(messages(&[0; 64]).count(), 0);
    }
}
