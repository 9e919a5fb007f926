//! The proxies in front of us whose word about the visitor's address we take.

use anyhow::{Context, Result};
use std::net::IpAddr;

/// One address, or a block of them like 10.0.0.0/8.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    bits: u8,
}

impl Network {
    /// Reads a comma-separated list.
    pub fn parse_list(list: &str) -> Result<Vec<Network>> {
        list.split(',').map(str::trim).filter(|entry| !entry.is_empty()).map(Network::parse).collect()
    }

    fn parse(entry: &str) -> Result<Network> {
        let wrong =
            || format!("TRUSTED_PROXIES holds {entry:?}. Each entry is an address or a block, like 10.0.0.0/8.");
        let (address, bits) = entry.split_once('/').map_or((entry, None), |(address, bits)| (address, Some(bits)));
        let address: IpAddr = address.parse().ok().with_context(wrong)?;
        let width = if address.is_ipv4() { 32 } else { 128 };
        let bits =
            bits.map_or(Some(width), |bits| bits.parse().ok()).filter(|bits| *bits <= width).with_context(wrong)?;
        Ok(Network { address, bits })
    }

    pub fn contains(&self, other: IpAddr) -> bool {
        match (self.address, other.to_canonical()) {
            (IpAddr::V4(ours), IpAddr::V4(theirs)) => same(&ours.octets(), &theirs.octets(), self.bits),
            (IpAddr::V6(ours), IpAddr::V6(theirs)) => same(&ours.octets(), &theirs.octets(), self.bits),
            _ => false,
        }
    }
}

fn same(ours: &[u8], theirs: &[u8], bits: u8) -> bool {
    let whole = usize::from(bits / 8);
    let rest = bits % 8;
    let mask = if rest == 0 { 0 } else { 0xff << (8 - rest) };
    ours[..whole] == theirs[..whole] && (rest == 0 || ours[whole] & mask == theirs[whole] & mask)
}

/// Who really asks: the peer, or behind trusted proxies the right-most hop that is not one of them. Anything a
/// visitor writes into the header stands further left and is not looked at.
pub fn visitor(peer: IpAddr, forwarded_for: Option<&str>, trusted: &[Network]) -> IpAddr {
    let is_ours = |address: IpAddr| trusted.iter().any(|network| network.contains(address));
    let mut visitor = peer.to_canonical();
    for hop in forwarded_for.unwrap_or_default().rsplit(',') {
        if !is_ours(visitor) {
            break;
        }
        let Ok(hop) = hop.trim().parse::<IpAddr>() else { break };
        visitor = hop.to_canonical();
    }
    visitor
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_trusted_proxy_can_say_who_visits() {
        let trusted = Network::parse_list("127.0.0.1, 10.0.0.0/8").unwrap();
        let ip = |text: &str| text.parse::<IpAddr>().unwrap();

        assert_eq!(visitor(ip("203.0.113.9"), Some("192.0.2.1"), &trusted), ip("203.0.113.9"));
        assert_eq!(visitor(ip("127.0.0.1"), Some("1.1.1.1, 198.51.100.7, 10.2.3.4"), &trusted), ip("198.51.100.7"));
        assert_eq!(visitor(ip("127.0.0.1"), Some("nonsense"), &trusted), ip("127.0.0.1"));
        assert_eq!(visitor(ip("127.0.0.1"), None, &trusted), ip("127.0.0.1"));
    }

    #[test]
    fn a_block_ends_where_its_bits_end() {
        let block = Network::parse_list("10.16.0.0/12").unwrap()[0];
        assert!(block.contains("10.31.255.255".parse().unwrap()));
        assert!(!block.contains("10.32.0.0".parse().unwrap()));
        assert!(Network::parse_list("10.0.0.0/33").is_err());
    }
}
