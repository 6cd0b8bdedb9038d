//! A session's own network: a bridge with nobody on it but its container.

use std::collections::HashMap;

use bollard::errors::Error;
use bollard::models::{Ipam, IpamConfig, NetworkCreateRequest};
use bollard::query_parameters::ListNetworksOptionsBuilder;
use protocol::SessionId;
use runtime::RuntimeError;

use crate::api::{Api, REMOVE_LIMIT, message, status};
use crate::spec::{Labels, SESSION};
use crate::wall::PREFIX;

/// Networks are of eight addresses each, within 10.213.0.0/16. Docker's own pools are exhausted by some thirty
/// networks, for they are cut for many containers each.
const FIRST: u32 = 0x0AD5_0000;
const SIZE: u32 = 8;
const COUNT: u32 = 0x1_0000 / SIZE;
/// Subnets that are tried before giving up: sessions begin at places of their own, so few are taken.
const TRIES: u32 = 64;

/// The name of a session's network.
pub(crate) fn name(session: &SessionId) -> String {
    format!("berth-{session}")
}

/// Makes it, or finds the one that was made before.
pub(crate) async fn make(api: &Api, labels: &Labels, session: &SessionId) -> Result<(), RuntimeError> {
    if !find(api, labels, Some(session)).await?.is_empty() {
        return Ok(());
    }
    let docker = api.docker().await?;
    let what = "making a network";
    let start = place(session);
    for attempt in 0..TRIES {
        let request = request(labels, session, (start + attempt) % COUNT);
        let outcome = tokio::time::timeout(api.patience.make, docker.create_network(request)).await;
        match outcome {
            Ok(Ok(_)) => return Ok(()),
            Ok(Err(error)) if is_taken(&error) => {}
            Ok(Err(error)) => return Err(api.translate(what, error)),
            Err(_) => return Err(RuntimeError::Timeout { what, seconds: api.patience.make.as_secs() }),
        }
    }
    Err(RuntimeError::Unavailable { detail: format!("{what}: {TRIES} subnets of 10.213.0.0/16 are taken") })
}

fn is_taken(error: &Error) -> bool {
    let message = message(error).to_lowercase();
    message.contains("overlap") || message.contains("already being used") || message.contains("already used")
}

/// Where a session begins to look for a free subnet.
fn place(session: &SessionId) -> u32 {
    // FNV-1a.
    session.as_str().bytes().fold(0x811C_9DC5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
        % COUNT
}

fn request(labels: &Labels, session: &SessionId, number: u32) -> NetworkCreateRequest {
    let first = FIRST + number * SIZE;
    let address = |offset: u32| std::net::Ipv4Addr::from(first + offset).to_string();
    let range =
        IpamConfig { subnet: Some(format!("{}/29", address(0))), gateway: Some(address(1)), ..IpamConfig::default() };
    let options = [
        ("com.docker.network.bridge.name", format!("{PREFIX}{session}")),
        ("com.docker.network.bridge.enable_icc", "false".to_owned()),
    ];
    NetworkCreateRequest {
        name: name(session),
        driver: Some("bridge".to_owned()),
        enable_ipv6: Some(false),
        ipam: Some(Ipam { config: Some(vec![range]), ..Ipam::default() }),
        options: Some(options.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()),
        labels: Some(labels.of(session)),
        ..NetworkCreateRequest::default()
    }
}

/// Our networks, all or one session's: their ids, and whose they are.
pub(crate) async fn find(
    api: &Api,
    labels: &Labels,
    session: Option<&SessionId>,
) -> Result<Vec<(String, SessionId)>, RuntimeError> {
    let docker = api.docker().await?;
    let filters: HashMap<String, Vec<String>> = labels.filter(session);
    let options = ListNetworksOptionsBuilder::default().filters(&filters).build();
    let list = api.call("listing networks", api.patience.look, docker.list_networks(Some(options))).await?;
    let ours = list.into_iter().filter_map(|network| {
        // The engine's filter is not relied on: what is found may be removed.
        let found = labels.session(network.labels.as_ref()?)?;
        (session.is_none_or(|wanted| *wanted == found)).then_some((network.id?, found))
    });
    Ok(ours.collect())
}

/// Removes a session's network.
pub(crate) async fn remove(api: &Api, labels: &Labels, session: &SessionId) -> Result<(), RuntimeError> {
    let docker = api.docker().await?;
    for (id, _) in find(api, labels, Some(session)).await? {
        let removed = tokio::time::timeout(REMOVE_LIMIT, docker.remove_network(&id)).await;
        match removed {
            Ok(Err(error)) if status(&error) != Some(404) => return Err(api.translate("removing a network", error)),
            Err(_) => {
                return Err(RuntimeError::Timeout { what: "removing a network", seconds: REMOVE_LIMIT.as_secs() });
            }
            _ => {}
        }
    }
    tracing::trace!(label = SESSION, %session, "no network is left");
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn sessions_have_subnets_of_their_own_within_the_range() {
        let labels = Labels::new("x");
        let session: SessionId = "abcdefghij01".parse().unwrap();
        let of = |number| request(&labels, &session, number).ipam.unwrap().config.unwrap()[0].clone();
        assert_eq!(of(0).subnet.as_deref(), Some("10.213.0.0/29"));
        assert_eq!(of(COUNT - 1).subnet.as_deref(), Some("10.213.255.248/29"));
        assert_eq!(of(1).gateway.as_deref(), Some("10.213.0.9"));
        assert!(place(&session) < COUNT);
    }
}
