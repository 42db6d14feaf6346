//! Asks the plugin, and makes a verdict of its report.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use sekisho_host::{CallError, Context, Direction, Fact, Host, Report};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::buffers::BUFFERS;
use crate::changes::{Changes, without_forged_results};
use crate::config::{HelpUrl, Way, WayDirection};
use crate::mail::{Mail, Refused, Transaction};
use crate::metrics::Metrics;
use crate::policy::Policy;
use crate::quarantine::{Spool, SpoolError, Why};
use crate::recent::Entry;
use crate::record::Recorder;
use crate::sources::Sources;
use crate::telemetry::{Span, Telemetry};
use crate::verdict::{OnFailure, Refusal, Verdict};
use crate::{clock, help, reference};

/// What a listener sets for its mail.
#[derive(Debug)]
pub struct Course {
    /// The name of the listener.
    pub name: String,
    /// How its mail is treated.
    pub way: Way,
    /// The policy that counts.
    pub policy: Policy,
}

/// The plugin and the queue before it. One for all doors.
#[derive(Debug)]
pub struct Judge {
    host: Arc<Host>,
    turns: Arc<Semaphore>,
    wait: Duration,
    metrics: Arc<Metrics>,
    recorder: Option<Arc<Recorder>>,
    spool: Option<Arc<Spool>>,
    sources: Option<Arc<Sources>>,
    telemetry: Option<Arc<Telemetry>>,
    help: Option<HelpUrl>,
}

/// Why a mail got no verdict.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("more messages in flight than there is room for")]
    Overload,
    #[error("no sandbox became free in time")]
    Busy,
    #[error(transparent)]
    Call(#[from] CallError),
    #[error("the task that judged it ended early")]
    Task,
    #[error("it belongs into quarantine: {0}")]
    Spool(#[from] SpoolError),
}

impl Failure {
    /// The word in the metrics.
    fn reason(&self) -> &'static str {
        match self {
            Self::Overload => "overload",
            Self::Busy | Self::Call(CallError::Busy { .. }) => "busy",
            Self::Call(CallError::Policy(_)) => "policy",
            Self::Call(CallError::Trapped { .. }) => "trap",
            Self::Call(CallError::OutOfTime { .. }) => "deadline",
            Self::Call(CallError::OutOfFuel { .. }) => "fuel",
            Self::Call(CallError::OutOfMemory { .. }) => "memory",
            Self::Task => "task",
            Self::Spool(SpoolError::Full { .. }) => "quarantine-full",
            Self::Spool(_) => "quarantine",
        }
    }
}

impl Judge {
    /// Judges at most `concurrency` mails side by side; others wait `wait` at most.
    #[must_use]
    pub fn new(host: Arc<Host>, concurrency: usize, wait: Duration, metrics: Arc<Metrics>) -> Self {
        let turns = Arc::new(Semaphore::new(concurrency));
        Self { host, turns, wait, metrics, recorder: None, spool: None, sources: None, telemetry: None, help: None }
    }

    /// Has every verdict of the plugin recorded.
    #[must_use]
    pub fn with_recorder(mut self, recorder: Option<Recorder>) -> Self {
        self.recorder = recorder.map(Arc::new);
        self
    }

    /// Has mail that is to be kept away from its recipients put into `spool`.
    #[must_use]
    pub fn with_spool(mut self, spool: Option<Arc<Spool>>) -> Self {
        self.spool = spool;
        self
    }

    /// Has the plugin told what can be found out, and what it wants remembered kept.
    #[must_use]
    pub fn with_sources(mut self, sources: Sources) -> Self {
        self.sources = Some(sources).filter(|sources| !sources.is_empty()).map(Arc::new);
        self
    }

    /// Has a collector told of every mail.
    #[must_use]
    pub fn with_telemetry(mut self, telemetry: Option<Arc<Telemetry>>) -> Self {
        self.telemetry = telemetry;
        self
    }

    /// Has refusals name the page that helps.
    #[must_use]
    pub fn with_help(mut self, url: Option<HelpUrl>) -> Self {
        self.help = url;
        self
    }

    /// Can the plugin answer? Looks at an empty message.
    pub async fn is_ready(&self) -> bool {
        let host = Arc::clone(&self.host);
        let scan = move || host.scan_message(b"\r\n", &Context::default(), "").is_ok();
        tokio::task::spawn_blocking(scan).await.unwrap_or(false)
    }

    /// The verdict on a mail. There always is one; one line of the log tells it.
    pub async fn judge(&self, mail: Mail, course: &Arc<Course>) -> Verdict {
        self.judged(mail, course).await.verdict
    }

