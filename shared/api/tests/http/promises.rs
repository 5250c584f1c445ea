//! What the stub signs: one quote, the last.

use async_trait::async_trait;
use holdfast_app::kernel::SecretError;
use holdfast_app::rates::{Quote, QuoteSeals};
use jiff::Timestamp;

use crate::stub::Stub;

/// The one id that this stub gives quotes; of any other it knows nothing.
fn quote_id() -> String {
    format!("eyJ.{}", "q".repeat(43))
}

#[async_trait]
impl QuoteSeals for Stub {
    async fn seal(&self, quote: &Quote) -> Result<Option<String>, SecretError> {
        *self.0.quote.lock().expect("no panic") = Some(quote.clone());
        Ok(Some(quote_id()))
    }

    async fn open(&self, id: &str, _: Timestamp) -> Result<Option<Quote>, SecretError> {
        Ok(self.0.quote.lock().expect("no panic").clone().filter(|_| id == quote_id()))
    }
}
