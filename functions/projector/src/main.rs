//! Updates the read model of the search from the changes of the ledger.

use holdfast_runtime::{Error, Process, ProjectorHandler, Variable, stream};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let process = Process::start(&[Variable::LedgerTable, Variable::SearchTable])?;
    let handler = ProjectorHandler::new(process.ledger()?, process.search_index()?);
    stream::serve(|records| handler.apply(records)).await
}