    /// The verdict, and what it rests on.
    pub async fn judged(&self, mail: Mail, course: &Arc<Course>) -> Judged {
        let (start, began) = (Instant::now(), SystemTime::now());
        let _judging = self.metrics.judging.hold(1);
        let reference = reference::next();
        let (size, refused, damaged) = (mail.size, mail.refused, mail.damaged);
        let (client, queue) = (mail.transaction.client_ip.clone(), mail.transaction.queue_id.clone());
        let answer = match refused {
            Some(Refused::Overload) => Err(Failure::Overload),
            Some(Refused::TooLarge) => Ok(too_large(&reference, course.way.on_failure)),
            None => self.ask(mail, course, &reference).await.inspect(|_| self.metrics.answered()),
        };
        let mut judged = answer.unwrap_or_else(|failure| {
            self.metrics.failure(failure.reason());
            tracing::error!(reference, listener = course.name, reason = failure.reason(), "no verdict: {failure}");
            // What was found bad and cannot be kept does not pass, whatever else may.
            let found = matches!(failure, Failure::Spool(_));
            let on_failure = if found { OnFailure::Tempfail } else { course.way.on_failure };
            Judged { reason: failure.to_string(), ..without_verdict(&reference, on_failure) }
        });
        if let (Some(url), Verdict::Refuse(refusal), Some(rule)) =
            (&self.help, &mut judged.verdict, judged.rules.first())
        {
            help::tell(refusal, url, rule);
        }
        if matches!(judged.verdict, Verdict::Discard) {
            self.metrics.quarantine.stored(size);
        }
        let took = start.elapsed();
        let rules: Vec<_> = judged.rules.iter().map(String::as_str).collect();
        self.metrics.verdict(&course.name, &judged.action, &rules, size, took);
        let entry = Entry {
            time: clock::now(),
            reference: reference.clone(),
            listener: course.name.clone(),
            action: judged.action.clone(),
            rules: judged.rules.clone(),
            reason: judged.reason.clone(),
            size,
            ms: took.as_millis(),
        };
        if let Some(telemetry) = &self.telemetry {
            telemetry.mail(Span { start: began, entry: &entry, risk: judged.risk });
        }
        self.metrics.recent.push(entry);
        tracing::info!(
            reference,
            listener = course.name,
            action = judged.action,
            risk = judged.risk,
            rules = rules.join(","),
            size,
            client,
            queue,
            damaged,
            ms = took.as_millis(),
            "mail"
        );
        judged
    }

    async fn ask(&self, mail: Mail, course: &Arc<Course>, reference: &str) -> Result<Judged, Failure> {
        let mut wait = self.wait;
        let context = context(&mail.transaction, course.way.direction);
        let (mail, context) = match &self.sources {
            Some(sources) => self.informed(mail, context, course, reference, sources, &mut wait).await?,
            None => (mail, context),
        };
        let turn = self.turn(&mut wait).await?;
        let (host, course, reference) = (Arc::clone(&self.host), Arc::clone(course), reference.to_owned());
        let recorder = self.recorder.clone();
        let spool = self.spool.clone();
        let sources = self.sources.clone();
        let work = move || {
            // The turn ends with the work, even when nobody waits for its result any more.
            let _turn = turn;
            let (sources, recorder) = (sources.as_deref(), recorder.as_deref());
            let judged = scan(&host, &mail, &context, &course, &reference, sources, recorder)
                .and_then(|judged| put_away(judged, &mail, &course, &reference, spool.as_deref()));
            BUFFERS.take_back(mail.bytes);
            judged
        };
        tokio::task::spawn_blocking(work).await.unwrap_or(Err(Failure::Task))
    }

    /// Asks the plugin what it would like to know of a mail, and the sources for it. No turn is held while they are asked.
    async fn informed(
        &self,
        mail: Mail,
        context: Context,
        course: &Arc<Course>,
        reference: &str,
        sources: &Sources,
        wait: &mut Duration,
    ) -> Result<(Mail, Context), Failure> {
        let turn = self.turn(wait).await?;
        let (host, course) = (Arc::clone(&self.host), Arc::clone(course));
        let work = move || {
            let _turn = turn;
            let needs = host.needs(head(&mail.bytes), &context, &course.policy.json());
            (mail, context, needs)
        };
        let (mail, mut context, needs) = tokio::task::spawn_blocking(work).await.map_err(|_| Failure::Task)?;
        match needs {
            Ok(needs) => context.facts.extend(sources.facts(&needs).await),
            // The verdict is asked for all the same: it may do without.
            Err(error) => tracing::warn!(reference, "what the plugin needs: {error}"),
        }
        Ok((mail, context))
    }

