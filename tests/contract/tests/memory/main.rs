//! The contract over the in-memory ledger of the model, and the control: ledgers with a flaw each, which it must find.

mod flaws;
mod implementation;
mod tries;

use implementation::Memory;

holdfast_contract::contract!(Memory);
