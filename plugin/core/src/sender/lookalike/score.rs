//! How likely a resemblance is an imitation: for each kind a logistic function of a few features. Whole numbers only, so
//! that every face computes the same.

use super::Kind;
use super::weights::WEIGHTS;

/// The features of one resemblance, in hundredths unless said otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Feature {
    /// Always 100.
    One,
    /// Cost of the alignment.
    Cost,
    /// Cost for each letter of the target.
    CostPerLetter,
    /// Letters of the target's skeleton, at most 12, times 10.
    Length,
    /// The target has at most four letters.
    Four,
    /// The target has five letters.
    Five,
    /// Same public suffix.
    SameSuffix,
    /// Same first letter.
    SameFirst,
    /// The target's label is no everyday word and not short.
    Distinctive,
    /// The candidate needs letters beyond ASCII.
    International,
    /// The candidate's label is an everyday word, or two of them.
    Wordy,
    /// Changes that are not look-alikes.
    Edits,
    /// Changes that are look-alikes.
    LookAlikes,
    /// A letter put in or left out at either end.
    EndEdit,
    /// Share of the rest of the label that known words explain.
    Explained,
    /// Letters of the rest, at most 12, times 10.
    Rest,
    /// The target stands between hyphens, digits or ends.
    Apart,
    /// The target stands first.
    First,
    /// The rest asks for something.
    Asking,
    /// Named by the policy.
    Protected,
    /// The target's own suffix follows it.
    Suffixed,
    /// Hyphens, doubled letters and swaps among the changes.
    Slips,
    /// Letters replaced, vowels apart.
    Replaced,
    /// Cost times length: dear changes in long names.
    CostLength,
    /// The target has six letters.
    Six,
    /// The target has at most seven letters.
    Short,
    /// Cost, if the target has at most five letters.
    ShortCost,
    /// How much more natural the candidate's letters are than the target's, in hundredths of a bit a letter.
    Natural,
    /// Words explain all of the rest, and there is one.
    Full,
    /// The target has at least seven letters.
    Long,
    /// Costs at most 60.
    Slight,
    /// Costs more than 105.
    Dear,
}

/// How many features are seen in a resemblance.
const SEEN: usize = 32;

/// Features that mean more together: their product. A combination of an unusual name and words that ask for something is
/// not the sum of both.
const TOGETHER: &[&[Feature]] = &[
    &[Feature::Full, Feature::Distinctive],
    &[Feature::Full, Feature::Distinctive, Feature::Asking],
    &[Feature::Full, Feature::Distinctive, Feature::Apart],
    &[Feature::Full, Feature::Distinctive, Feature::Long],
    &[Feature::Full, Feature::Distinctive, Feature::Asking, Feature::SameSuffix],
    &[Feature::SameSuffix, Feature::SameFirst],
    &[Feature::SameSuffix, Feature::Length],
    &[Feature::Distinctive, Feature::Length],
    &[Feature::Wordy, Feature::SameSuffix],
    &[Feature::Wordy, Feature::Distinctive],
    &[Feature::Distinctive, Feature::Asking, Feature::Apart, Feature::Long],
    &[Feature::Slight, Feature::Distinctive],
    &[Feature::Slight, Feature::Long],
    &[Feature::Dear, Feature::Short],
    &[Feature::Distinctive, Feature::SameSuffix],
    &[Feature::Natural, Feature::SameSuffix],
    &[Feature::Natural, Feature::Distinctive],
    // A protected name whole or nearly so, and nothing but known words beside it: nobody else had a reason for that.
    &[Feature::Full, Feature::Distinctive, Feature::Protected],
    &[Feature::Full, Feature::Distinctive, Feature::Protected, Feature::Asking],
    &[Feature::Full, Feature::Distinctive, Feature::Protected, Feature::Apart],
    // Letters of one shape put for others in a long name are no slip of the pen, unless much else differs.
    &[Feature::LookAlikes, Feature::Long, Feature::Distinctive],
    &[Feature::LookAlikes, Feature::Long, Feature::Distinctive, Feature::Dear],
    &[Feature::LookAlikes, Feature::Long, Feature::Distinctive, Feature::Full],
    &[Feature::LookAlikes, Feature::Full, Feature::Distinctive],
];

/// How many features have a weight: those seen, and [`TOGETHER`].
pub const FEATURES: usize = SEEN + TOGETHER.len();

/// The features of one resemblance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Features(pub [i32; FEATURES]);

impl Default for Features {
    fn default() -> Self {
        Self([0; FEATURES])
    }
}

impl Features {
    /// Sets one.
    pub fn set(&mut self, feature: Feature, value: i32) {
        if let Some(slot) = self.0.get_mut(feature as usize) {
            *slot = value;
        }
    }

    /// One of them.
    #[must_use]
    pub fn get(&self, feature: Feature) -> i32 {
        self.0.get(feature as usize).copied().unwrap_or(0)
    }

    /// Fills in what features mean together.
    pub fn together(&mut self) {
        for (at, group) in (SEEN..).zip(TOGETHER) {
            let product =
                group.iter().fold(100i32, |p, f| p.saturating_mul(self.get(*f)).checked_div(100).unwrap_or(0));
            if let Some(slot) = self.0.get_mut(at) {
                *slot = product;
            }
        }
    }

    /// Sets one to 100 or 0.
    pub fn flag(&mut self, feature: Feature, value: bool) {
        self.set(feature, if value { 100 } else { 0 });
    }
}

/// The logit of a resemblance, in thousandths.
#[must_use]
pub fn logit(kind: Kind, features: &Features) -> i32 {
    let weights = WEIGHTS.get(kind as usize);
    let sum =
        weights.into_iter().flatten().zip(features.0).fold(0i32, |sum, (w, x)| sum.saturating_add(w.saturating_mul(x)));
    sum.checked_div(100).unwrap_or(0)
}

/// `1000 / (1 + e^-x)` for x in thousandths: a table with steps of a half, straight lines between.
#[must_use]
pub fn probability(logit: i32) -> u16 {
    const TABLE: [i32; 17] = [500, 622, 731, 818, 881, 924, 953, 971, 982, 989, 993, 996, 998, 998, 999, 999, 1000];
    let size = logit.unsigned_abs().min(7999);
    let (step, rest) = (size / 500, i32::try_from(size % 500).unwrap_or(0));
    let at = |i: u32| TABLE.get(i as usize).copied().unwrap_or(1000);
    let (low, high) = (at(step), at(step.saturating_add(1)));
    let p = low.saturating_add(high.saturating_sub(low).saturating_mul(rest).checked_div(500).unwrap_or(0));
    u16::try_from(if logit < 0 { 1000i32.saturating_sub(p) } else { p }).unwrap_or(0)
}

/// Independent reasons together: `1 - (1 - a)(1 - b)`, in thousandths.
#[must_use]
pub fn either(a: u16, b: u16) -> u16 {
    let rest = |p: u16| 1000u32.saturating_sub(u32::from(p.min(1000)));
    let both = rest(a).saturating_mul(rest(b)).div_ceil(1000);
    u16::try_from(1000u32.saturating_sub(both)).unwrap_or(1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probabilities_rise() {
        assert_eq!(probability(0), 500);
        assert!(probability(2000) > 870 && probability(-2000) < 130);
        let all: Vec<u16> = (-9000..9000).step_by(50).map(probability).collect();
        assert!(all.is_sorted());
        assert_eq!(either(500, 500), 750);
        assert_eq!(either(0, 0), 0);
    }
}