    /// Waits for a turn, all in all `wait` at most.
    async fn turn(&self, wait: &mut Duration) -> Result<OwnedSemaphorePermit, Failure> {
        let start = Instant::now();
        let turn = tokio::time::timeout(*wait, Arc::clone(&self.turns).acquire_owned()).await;
        *wait = wait.saturating_sub(start.elapsed());
        turn.ok().and_then(Result::ok).ok_or(Failure::Busy)
    }
}

/// A verdict, and what it rests on.
#[derive(Clone, Debug)]
pub struct Judged {
    /// What to do.
    pub verdict: Verdict,
    /// The action of the report; `tempfail`, `too-large` or `unscanned` without one.
    pub action: String,
    /// The risk of the report.
    pub risk: u8,
    /// The rules that spoke: the one that decided first, then the heaviest.
    pub rules: Vec<String>,
    /// What the first rule says, or why there is no verdict; no text from the mail.
    pub reason: String,
}

fn scan(
    host: &Host,
    mail: &Mail,
    context: &Context,
    course: &Course,
    reference: &str,
    sources: Option<&Sources>,
    recorder: Option<&Recorder>,
) -> Result<Judged, Failure> {
    let policy = course.policy.json();
    let report = host.scan_message(&mail.bytes, context, &policy)?;
    if let Some(sources) = sources {
        sources.keep(&report.remember);
    }
    if let Some(recorder) = recorder {
        let by = (&policy, host.component_sha256());
        recorder.keep((reference, &course.name), &mail.bytes, context, by, &report);
    }
    let mut changes = Changes::default();
    let message = without_forged_results(&mail.bytes, &mut changes);
    if !report.edits.is_empty() {
        let rewritten = host.rewrite(&message, &report.edits)?;
        changes.difference(&message, &rewritten);
        changes.body_is_optional = report.action == "tag" && changes.body.is_some();
    }
    let rules = rules(&report);
    let verdict = verdict(&report, &rules, changes, reference);
    let first = report.findings.into_iter().find(|f| rules.first() == Some(&f.rule));
    let reason = first.map(|finding| finding.message).unwrap_or_default();
    Ok(Judged { verdict, action: report.action, risk: report.risk, rules, reason })
}

/// The header section, or as much of the message as may be one.
fn head(message: &[u8]) -> &[u8] {
    const MOST: usize = 256 << 10;
    let most = message.get(..MOST).unwrap_or(message);
    let end = most.windows(4).position(|w| w == b"\r\n\r\n").map_or(most.len(), |at| at.saturating_add(4));
    most.get(..end).unwrap_or(most)
}

/// The most recipients a door keeps; of a mail with as many some may be missing.
const RECIPIENTS: usize = 100_000;

/// Has held mail go where the listener says. It is safe there before the mail server hears of it.
fn put_away(
    judged: Judged,
    mail: &Mail,
    course: &Course,
    reference: &str,
    spool: Option<&Spool>,
) -> Result<Judged, Failure> {
    let Verdict::Hold { changes, .. } = &judged.verdict else { return Ok(judged) };
    let recipients = &mail.transaction.recipients;
    // What the gate saw damaged is whole in the mail server alone; without recipients nothing can be released.
    if recipients.is_empty() || recipients.len() >= RECIPIENTS {
        return Ok(judged);
    }
    if let Some(mailbox) = course.way.quarantine_to.as_ref().filter(|_| judged.action == "quarantine") {
        let to = mailbox.as_str().to_owned();
        let verdict = Verdict::Redirect { changes: changes.clone(), recipients: recipients.clone(), to };
        return Ok(Judged { verdict, ..judged });
    }
    let Some(spool) = spool.filter(|_| course.way.spool.holds(&judged.action) && !mail.damaged) else {
        return Ok(judged);
    };
    let why = Why {
        reference,
        listener: &course.name,
        action: &judged.action,
        risk: judged.risk,
        rules: &judged.rules,
        reason: &judged.reason,
    };
    spool.store(mail, why)?;
    Ok(Judged { verdict: Verdict::Discard, ..judged })
}

/// The rules that spoke. A reply names the one that decided; it comes first.
fn rules(report: &Report) -> Vec<String> {
    let reply = report.reply.as_ref().and_then(|reply| reply.text.split_once('(')?.1.split_once(')'));
    let deciding = reply.map(|(rule, _)| rule).filter(|rule| report.findings.iter().any(|f| f.rule == *rule));
    let mut rules: Vec<String> = Vec::new();
    for rule in deciding.into_iter().chain(report.findings.iter().map(|f| f.rule.as_str())) {
        if !rules.iter().any(|known| known == rule) {
            rules.push(rule.to_owned());
        }
    }
    rules
}

