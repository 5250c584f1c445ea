//! `GET /api/availability` and `GET /api/resources/{resourceId}/availability`: searches resources and reads calendars.

use holdfast_api::{Api, SearchApi};
use holdfast_app::catalogue::Calendars;
use holdfast_app::search::Search;
use holdfast_runtime::{Error, Process, Variable, http};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let process = Process::start(&[Variable::LedgerTable, Variable::SearchTable])?;
    let search = Search::new(process.search_index()?);
    let api = SearchApi::new(search, Calendars::new(process.catalogue_reader()?), process.clock());
    http::serve(|request| api.handle(request)).await
}
