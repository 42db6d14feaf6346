//! Aliases that point to aliases: where the paths end, and whether they come back.

use std::collections::BTreeMap;

use super::address::Target;
use super::effects::Chain;
use super::known::{Known, Scope};
use super::model::{Does, Origin, RuleSet};

/// Paths are followed so far.
const STEPS: usize = 32;
/// As many chains are told.
const CHAINS: usize = 200;

/// Follows every alias of a set.
#[must_use]
pub fn find(set: &RuleSet, known: &Known<'_>) -> Vec<Chain> {
    let graph = Graph::new(set);
    let mut walk = Walk { graph: &graph, known, ends: BTreeMap::new(), circles: Vec::new() };
    let mut out = Vec::new();
    for (name, rule) in &graph.names {
        if out.len() >= CHAINS {
            break;
        }
        if let Some(tail) = walk.leads(name, &mut Vec::new()).filter(|tail| tail.len() > 1) {
            out.push(Chain { path: [vec![name.clone()], tail].concat(), circle: false, rule: *rule });
        }
    }
    out.extend(walk.circles.into_iter().take(CHAINS));
    out
}

struct Walk<'g, 'k> {
    graph: &'g Graph,
    known: &'g Known<'k>,
    /// For every name that was left: the shortest known way outside, if there is one. Keeps the walk linear.
    ends: BTreeMap<&'g str, Option<Vec<String>>>,
    circles: Vec<Chain>,
}

impl<'g> Walk<'g, '_> {
    /// The way from a name to somewhere outside, the name itself left out.
    fn leads(&mut self, name: &'g str, path: &mut Vec<&'g str>) -> Option<Vec<String>> {
        if let Some(known) = self.ends.get(name) {
            return known.clone();
        }
        let rule = *self.graph.names.get(name)?;
        path.push(name);
        let mut best: Option<Vec<String>> = None;
        for target in self.graph.targets.get(&rule).map(Vec::as_slice).unwrap_or_default() {
            let shown = target.shown().to_lowercase();
            let way = match self.graph.names.get_key_value(shown.as_str()) {
                Some((next, _)) if path.contains(&next.as_str()) => {
                    let from = path.iter().position(|p| p == next).unwrap_or_default();
                    let mut circle: Vec<String> = path.iter().skip(from).map(|p| (*p).to_owned()).collect();
                    circle.push(shown);
                    self.circles.push(Chain { path: circle, circle: true, rule });
                    None
                }
                Some((next, _)) if path.len() < STEPS => {
                    self.leads(next, path).map(|tail| [vec![next.clone()], tail].concat())
                }
                Some(_) => None,
                None => (self.known.scope("", target) == Scope::External).then(|| vec![shown]),
            };
            if let Some(way) = way.filter(|w| best.as_ref().is_none_or(|b| w.len() < b.len())) {
                best = Some(way);
            }
        }
        path.pop();
        self.ends.insert(name, best.clone());
        best
    }
}

struct Graph {
    /// Alias to rule.
    names: BTreeMap<String, usize>,
    /// Rule to targets.
    targets: BTreeMap<usize, Vec<Target>>,
}

impl Graph {
    fn new(set: &RuleSet) -> Self {
        let mut graph = Self { names: BTreeMap::new(), targets: BTreeMap::new() };
        for (index, rule) in set.rules.iter().enumerate() {
            if rule.origin != Origin::Table || rule.owner.is_empty() {
                continue;
            }
            graph.names.entry(rule.owner.to_lowercase()).or_insert(index);
            let sends = rule.actions.iter().filter_map(|a| match &a.does {
                Does::Send { to, .. } => Some(to.clone()),
                _ => None,
            });
            graph.targets.entry(index).or_default().extend(sends);
        }
        graph
    }
}