/// What the report wants done. An action this gate does not know is one it cannot carry out.
fn verdict(report: &Report, rules: &[String], mut changes: Changes, reference: &str) -> Verdict {
    match report.action.as_str() {
        "deliver" => Verdict::Pass(changes),
        "tag" | "strip" => {
            changes.put_on_top("X-Sekisho-Reference", reference);
            Verdict::Pass(changes)
        }
        "hold" | "quarantine" => {
            let list = shortened(rules);
            changes.put_on_top("X-Sekisho-Reference", reference);
            changes.put_on_top("X-Sekisho-Findings", &list);
            changes.put_on_top("X-Sekisho-Action", &report.action);
            Verdict::Hold { changes, reason: format!("sekisho {reference} {list}") }
        }
        "defer" | "reject" => {
            let reply = report.reply.as_ref();
            let text = reply.map_or("Message refused by policy", |reply| reply.text.as_str());
            let (code, enhanced) = match (reply, report.action.as_str()) {
                (Some(reply), _) => (reply.code, reply.enhanced.as_str()),
                (None, "defer") => (451, "4.7.1"),
                (None, _) => (550, "5.7.1"),
            };
            Verdict::Refuse(Refusal { code, enhanced: enhanced.to_owned(), text: format!("{text} [{reference}]") })
        }
        _ => Verdict::Refuse(Refusal::for_now(format!("Unknown action of the plugin [{reference}]"))),
    }
}

/// Rule ids in a line that stays short.
fn shortened(rules: &[String]) -> String {
    let mut out = String::new();
    for rule in rules {
        if out.len().saturating_add(rule.len()) > 200 {
            out.push_str("; ...");
            break;
        }
        if !out.is_empty() {
            out.push_str("; ");
        }
        out.push_str(rule);
    }
    out
}

fn without_verdict(reference: &str, on_failure: OnFailure) -> Judged {
    match on_failure {
        OnFailure::Tempfail => {
            let text = format!("The checkpoint could not look at this message, try again later [{reference}]");
            let verdict = Verdict::Refuse(Refusal::for_now(text));
            Judged { verdict, action: "tempfail".to_owned(), risk: 0, rules: Vec::new(), reason: String::new() }
        }
        OnFailure::Accept => unscanned(reference),
    }
}

/// A message larger than the limit will not shrink: "not now" would be a lie that takes days.
fn too_large(reference: &str, on_failure: OnFailure) -> Judged {
    match on_failure {
        OnFailure::Tempfail => {
            let text = format!("The message is larger than the checkpoint can look at [{reference}]");
            let verdict = Verdict::Refuse(Refusal { code: 552, enhanced: "5.3.4".to_owned(), text });
            Judged {
                verdict,
                action: "too-large".to_owned(),
                risk: 0,
                rules: Vec::new(),
                reason: "the message is larger than the limit".to_owned(),
            }
        }
        OnFailure::Accept => unscanned(reference),
    }
}

fn unscanned(reference: &str) -> Judged {
    let mut changes = Changes::default();
    changes.put_on_top("X-Sekisho-Reference", reference);
    changes.put_on_top("X-Sekisho-Action", "unscanned");
    Judged {
        verdict: Verdict::Pass(changes),
        action: "unscanned".to_owned(),
        risk: 0,
        rules: Vec::new(),
        reason: String::new(),
    }
}

fn context(from: &Transaction, direction: WayDirection) -> Context {
    let known = from.known.iter();
    let known = known.map(|k| Fact { kind: k.kind.to_owned(), key: k.key.clone(), value: k.value.clone() });
    let time = Fact { kind: "time".to_owned(), key: String::new(), value: clock::now() };
    let outbound = match direction {
        WayDirection::Inbound => false,
        WayDirection::Outbound => true,
        WayDirection::ByLogin => !from.login.is_empty(),
    };
    Context {
        direction: if outbound { Direction::Outbound } else { Direction::Inbound },
        mail_from: from.mail_from.clone(),
        recipients: from.recipients.clone(),
        client_ip: from.client_ip.clone(),
        helo: from.helo.clone(),
        tls: from.tls.clone(),
        login: from.login.clone(),
        login_method: from.login_method.clone(),
        facts: std::iter::once(time).chain(known).collect(),
    }
}

#[cfg(test)]
mod tests;
