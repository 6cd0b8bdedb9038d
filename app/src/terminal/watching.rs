//! How a terminal whose size somebody else drives is shown whole.

/// The smallest font that can still be told apart, CSS pixels. What is still too large is scaled.
pub const MIN_FONT: f64 = 4.0;
/// Between the fonts that are tried, CSS pixels.
pub const STEP: f64 = 0.5;

/// Width and height, CSS pixels.
pub type Extent = (f64, f64);

/// The largest font, at most `own`, at which what takes `taken` at `font` should fit into `room`.
#[must_use]
pub fn font(own: f64, font: f64, taken: Extent, room: Extent) -> f64 {
    let fitting = (font * scale(taken, room) / STEP).floor() * STEP;
    // A font of its own may fit, where `scale` stops at 1.
    let largest = if fits(taken, room) { grown(own, font, taken, room) } else { fitting };
    largest.clamp(MIN_FONT.min(own), own)
}

fn grown(own: f64, font: f64, taken: Extent, room: Extent) -> f64 {
    if taken.0 <= 0.0 || taken.1 <= 0.0 {
        return own;
    }
    (font * (room.0 / taken.0).min(room.1 / taken.1) / STEP).floor() * STEP
}

/// By what `taken` is to be scaled to fit into `room`: 1 when it does.
#[must_use]
pub fn scale(taken: Extent, room: Extent) -> f64 {
    if taken.0 <= 0.0 || taken.1 <= 0.0 { 1.0 } else { (room.0 / taken.0).min(room.1 / taken.1).clamp(0.0, 1.0) }
}

/// Whether `taken` fits into `room`.
#[must_use]
pub fn fits(taken: Extent, room: Extent) -> bool {
    taken.0 <= room.0 && taken.1 <= room.1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terminal::test_everywhere;

    test_everywhere! {
        fn what_fits_keeps_its_font() {
            assert_eq!(font(14.0, 14.0, (800.0, 400.0), (1_000.0, 500.0)), 14.0);
            assert_eq!(scale((800.0, 400.0), (1_000.0, 500.0)), 1.0);
        }

        fn what_is_too_wide_or_too_high_gets_a_smaller_one() {
            assert_eq!(font(14.0, 14.0, (1_000.0, 400.0), (500.0, 400.0)), 7.0);
            assert_eq!(font(14.0, 14.0, (400.0, 1_000.0), (500.0, 750.0)), 10.5);
        }

        fn a_smaller_font_grows_again_with_the_room() {
            assert_eq!(font(14.0, 7.0, (500.0, 400.0), (750.0, 800.0)), 10.5);
            assert_eq!(font(14.0, 7.0, (100.0, 100.0), (9_000.0, 9_000.0)), 14.0);
        }

        fn the_rest_is_scaled() {
            assert_eq!(font(14.0, 14.0, (14_000.0, 400.0), (1_000.0, 400.0)), 4.0);
            assert_eq!(scale((4_000.0, 400.0), (1_000.0, 400.0)), 0.25);
        }

        fn no_extent_at_all_divides_by_nothing() {
            assert_eq!(font(14.0, 14.0, (0.0, 0.0), (0.0, 0.0)), 14.0);
            assert_eq!(scale((0.0, 10.0), (5.0, 5.0)), 1.0);
        }
    }
}
