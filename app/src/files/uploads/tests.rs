//! Uploads: order, parts, cuts, taken names.

use super::*;
use crate::terminal::test_everywhere;

const MIB: u64 = 1 << 20;

fn file(name: &str, size: u64) -> New {
    New { at: At::home(name.parse().expect("a path")), size, even_protected: false }
}

fn queue(files: &[(&str, u64)]) -> (Queue, Vec<ItemId>) {
    let mut queue = Queue::default();
    let ids = queue.add(files.iter().map(|(name, size)| file(name, *size)));
    (queue, ids)
}

/// As the server would have it.
fn upload(size: u64, parts: &[u32]) -> Upload {
    Upload {
        id: "u1".into(),
        at: At::home("big".parse().expect("a path")),
        size,
        part_size: 5 * MIB,
        parts: parts.to_vec(),
        expires_at: String::new(),
    }
}

fn stored(name: &str, size: u64) -> Event {
    let at = At::home(name.parse().expect("a path"));
    Event::Stored(Stored { at, size, etag: String::new(), trashed: None })
}

fn taken() -> Event {
    Event::Refused(ApiError::new(ErrorCode::NameTaken, "It is there."))
}

fn conflict() -> Event {
    Event::Refused(ApiError::conflict("This part is coming already."))
}

/// Waits whenever it is told to; says how often until there was something else to do.
fn patience(queue: &mut Queue, id: ItemId, mut answer: impl FnMut(&Act) -> Event) -> usize {
    let mut act = queue.start().remove(0).act;
    for tries in 0..1_000 {
        let event = if matches!(act, Act::Wait { .. }) { Event::Waited } else { answer(&act) };
        match tell(queue, id, event) {
            Some(next) => act = next,
            None => return tries,
        }
    }
    panic!("it never ends");
}

/// Reports on a file's present attempt.
fn tell(queue: &mut Queue, id: ItemId, event: Event) -> Option<Act> {
    let attempt = queue.get(id).expect("an item").attempt;
    queue.happened(id, attempt, event, 0, 0.0).map(|command| command.act)
}

fn acts(commands: Vec<Command>) -> Vec<(u32, Act)> {
    commands.into_iter().map(|command| (command.item.0, command.act)).collect()
}

fn state(queue: &Queue, id: ItemId) -> State {
    queue.get(id).expect("an item").state.clone()
}

