//! Whose word counts on who a host is.

use hyper_rustls::ConfigBuilderExt;
use rustls::client::WantsClientCert;
use rustls::crypto::ring;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, ConfigBuilder, RootCertStore, WantsVerifier};

use crate::Source;

/// The authorities by whose certificates hosts prove themselves. Copies share their sessions of TLS.
#[derive(Debug, Clone)]
pub struct Trust(pub(crate) ClientConfig);

impl Trust {
    /// Those that the system trusts, which are read here.
    ///
    /// # Errors
    /// If the system has none.
    pub fn system() -> Result<Self, Source> {
        Ok(Self::of(builder()?.with_native_roots()?))
    }

    /// Those whose certificates `pem` has, and no others.
    ///
    /// # Errors
    /// If it has none, or one that cannot be read.
    pub fn roots(pem: &str) -> Result<Self, Source> {
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
            roots.add(certificate?)?;
        }
        if roots.is_empty() {
            return Err("there is no certificate".into());
        }
        Ok(Self::of(builder()?.with_root_certificates(roots)))
    }

    fn of(config: ConfigBuilder<ClientConfig, WantsClientCert>) -> Self {
        Self(config.with_no_client_auth())
    }
}

fn builder() -> Result<ConfigBuilder<ClientConfig, WantsVerifier>, rustls::Error> {
    ClientConfig::builder_with_provider(ring::default_provider().into()).with_safe_default_protocol_versions()
}

#[cfg(test)]
mod tests {
    use rcgen::generate_simple_self_signed;

    use super::*;
    use crate::scripted::pem;

    #[test]
    fn roots_are_read_whole_or_not_at_all() {
        let root = || {
            let made = generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
            pem(&made.cert)
        };
        let two = [root(), root()].concat();
        assert!(Trust::roots(&two).is_ok());
        let broken = two.replacen("-----BEGIN CERTIFICATE-----\n", "-----BEGIN CERTIFICATE-----\nAAAA", 1);
        for unfit in ["", "no certificate", &two[..two.len() - 30], &broken] {
            assert!(Trust::roots(unfit).is_err(), "{unfit}");
        }
    }
}
