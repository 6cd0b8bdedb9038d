//! Gestures, told from what fingers do.

use super::*;
use crate::terminal::test_everywhere;

fn touch(id: i32, x: f64, y: f64, at: f64) -> Touch {
    Touch { id, x, y, at }
}

fn gestures() -> Gestures {
    let mut gestures = Gestures::new();
    gestures.measure(10.0, 20.0);
    gestures
}

test_everywhere! {
    fn a_tap_is_nothing_of_ours() {
        let mut gestures = gestures();
        assert_eq!(gestures.down(touch(1, 50.0, 50.0, 0.0)), None);
        assert_eq!(gestures.moved(touch(1, 54.0, 53.0, 30.0)), None);
        assert_eq!(gestures.up(touch(1, 54.0, 53.0, 80.0)), None);
        assert_eq!(gestures.long_press(1), None);
        assert!(!gestures.goes_on());
    }

    fn a_swipe_along_the_line_is_an_arrow_a_cell_and_back_again() {
        let mut gestures = gestures();
        gestures.down(touch(1, 100.0, 50.0, 0.0));
        assert_eq!(gestures.moved(touch(1, 135.0, 52.0, 20.0)), Some(Action::Arrows { right: true, count: 3 }));
        assert_eq!(gestures.moved(touch(1, 138.0, 52.0, 30.0)), None);
        assert_eq!(gestures.moved(touch(1, 111.0, 52.0, 40.0)), Some(Action::Arrows { right: false, count: 2 }));
    }

    fn a_finger_held_far_along_the_line_repeats_until_it_leaves() {
        let mut gestures = gestures();
        gestures.down(touch(1, 100.0, 50.0, 0.0));
        gestures.moved(touch(1, 40.0, 50.0, 100.0));
        assert_eq!(gestures.frame(200.0), None);
        let once = Some(Action::Arrows { right: false, count: 1 });
        assert_eq!(gestures.frame(100.0 + HOLD_AFTER_MS), once);
        assert_eq!(gestures.frame(110.0 + HOLD_AFTER_MS), None);
        assert_eq!(gestures.frame(100.0 + HOLD_AFTER_MS + HOLD_EVERY_MS), once);
        gestures.up(touch(1, 40.0, 50.0, 900.0));
        assert_eq!(gestures.frame(2000.0), None);
    }

    fn a_swipe_down_draws_older_lines_in_and_loses_no_part_of_a_line() {
        let mut gestures = gestures();
        gestures.down(touch(1, 50.0, 100.0, 0.0));
        assert_eq!(gestures.moved(touch(1, 51.0, 130.0, 20.0)), Some(Action::Scroll { lines: -1 }));
        assert_eq!(gestures.moved(touch(1, 51.0, 139.0, 30.0)), None);
        assert_eq!(gestures.moved(touch(1, 51.0, 140.0, 40.0)), Some(Action::Scroll { lines: -1 }));
        assert_eq!(gestures.moved(touch(1, 51.0, 80.0, 50.0)), Some(Action::Scroll { lines: 3 }));
    }

    fn a_thrown_scroll_glides_on_slower_and_ends() {
        let mut gestures = gestures();
        gestures.down(touch(1, 50.0, 300.0, 0.0));
        gestures.moved(touch(1, 50.0, 200.0, 50.0));
        gestures.up(touch(1, 50.0, 200.0, 60.0));
        let mut lines = Vec::new();
        let mut now = 60.0;
        while gestures.goes_on() {
            now += 16.0;
            assert!(now < 10_000.0, "it never ends");
            if let Some(Action::Scroll { lines: by }) = gestures.frame(now) {
                lines.push((now, by));
            }
        }
        assert!(lines.iter().all(|(_, by)| *by > 0));
        let half = 60.0 + (now - 60.0) / 2.0;
        let early: i32 = lines.iter().filter(|(at, _)| *at < half).map(|(_, by)| by).sum();
        let late: i32 = lines.iter().filter(|(at, _)| *at >= half).map(|(_, by)| by).sum();
        assert!(early > late, "{early} then {late}");
    }

    fn a_finger_that_rests_before_it_leaves_throws_nothing_and_one_that_comes_stops_a_glide() {
        let mut gestures = gestures();
        gestures.down(touch(1, 50.0, 300.0, 0.0));
        gestures.moved(touch(1, 50.0, 200.0, 50.0));
        gestures.up(touch(1, 50.0, 200.0, 50.0 + REST_MS + 1.0));
        assert_eq!(gestures.frame(200.0), None);
        assert!(!gestures.goes_on());
        gestures.down(touch(1, 50.0, 300.0, 1000.0));
        gestures.moved(touch(1, 50.0, 200.0, 1050.0));
        gestures.up(touch(1, 50.0, 200.0, 1060.0));
        gestures.down(touch(2, 50.0, 200.0, 1070.0));
        assert!(!gestures.goes_on());
    }

    fn a_finger_that_stays_selects_and_then_extends() {
        let mut gestures = gestures();
        gestures.down(touch(1, 50.0, 60.0, 0.0));
        assert_eq!(gestures.long_press(2), None);
        assert_eq!(gestures.long_press(1), Some(Action::SelectWord { x: 50.0, y: 60.0 }));
        assert_eq!(gestures.moved(touch(1, 90.0, 60.0, 600.0)), Some(Action::Extend { x: 90.0, y: 60.0 }));
        assert_eq!(gestures.up(touch(1, 90.0, 60.0, 700.0)), Some(Action::Selected));
    }

    fn one_that_has_moved_does_not_select() {
        let mut gestures = gestures();
        gestures.down(touch(1, 50.0, 60.0, 0.0));
        gestures.moved(touch(1, 50.0, 90.0, 100.0));
        assert_eq!(gestures.long_press(1), None);
    }

    fn two_fingers_pinch_and_what_stays_of_them_does_nothing() {
        let mut gestures = gestures();
        gestures.down(touch(1, 100.0, 100.0, 0.0));
        gestures.down(touch(2, 200.0, 100.0, 5.0));
        assert_eq!(gestures.moved(touch(2, 250.0, 100.0, 20.0)), Some(Action::Pinch { factor: 1.5 }));
        assert_eq!(gestures.moved(touch(9, 0.0, 0.0, 25.0)), None);
        assert_eq!(gestures.long_press(1), None);
        assert_eq!(gestures.up(touch(2, 250.0, 100.0, 30.0)), Some(Action::Pinched));
        assert_eq!(gestures.moved(touch(1, 100.0, 300.0, 40.0)), None);
        assert_eq!(gestures.up(touch(1, 100.0, 300.0, 50.0)), None);
        gestures.down(touch(3, 100.0, 100.0, 60.0));
        assert_eq!(gestures.moved(touch(3, 160.0, 100.0, 70.0)), Some(Action::Arrows { right: true, count: 6 }));
    }

    fn a_cancelled_gesture_is_over() {
        let mut gestures = gestures();
        gestures.down(touch(1, 50.0, 60.0, 0.0));
        gestures.long_press(1);
        assert_eq!(gestures.cancel(), Some(Action::Selected));
        assert_eq!(gestures.moved(touch(1, 90.0, 60.0, 600.0)), None);
    }
}
