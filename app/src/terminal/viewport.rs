//! How much of the window the page may use, and from where: what an on-screen keyboard leaves.

/// What Samsung Internet's bottom bar covers of a viewport that it counts itself into, CSS pixels:
/// the height of an Android toolbar, for nothing tells the bar's own. Not measured on a device.
pub const SAMSUNG_BAR: f64 = 48.0;

/// A scale this near to 1 is no zoom: browsers round.
const SCALE_SLACK: f64 = 0.02;
/// The least height that is believed, CSS pixels; less is a window that is just being turned.
const LEAST_HEIGHT: f64 = 80.0;

/// `window.visualViewport`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Visual {
    pub height: f64,
    /// How far it is below the top of the layout viewport: some browsers push the page up.
    pub offset_top: f64,
    pub scale: f64,
}

/// What the window tells, CSS pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Window {
    pub inner_height: f64,
    pub visual: Option<Visual>,
    /// The height of the keyboard where the browser has `navigator.virtualKeyboard`, which then
    /// lies over the page.
    pub keyboard: Option<f64>,
    /// Whether a bar of the browser's lies over the bottom of the page and nothing tells of it.
    pub has_bottom_bar: bool,
}

/// Where the page goes, CSS pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Place {
    pub top: f64,
    pub height: f64,
}

/// Where the page goes; none to leave it where it is.
#[must_use]
pub fn place(window: Window) -> Option<Place> {
    let Window { inner_height, visual, keyboard, has_bottom_bar } = window;
    // Who has zoomed in looks at a part of the page. That is no keyboard.
    if visual.is_some_and(|visual| (visual.scale - 1.0).abs() > SCALE_SLACK) {
        return None;
    }
    let visible = match (keyboard, visual) {
        (Some(keyboard), _) => Place { top: 0.0, height: inner_height - keyboard },
        (None, Some(visual)) => Place { top: visual.offset_top.max(0.0), height: visual.height },
        (None, None) => Place { top: 0.0, height: inner_height },
    };
    let bar = if has_bottom_bar { SAMSUNG_BAR } else { 0.0 };
    let height = (visible.height - bar).floor();
    (height >= LEAST_HEIGHT).then_some(Place { height, ..visible })
}

/// Whether this is Samsung Internet in a window of its own bars, with its address bar below.
#[must_use]
pub fn has_samsung_bar(user_agent: &str, is_standalone: bool, address_bar_at_top: bool) -> bool {
    user_agent.contains("SamsungBrowser/") && !is_standalone && !address_bar_at_top
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terminal::test_everywhere;

    const CLOSED: Window = Window {
        inner_height: 800.0,
        visual: Some(Visual { height: 800.0, offset_top: 0.0, scale: 1.0 }),
        keyboard: None,
        has_bottom_bar: false,
    };
    const SAMSUNG: &str = "Mozilla/5.0 (Linux; Android 14; SM-S911B) AppleWebKit/537.36 SamsungBrowser/25.0 Chrome/121.0.0.0 Mobile Safari/537.36";

    fn visual(height: f64, offset_top: f64, scale: f64) -> Window {
        Window { visual: Some(Visual { height, offset_top, scale }), ..CLOSED }
    }

    test_everywhere! {
        fn without_a_keyboard_the_page_has_the_window() {
            assert_eq!(place(CLOSED), Some(Place { top: 0.0, height: 800.0 }));
            assert_eq!(place(Window { visual: None, ..CLOSED }), Some(Place { top: 0.0, height: 800.0 }));
        }

        fn a_keyboard_over_the_page_is_told_by_its_own_height() {
            let open = Window { keyboard: Some(300.5), ..CLOSED };
            assert_eq!(place(open), Some(Place { top: 0.0, height: 499.0 }));
            assert_eq!(place(Window { keyboard: Some(0.0), ..CLOSED }), place(CLOSED));
        }

        fn without_that_the_visual_viewport_tells_and_where_it_was_pushed() {
            assert_eq!(place(visual(480.4, 0.0, 1.0)), Some(Place { top: 0.0, height: 480.0 }));
            assert_eq!(place(visual(480.0, 120.0, 1.0)), Some(Place { top: 120.0, height: 480.0 }));
        }

        fn a_pinch_is_no_keyboard() {
            assert_eq!(place(visual(400.0, 100.0, 2.0)), None);
            assert_eq!(place(visual(800.0, 0.0, 1.01)), place(CLOSED));
        }

        fn samsung_s_bar_is_left_free_unless_it_is_at_the_top_or_absent() {
            assert!(has_samsung_bar(SAMSUNG, false, false));
            assert!(!has_samsung_bar(SAMSUNG, false, true));
            assert!(!has_samsung_bar(SAMSUNG, true, false));
            assert!(!has_samsung_bar("Mozilla/5.0 Chrome/121.0.0.0 Mobile Safari/537.36", false, false));
            let barred = Window { has_bottom_bar: true, ..CLOSED };
            assert_eq!(place(barred), Some(Place { top: 0.0, height: 800.0 - SAMSUNG_BAR }));
        }

        fn nonsense_leaves_the_page_where_it_is() {
            assert_eq!(place(visual(0.0, 0.0, 1.0)), None);
            assert_eq!(place(Window { keyboard: Some(790.0), ..CLOSED }), None);
        }
    }
}
