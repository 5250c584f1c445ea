//! The process of a function: started once, it has what adapters and handlers are made of.

use std::error::Error as StdError;
use std::sync::Arc;

use aws_config::SdkConfig;
use holdfast_app::Clock;
use holdfast_app::kernel::Pause;
use holdfast_egress::Trust;
use thiserror::Error;

use crate::causes;
use crate::clock::SystemClock;
use crate::config::{Config, MissingVariables, Variable};
use crate::logging;
use crate::sdk::{sdk_config, trust};

/// A process that cannot start.
#[derive(Debug, Error)]
pub enum StartError {
    /// Its environment lacks something.
    #[error(transparent)]
    Environment(#[from] MissingVariables),
    /// There are no authorities by whose certificates AWS could prove itself.
    #[error("no authority's certificate can be read")]
    Trust(#[source] Box<dyn StdError + Send + Sync>),
}

/// A started process.
pub struct Process {
    config: Config,
    trust: Trust,
    sdk: SdkConfig,
    clock: Arc<SystemClock>,
}

impl Process {
    /// Starts the process of a function that needs these variables besides the region: log, configuration, the SDK's
    /// settings.
    ///
    /// # Errors
    /// [`StartError`], with all missing variables at once.
    pub fn start(needs: &[Variable]) -> Result<Self, StartError> {
        let needs = [&[Variable::Region], needs].concat();
        let config = Config::from_environment(&needs).inspect_err(|error| {
            logging::start("info");
            tracing::error!(%error, "the function cannot start");
        })?;
        logging::start(config.get(Variable::LogFilter).unwrap_or_default());
        let trust =
            trust(config.get(Variable::Endpoint)).map_err(StartError::Trust).inspect_err(|error| {
                tracing::error!(error = causes(error), "the function cannot start");
            })?;
        let sdk = sdk_config(&config, trust.clone())?;
        Ok(Self { config, trust, sdk, clock: Arc::new(SystemClock) })
    }

    /// Returns the clock.
    #[must_use]
    pub fn clock(&self) -> Arc<dyn Clock> {
        self.clock.clone()
    }

    /// Returns the clock, to wait by.
    #[must_use]
    pub fn pause(&self) -> Arc<dyn Pause> {
        self.clock.clone()
    }

    /// Returns the authorities by whose certificates AWS proves itself.
    pub(crate) fn trust(&self) -> &Trust {
        &self.trust
    }

    /// Returns the settings that a client of AWS is made of. Clients share one HTTP client.
    #[must_use]
    pub fn sdk(&self) -> &SdkConfig {
        &self.sdk
    }

    /// Returns a way to make a client of AWS with these settings later.
    pub fn making<C>(&self, make: fn(&SdkConfig) -> C) -> impl FnOnce() -> C + Send + use<C> {
        let sdk = self.sdk.clone();
        move || make(&sdk)
    }

    /// Returns a value that the environment may lack.
    #[must_use]
    pub fn get(&self, variable: Variable) -> Option<&str> {
        self.config.get(variable)
    }

    /// Returns a value that the function needs.
    ///
    /// # Errors
    /// [`MissingVariables`], when the function has not said that it needs it.
    pub fn require(&self, variable: Variable) -> Result<&str, MissingVariables> {
        self.config.require(variable)
    }
}
