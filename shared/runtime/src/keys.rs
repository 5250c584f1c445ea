//! The keys of token issuers, fetched over connections as the SDK's clients have them: no function has a second HTTP client for them.

use std::error::Error as StdError;
use std::time::Duration;

use async_trait::async_trait;
use holdfast_egress::{Connections, Trust};
use holdfast_http::identity::{KeySource, KeysUnavailable};

use crate::connector::{CONNECT_TIMEOUT, limits};

/// All of one attempt, as of any other call: what takes seconds is lost.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(3);
/// A request waits for keys and has more to do.
const ATTEMPTS_MAX: usize = 2;
/// Cognito's set of two keys has less than 1 KB.
const BYTES_MAX: usize = 64 * 1024;

/// Key sets of issuers.
pub(crate) struct FetchedKeys {
    trust: Trust,
    attempt_timeout: Duration,
}

impl FetchedKeys {
    /// Of issuers that prove themselves by these authorities, as AWS does.
    pub(crate) fn new(trust: Trust) -> Self {
        Self { trust, attempt_timeout: ATTEMPT_TIMEOUT }
    }

    async fn attempt(&self, url: &str) -> Result<Vec<u8>, KeysUnavailable> {
        match tokio::time::timeout(self.attempt_timeout, self.get(url)).await {
            Ok(fetched) => fetched.map_err(KeysUnavailable),
            Err(late) => Err(KeysUnavailable(late.into())),
        }
    }

    async fn get(&self, url: &str) -> Result<Vec<u8>, Box<dyn StdError + Send + Sync>> {
        let request = http::Request::get(url).body(Default::default())?;
        // Once in an hour: none is kept.
        let connections = Connections::new(request.uri(), None, self.trust.clone(), limits(CONNECT_TIMEOUT))?;
        let answer = connections.exchange(request, Some(BYTES_MAX), &mut false).await?;
        if !answer.status().is_success() {
            return Err(format!("the issuer answered {}", answer.status().as_u16()).into());
        }
        Ok(answer.into_body().into())
    }
}

#[async_trait]
impl KeySource for FetchedKeys {
    async fn fetch(&self, url: &str) -> Result<Vec<u8>, KeysUnavailable> {
        let mut fetched = self.attempt(url).await;
        for _ in 1..ATTEMPTS_MAX {
            if fetched.is_err() {
                fetched = self.attempt(url).await;
            }
        }
        fetched
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;
    use crate::sdk::trust;

    /// Fetches from a server that answers with these bytes, one after the other and then the last again, or never.
    async fn check(answers: &[Option<Vec<u8>>], expected: Result<&[u8], &str>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}/.well-known/jwks.json", listener.local_addr().expect("an address"));
        let server = async {
            let mut waiting = Vec::new();
            for number in 0.. {
                let (mut stream, _) = listener.accept().await.expect("a connection");
                let mut asked = vec![0; 4096];
                let read = stream.read(&mut asked).await.expect("a request");
                assert!(asked[..read].starts_with(b"GET /.well-known/jwks.json HTTP/1.1\r\n"));
                match answers.get(number).or(answers.last()).expect("an answer") {
                    Some(answer) => drop(stream.write_all(answer).await),
                    None => waiting.push(stream),
                }
            }
        };
        let source = FetchedKeys {
            trust: trust(Some("http://localhost")).expect("roots"),
            attempt_timeout: if *answers == [None] { Duration::from_millis(50) } else { ATTEMPT_TIMEOUT },
        };
        let fetched = tokio::select! {
            fetched = source.fetch(&url) => fetched,
            () = server => unreachable!("it serves for ever"),
        };
        match (fetched, expected) {
            (Ok(set), Ok(expected)) => assert_eq!(set, expected),
            (Err(error), Err(words)) => assert!(error.0.to_string().contains(words), "{}", error.0),
            (fetched, _) => panic!("{fetched:?}, not {expected:?}"),
        }
    }

    fn answer(status: &str, body: &[u8]) -> Option<Vec<u8>> {
        let head =
            format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
        Some([head.as_bytes(), body].concat())
    }

    #[tokio::test]
    async fn keys_come_whole_or_not_at_all() {
        check(&[answer("200 OK", b"{\"keys\":[]}")], Ok(b"{\"keys\":[]}")).await;
        check(&[answer("500 Internal Server Error", b"{}")], Err("500")).await;
        check(&[answer("302 Found", b"{}")], Err("302")).await;
        check(&[answer("200 OK", &vec![b' '; BYTES_MAX + 1])], Err("more than")).await;
        let cut = answer("200 OK", b"{}").map(|bytes| bytes[..bytes.len() - 1].to_vec());
        check(&[cut], Err("")).await;
        check(&[None], Err("deadline")).await;
    }

    #[tokio::test]
    async fn an_attempt_that_fails_is_repeated_once() {
        let (failed, good) = (answer("503 Service Unavailable", b""), answer("200 OK", b"{}"));
        check(&[failed.clone(), good.clone()], Ok(b"{}")).await;
        check(&[None, good.clone()], Ok(b"{}")).await;
        check(&[failed.clone(), failed, good], Err("503")).await;
    }
}
