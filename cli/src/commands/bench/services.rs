//! All subjects as running services, or why one is left out.

use std::{fs, path::PathBuf, sync::Arc, time::Duration};

use anyhow::{Context, Result, anyhow};

use super::{
    configuration::Configuration,
    encrypted::Certificate,
    load::{Load, Measured},
    provider::Provider,
    subjects::{Place, Server, Subject},
    text::one_line,
};

pub struct Services {
    provider: Arc<Provider>,
    folder: PathBuf,
    running: Vec<(Subject, Result<Measured, String>)>,
}

impl Services {
    /// Starts the provider and every subject. Their processes end with this.
    ///
    /// # Errors
    /// The provider cannot be started.
    pub async fn start(wasmtime: Option<PathBuf>, most_at_once: usize) -> Result<Self> {
        let provider = Arc::new(Provider::start().await?);
        (0..most_at_once).for_each(|number| provider.add_user(number));
        let folder = std::env::temp_dir().join(format!("unassign-role-bench-{}", std::process::id()));
        fs::create_dir_all(&folder).with_context(|| format!("{} cannot be made", folder.display()))?;
        let url = format!("http://{}", provider.address);
        let place = Place {
            configuration: Configuration::write(&url, &folder)?,
            folder: folder.clone(),
            provider: url,
            certificate: None,
            wasmtime,
            at_once: most_at_once,
        };
        let mut services = Self {
            provider,
            folder,
            running: Vec::new(),
        };
        for subject in Subject::ALL {
            let measured = services.measured(subject, &place).await;
            services.running.push((subject, measured));
        }
        services.set_floor().await;
        Ok(services)
    }

    async fn measured(&self, subject: Subject, place: &Place) -> Result<Measured, String> {
        match subject.start(place).await {
            Ok(process) => Ok(Measured {
                subject,
                process: Arc::new(process),
                provider: Arc::clone(&self.provider),
                floor_calls: 0,
            }),
            Err(why) => Err(one_line(&why)),
        }
    }

    /// One more service, whose provider is behind TLS.
    ///
    /// # Errors
    /// It cannot be started, or there is no certificate for the provider.
    pub async fn encrypted(&self, subject: Subject) -> Result<Measured> {
        let folder = self.folder.join("tls");
        fs::create_dir_all(&folder)?;
        let certificate = Certificate::make(&folder)?;
        let url = format!("https://{}", self.provider.encrypt(&certificate).await?);
        let place = Place {
            configuration: Configuration::write(&url, &folder)?,
            folder,
            provider: url,
            certificate: Some(certificate.file),
            wasmtime: None,
            at_once: 0,
        };
        self.measured(subject, &place).await.map_err(|why| anyhow!(why))
    }

    /// The floor makes as many calls as a removal through the component is seen to make.
    async fn set_floor(&mut self) {
        let counted = match self.find(Subject::Wasi(Server::Own)) {
            Some(Ok(wasi)) => wasi.count_calls().await.map_err(|why| one_line(&why)),
            Some(Err(why)) => Err(why.to_owned()),
            None => Ok(0),
        };
        for (subject, measured) in &mut self.running {
            match (&counted, &mut *measured) {
                (Ok(calls), Ok(measured)) => measured.floor_calls = *calls,
                (Err(why), _) if matches!(subject, Subject::Floor(_)) => {
                    *measured = Err(format!("nobody counted the calls of a removal: {why}"));
                }
                _ => {}
            }
        }
    }

    pub fn all(&self) -> impl Iterator<Item = (Subject, Result<&Measured, &str>)> {
        self.running
            .iter()
            .map(|(subject, measured)| (*subject, measured.as_ref().map_err(String::as_str)))
    }

    pub fn find(&self, subject: Subject) -> Option<Result<&Measured, &str>> {
        self.all()
            .find_map(|(known, measured)| (known == subject).then_some(measured))
    }

    /// How much longer each answer of the provider takes from now on.
    pub fn latency(&self, milliseconds: u64) {
        self.provider.latency(milliseconds);
    }
}

impl Drop for Services {
    fn drop(&mut self) {
        self.running.clear();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Each service is measured a part of the time, in turn: the speed of a machine changes within a run, and would decide the ratios.
const TURNS: u32 = 4;

/// The loads of one level, in the order of the subjects; why one is missing otherwise.
pub struct Level {
    pub at_once: usize,
    rows: Vec<(Subject, Result<Load, String>)>,
}

impl Level {
    pub async fn measure(services: &Services, at_once: usize, span: Duration) -> Self {
        let mut rows: Vec<(Subject, Result<Load, String>)> = Vec::new();
        for _ in 0..TURNS {
            for (position, (subject, measured)) in services.all().enumerate() {
                let load = match measured {
                    Ok(measured) => measured.load(at_once, span / TURNS).await.map_err(|why| one_line(&why)),
                    Err(why) => Err(why.to_owned()),
                };
                match (rows.get_mut(position), load) {
                    (None, load) => rows.push((subject, load)),
                    (Some((_, Ok(earlier))), Ok(later)) => earlier.add(later),
                    (Some((_, row)), Err(why)) => *row = Err(why),
                    // Why it failed before stands.
                    (Some((_, Err(_))), Ok(_)) => {}
                }
            }
        }
        Self { at_once, rows }
    }

    pub fn rows(&self) -> impl Iterator<Item = (Subject, Result<&Load, &str>)> {
        self.rows
            .iter()
            .map(|(subject, load)| (*subject, load.as_ref().map_err(String::as_str)))
    }

    /// A load that was measured.
    pub fn load(&self, subject: Subject) -> Option<&Load> {
        self.rows()
            .find_map(|(known, load)| if known == subject { load.ok() } else { None })
    }
}