test_everywhere! {
    fn four_small_files_go_at_once_and_each_makes_room_for_the_next() {
        let names: Vec<String> = (0..1_000).map(|number| format!("f/{number}")).collect();
        let files: Vec<_> = names.iter().map(|name| (name.as_str(), 10)).collect();
        let (mut queue, ids) = queue(&files);
        assert_eq!(acts(queue.start()), [0, 1, 2, 3].map(|id| (id, Act::Store)));
        assert!(queue.start().is_empty());
        for id in &ids {
            assert_eq!(tell(&mut queue, *id, stored("f/x", 10)), None);
            assert!(queue.start().len() <= 1);
        }
        let totals = queue.totals();
        assert_eq!((totals.done, totals.open, totals.sent), (1_000, 0, 10_000));
    }

    fn one_large_file_goes_beside_small_ones() {
        let (mut queue, _) = queue(&[("a", 6 * MIB), ("b", 6 * MIB), ("c", 1), ("d", 5 * MIB)]);
        assert_eq!(acts(queue.start()), [(0, Act::Begin), (2, Act::Store), (3, Act::Store)]);
    }

    fn a_large_file_goes_part_by_part() {
        let (mut queue, ids) = queue(&[("big", 11 * MIB)]);
        queue.start();
        let part = |number, from, to| Some(Act::Part { upload: "u1".into(), number, from: from * MIB, to: to * MIB });
        assert_eq!(tell(&mut queue, ids[0], Event::Parts(upload(11 * MIB, &[]))), part(0, 0, 5));
        assert_eq!(state(&queue, ids[0]), State::Hashing);
        tell(&mut queue, ids[0], Event::Hashed);
        assert_eq!(state(&queue, ids[0]), State::Sending);
        tell(&mut queue, ids[0], Event::Progress(MIB));
        assert_eq!(queue.totals().sent, MIB);
        assert_eq!(tell(&mut queue, ids[0], Event::Parts(upload(11 * MIB, &[0]))), part(1, 5, 10));
        assert_eq!(tell(&mut queue, ids[0], Event::Parts(upload(11 * MIB, &[0, 1]))), part(2, 10, 11));
        assert_eq!(queue.totals().sent, 10 * MIB);
        let complete = Some(Act::Complete { upload: "u1".into() });
        assert_eq!(tell(&mut queue, ids[0], Event::Parts(upload(11 * MIB, &[0, 1, 2]))), complete);
        assert_eq!(state(&queue, ids[0]), State::Completing);
        tell(&mut queue, ids[0], stored("big", 11 * MIB));
        assert_eq!(state(&queue, ids[0]), State::Done);
    }

    fn a_cut_pauses_and_goes_on_with_the_parts_that_are_missing() {
        let (mut queue, ids) = queue(&[("big", 11 * MIB)]);
        queue.start();
        tell(&mut queue, ids[0], Event::Parts(upload(11 * MIB, &[])));
        tell(&mut queue, ids[0], Event::Progress(MIB));
        assert_eq!(tell(&mut queue, ids[0], Event::Cut), Some(Act::Wait { ms: 500 }));
        assert_eq!(queue.totals().sent, 0);
        assert_eq!(tell(&mut queue, ids[0], Event::Waited), Some(Act::Status { upload: "u1".into() }));
        assert_eq!(tell(&mut queue, ids[0], Event::Cut), Some(Act::Wait { ms: 1_000 }), "the ladder goes on");
        tell(&mut queue, ids[0], Event::Waited);
        let next = tell(&mut queue, ids[0], Event::Parts(upload(11 * MIB, &[0, 2])));
        assert_eq!(next, Some(Act::Part { upload: "u1".into(), number: 1, from: 5 * MIB, to: 10 * MIB }));
        assert_eq!(tell(&mut queue, ids[0], Event::Cut), Some(Act::Wait { ms: 500 }), "from its foot");
    }

    fn an_upload_that_the_server_forgot_begins_anew() {
        let (mut queue, ids) = queue(&[("big", 11 * MIB)]);
        queue.start();
        tell(&mut queue, ids[0], Event::Parts(upload(11 * MIB, &[0])));
        let gone = Event::Refused(ApiError::not_found("upload"));
        assert_eq!(tell(&mut queue, ids[0], gone), Some(Act::Wait { ms: 500 }));
        assert_eq!(tell(&mut queue, ids[0], Event::Waited), Some(Act::Begin));
    }

    fn being_online_again_ends_a_pause_and_its_timer() {
        let (mut queue, ids) = queue(&[("a", 1)]);
        queue.start();
        let attempt = queue.get(ids[0]).expect("an item").attempt;
        tell(&mut queue, ids[0], Event::Cut);
        assert_eq!(acts(queue.hurry()), [(0, Act::Store)]);
        assert_eq!(queue.happened(ids[0], attempt, Event::Waited, 0, 0.0), None);
    }

    fn a_taken_name_is_asked_about_and_the_rest_goes_on() {
        let (mut queue, ids) = queue(&[("a", 1), ("b", 1), ("c", 1), ("d", 1), ("e", 1)]);
        queue.start();
        assert_eq!(tell(&mut queue, ids[0], taken()), None);
        assert_eq!(queue.asking().map(|(item, count)| (item.id, count)), Some((ids[0], 1)));
        assert_eq!(acts(queue.start()), [(4, Act::Store)], "who asks takes no place");
        queue.answer(ids[0], Answer::KeepBoth, false);
        tell(&mut queue, ids[1], stored("b", 1));
        assert_eq!(acts(queue.start()), [(0, Act::Store)]);
        assert_eq!(queue.get(ids[0]).expect("an item").clash, Clash::KeepBoth);
        tell(&mut queue, ids[2], taken());
        assert!(queue.asking().is_some(), "an answer is for one name");
    }

    fn an_answer_for_all_is_for_those_that_come_too() {
        let (mut queue, ids) = queue(&[("a", 1), ("b", 1), ("c", 1), ("d", 1)]);
        queue.start();
        tell(&mut queue, ids[0], taken());
        tell(&mut queue, ids[1], taken());
        queue.answer(ids[0], Answer::Skip, true);
        assert_eq!((state(&queue, ids[0]), state(&queue, ids[1])), (State::Skipped, State::Skipped));
        tell(&mut queue, ids[2], taken());
        assert_eq!(state(&queue, ids[2]), State::Skipped);
        tell(&mut queue, ids[3], stored("d", 1));
        queue.add([file("e", 1)]);
        let next = queue.start();
        queue.happened(next[0].item, next[0].attempt, taken(), 0, 0.0);
        assert!(queue.asking().is_some(), "the next drop asks again");
    }

    fn a_name_taken_while_parts_came_costs_the_parts() {
        let (mut queue, ids) = queue(&[("big", 6 * MIB)]);
        queue.start();
        tell(&mut queue, ids[0], Event::Parts(upload(6 * MIB, &[0, 1])));
        assert_eq!(tell(&mut queue, ids[0], taken()), Some(Act::Abort { upload: "u1".into() }));
        queue.answer(ids[0], Answer::Replace, false);
        assert_eq!(acts(queue.start()), [(0, Act::Begin)]);
    }

    fn what_is_called_off_leaves_nothing_and_hears_nothing() {
        let (mut queue, ids) = queue(&[("big", 6 * MIB), ("other", 6 * MIB)]);
        queue.start();
        let attempt = queue.get(ids[0]).expect("an item").attempt;
        assert_eq!(queue.cancel(ids[0]), None, "nothing is there yet");
        let late = queue.happened(ids[0], attempt, Event::Parts(upload(6 * MIB, &[])), 0, 0.0);
        assert_eq!(late.map(|command| command.act), Some(Act::Abort { upload: "u1".into() }));
        assert_eq!(state(&queue, ids[0]), State::Cancelled);
        assert_eq!(acts(queue.start()), [(1, Act::Begin)]);
        queue.retry(ids[0]);
        assert_eq!(state(&queue, ids[0]), State::Queued);
        queue.cancel(ids[0]);
        queue.clear();
        assert_eq!(queue.items().len(), 1);
    }

    fn what_fails_is_said_and_can_be_tried_again() {
        let (mut queue, ids) = queue(&[("a", 1)]);
        queue.start();
        let full = ApiError::new(ErrorCode::QuotaExceeded, "Your space is full.");
        assert_eq!(tell(&mut queue, ids[0], Event::Refused(full.clone())), None);
        assert_eq!(state(&queue, ids[0]), State::Failed(full));
        assert_eq!(queue.totals().failed, 1);
        queue.retry(ids[0]);
        assert_eq!(acts(queue.start()), [(0, Act::Store)]);
    }

    fn nothing_is_tried_for_ever() {
        let (mut queue, ids) = queue(&[("a", 1)]);
        queue.start();
        let mut tries = 0;
        while tell(&mut queue, ids[0], Event::Cut).is_some() {
            tell(&mut queue, ids[0], Event::Waited);
            tries += 1;
        }
        assert_eq!(tries, MOST_FAILURES);
        assert!(matches!(state(&queue, ids[0]), State::Failed(_)));
    }

    fn what_is_in_the_way_for_a_moment_is_no_taken_name() {
        let (mut queue, ids) = queue(&[("big", 11 * MIB), ("small", 1)]);
        queue.start();
        tell(&mut queue, ids[0], Event::Parts(upload(11 * MIB, &[0])));
        assert_eq!(tell(&mut queue, ids[0], conflict()), Some(Act::Wait { ms: 500 }));
        assert_eq!(tell(&mut queue, ids[0], Event::Waited), Some(Act::Status { upload: "u1".into() }));
        assert_eq!(tell(&mut queue, ids[1], conflict()), Some(Act::Wait { ms: 500 }));
        assert_eq!(tell(&mut queue, ids[1], Event::Waited), Some(Act::Store));
        assert!(queue.asking().is_none());
    }

    fn answers_that_bring_no_part_are_not_asked_for_for_ever() {
        let refusals = [Event::Cut, conflict(), Event::Refused(ApiError::not_found("upload"))];
        for refusal in refusals {
            let (mut queue, ids) = queue(&[("big", 11 * MIB)]);
            patience(&mut queue, ids[0], |act| match act {
                Act::Part { number: 1, .. } => refusal.clone(),
                Act::Begin => Event::Parts(upload(11 * MIB, &[])),
                _ => Event::Parts(upload(11 * MIB, &[0])),
            });
            assert!(matches!(state(&queue, ids[0]), State::Failed(_)), "{refusal:?}");
        }
        let (mut queue, ids) = queue(&[("big", 11 * MIB)]);
        patience(&mut queue, ids[0], |_| Event::Parts(upload(11 * MIB, &[])));
        assert!(matches!(state(&queue, ids[0]), State::Failed(_)), "a part that never is there");
    }

    fn what_was_stored_although_it_was_called_off_is_done() {
        for retried in [false, true] {
            let (mut queue, ids) = queue(&[("big", 6 * MIB)]);
            queue.start();
            tell(&mut queue, ids[0], Event::Parts(upload(6 * MIB, &[])));
            tell(&mut queue, ids[0], Event::Parts(upload(6 * MIB, &[0])));
            tell(&mut queue, ids[0], Event::Parts(upload(6 * MIB, &[0, 1])));
            let attempt = queue.get(ids[0]).expect("an item").attempt;
            assert!(queue.is_wanted(ids[0], attempt));
            queue.cancel(ids[0]);
            assert!(!queue.is_wanted(ids[0], attempt));
            if retried {
                queue.retry(ids[0]);
                queue.start();
            }
            queue.happened(ids[0], attempt, stored("big", 6 * MIB), 0, 0.0);
            assert_eq!(state(&queue, ids[0]), State::Done);
            assert_eq!((queue.totals().done, queue.totals().open), (1, 0));
            assert!(queue.start().is_empty());
        }
    }

    fn an_upload_of_a_file_that_is_not_listed_any_more_is_forgotten() {
        let (mut queue, ids) = queue(&[("big", 6 * MIB)]);
        let begun = queue.start().remove(0);
        queue.cancel(ids[0]);
        queue.clear();
        let late = queue.happened(ids[0], begun.attempt, Event::Parts(upload(6 * MIB, &[])), 0, 0.0);
        assert_eq!(late.map(|command| command.act), Some(Act::Abort { upload: "u1".into() }));
    }

    fn the_tally_is_what_counting_gives() {
        let (mut queue, ids) = queue(&[("a", 1), ("b", 6 * MIB), ("c", 1), ("d", 1), ("e", 1), ("f", 6 * MIB)]);
        let check = |queue: &Queue| {
            let mut counted = Tally::default();
            queue.items().iter().for_each(|item| counted.add(item));
            assert_eq!(queue.tally, counted);
        };
        queue.start();
        tell(&mut queue, ids[0], taken());
        tell(&mut queue, ids[1], Event::Parts(upload(6 * MIB, &[0])));
        tell(&mut queue, ids[1], Event::Progress(7));
        tell(&mut queue, ids[2], Event::Cut);
        check(&queue);
        queue.start();
        queue.hurry();
        queue.cancel(ids[3]);
        tell(&mut queue, ids[4], stored("e", 1));
        check(&queue);
        queue.answer(ids[0], Answer::Replace, true);
        queue.retry(ids[3]);
        assert_eq!(queue.start().len(), 2, "also those before what was last begun");
        check(&queue);
        queue.clear();
        check(&queue);
    }

    fn speed_is_that_of_the_last_seconds() {
        let mut meter = Meter::default();
        for tick in 0..100 {
            meter.add(100_000, tick * 100);
        }
        assert!((900_000..1_100_000).contains(&meter.speed(9_900)), "{}", meter.speed(9_900));
        assert_eq!(meter.speed(60_000), 0);
        assert_eq!(Meter::default().speed(5), 0);
    }
}
