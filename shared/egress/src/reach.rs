//! Where requests may go.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use thiserror::Error;
use url::Url;

/// How far requests may reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Public addresses over TLS.
    Public,
    /// Anything over TLS, and this machine without: where AWS is an emulator, its neighbours are here.
    Emulated,
}

/// A URL that nothing is sent to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum UnfitUrl {
    /// On AWS: not https, with a user, or to an address that is not public.
    #[error("the URL must be https to a public address, without a user")]
    NotPublic,
    /// Beside an emulator: neither https nor http on this machine, or with a user.
    #[error("the URL must be https, or http on this machine, without a user")]
    NotHere,
}

/// A host without a public address.
#[derive(Debug, Error)]
#[error("the host has no public address")]
struct NoPublicAddress;

impl Reach {
    /// The reach of a process for which AWS is at `emulator`, or is AWS.
    #[must_use]
    pub fn beside(emulator: Option<&str>) -> Self {
        if emulator.is_some() { Self::Emulated } else { Self::Public }
    }

    /// The URL, if requests may be sent to it.
    ///
    /// # Errors
    /// [`UnfitUrl`].
    pub fn url(self, text: &str) -> Result<Url, UnfitUrl> {
        let unfit = match self {
            Self::Public => UnfitUrl::NotPublic,
            Self::Emulated => UnfitUrl::NotHere,
        };
        let url = Url::parse(text).map_err(|_| unfit)?;
        let host = url.host_str().ok_or(unfit)?;
        let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>().ok();
        let has_user = !url.username().is_empty() || url.password().is_some();
        let fits = match self {
            Self::Public => url.scheme() == "https" && address.is_none_or(is_public),
            Self::Emulated => {
                let is_here = host == "localhost" || address.is_some_and(|address| address.is_loopback());
                url.scheme() == "https" || url.scheme() == "http" && is_here
            }
        };
        if fits && !has_user { Ok(url) } else { Err(unfit) }
    }

    /// The addresses of the host `name` that may be connected to, without a port.
    ///
    /// # Errors
    /// If the name cannot be resolved, or leads to none such.
    pub(crate) async fn resolve(self, name: &str) -> io::Result<Vec<SocketAddr>> {
        let found = tokio::net::lookup_host((name, 0)).await?;
        let within: Vec<SocketAddr> = match self {
            Self::Public => found.filter(|address| is_public(address.ip())).collect(),
            Self::Emulated => found.collect(),
        };
        if within.is_empty() { Err(io::Error::other(NoPublicAddress)) } else { Ok(within) }
    }
}

/// Whether an address is one of the public Internet, by the registries of special-purpose addresses
/// (<https://www.iana.org/assignments/iana-ipv4-special-registry>, <https://www.iana.org/assignments/iana-ipv6-special-registry>).
#[must_use]
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let special = match address.octets() {
        // This network, this machine, and what is reserved.
        [0 | 127 | 240.., ..] => true,
        // Private use, and networks behind the address translation of a carrier.
        [10, ..] | [192, 168, ..] => true,
        [172, second, ..] => (16..32).contains(&second),
        [100, second, ..] => (64..128).contains(&second),
        // Link-local: the metadata service of AWS is there.
        [169, 254, ..] => true,
        // Assignments of the IETF, documentation, the old relay of 6to4, benchmarks, multicast.
        [192, 0, 0 | 2, _] | [198, 51, 100, _] | [203, 0, 113, _] | [192, 88, 99, _] => true,
        [198, 18 | 19, ..] | [224..240, ..] => true,
        _ => false,
    };
    !special
}

/// Global unicast is 2000::/3. What embeds an address of the other kind, or is for documentation, is none.
fn is_public_v6(address: Ipv6Addr) -> bool {
    match address.segments() {
        [0x2001, second, ..] if second < 0x0200 || second == 0x0db8 => false,
        [0x2002 | 0x3fff, ..] => false,
        [first, ..] => (0x2000..0x4000).contains(&first),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_the_public_internet_are_public() {
        for public in [
            "1.1.1.1",
            "3.120.0.1",
            "172.15.0.1",
            "172.32.0.1",
            "100.63.0.1",
            "100.128.0.1",
            "2600:1f18::1",
            "2a00:1450::1",
        ] {
            assert!(is_public(public.parse().expect("an address")), "{public}");
        }
        for other in [
            "0.0.0.0",
            "10.1.2.3",
            "127.0.0.1",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "100.64.0.1",
            "192.0.2.1",
            "198.18.0.1",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "fe80::1",
            "fc00::1",
            "fd00:ec2::254",
            "::ffff:10.0.0.1",
            "64:ff9b::a00:1",
            "2001:db8::1",
            "2001::1",
            "2002:a00:1::",
            "ff02::1",
        ] {
            assert!(!is_public(other.parse().expect("an address")), "{other}");
        }
    }

    #[test]
    fn urls_are_public_and_encrypted_but_beside_an_emulator() {
        let check = |url: &str, public: bool, emulated: bool| {
            assert_eq!(Reach::Public.url(url).is_ok(), public, "{url}");
            assert_eq!(Reach::Emulated.url(url).is_ok(), emulated, "{url}");
        };
        check("https://partner.example/hooks", true, true);
        check("https://1.1.1.1/hooks", true, true);
        check("https://10.0.0.1/hooks", false, true);
        check("https://[::1]/hooks", false, true);
        check("https://0x7f000001/", false, true);
        check("https://127.1/", false, true);
        check("http://localhost:8423/hooks", false, true);
        check("http://127.0.0.1:9001", false, true);
        check("http://partner.example/hooks", false, false);
        check("https://user:secret@partner.example/", false, false);
        check("ftp://partner.example/", false, false);
        check("partner.example", false, false);
    }

    #[tokio::test]
    async fn a_name_that_leads_inside_is_not_resolved() {
        let refused = Reach::Public.resolve("localhost").await.expect_err("this machine");
        assert_eq!(refused.to_string(), "the host has no public address");
        assert!(!Reach::Emulated.resolve("localhost").await.expect("this machine").is_empty());
    }

    #[test]
    fn the_reach_is_public_unless_aws_is_an_emulator() {
        assert_eq!(Reach::beside(None), Reach::Public);
        assert_eq!(Reach::beside(Some("http://localhost:4566")), Reach::Emulated);
    }
}
