//! From what the server says of a session to what its card shows.

use std::collections::VecDeque;

use super::sparkline::paths;
use super::{Meter, Shown};
use crate::files::says::size;
use crate::model::usage::{Sample, SessionUsage};
use crate::time;

/// What is shown of `usage`, with `samples` as the way there, the newest last.
pub fn shown(usage: &SessionUsage, samples: &VecDeque<Sample>) -> Shown {
    let mut meters = vec![cpu(usage, samples), memory(usage, samples)];
    meters.extend(disk(usage, samples));
    Shown {
        activity: usage.activity,
        meters,
        sleeps_at: usage.sleeps_at.as_deref().and_then(time::parse).map(|(seconds, _)| seconds),
    }
}

fn meter(name: &'static str, text: String, of: String, samples: Vec<u64>, limit: u64) -> Meter {
    let (line, area) = paths(&samples, limit);
    Meter { name, label: format!("{name}: {text} of {of}"), text, line, area }
}

fn cpu(usage: &SessionUsage, samples: &VecDeque<Sample>) -> Meter {
    let limit = u64::from(usage.cpu_limit_millis);
    let percent = percent(u64::from(usage.now.cpu_millis), limit);
    let values = samples.iter().map(|sample| u64::from(sample.cpu_millis)).collect();
    meter("CPU", format!("{percent}\u{a0}%"), cpus(usage.cpu_limit_millis), values, limit)
}

fn memory(usage: &SessionUsage, samples: &VecDeque<Sample>) -> Meter {
    let values = samples.iter().map(|sample| sample.memory_bytes).collect();
    let limit = usage.memory_limit_bytes;
    meter("Memory", size(usage.now.memory_bytes), size(limit), values, limit)
}

fn disk(usage: &SessionUsage, samples: &VecDeque<Sample>) -> Option<Meter> {
    let now = usage.now.disk_bytes?;
    let values = samples.iter().filter_map(|sample| sample.disk_bytes).collect();
    let limit = usage.disk_limit_bytes;
    Some(meter("Disk", size(now), size(limit), values, limit))
}

fn percent(part: u64, whole: u64) -> u64 {
    (part * 100 + whole / 2).checked_div(whole).unwrap_or(0)
}

/// Thousandths of a CPU, as people say it.
pub fn cpus(millis: u32) -> String {
    let (whole, rest) = (millis / 1_000, millis % 1_000);
    let number =
        if rest == 0 { whole.to_string() } else { format!("{whole}.{:03}", rest).trim_end_matches('0').into() };
    let unit = if millis > 1_000 { "CPUs" } else { "CPU" };
    format!("{number}\u{a0}{unit}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::usage::Activity;
    use crate::terminal::test_everywhere;

    fn usage() -> SessionUsage {
        SessionUsage {
            id: "aaaaaaaaaaaa".parse().expect("session id"),
            now: Sample { cpu_millis: 310, memory_bytes: 512 * 1024 * 1024, disk_bytes: None },
            cpu_limit_millis: 1_000,
            memory_limit_bytes: 3 << 30,
            disk_limit_bytes: 4 << 30,
            activity: Activity::Working,
            terminals: 1,
            clients: 0,
            sleeps_at: Some("1970-01-01T00:10:00Z".into()),
        }
    }

    test_everywhere! {
        fn numbers_are_said_with_what_they_are_of() {
            let shown = shown(&usage(), &VecDeque::from([usage().now]));
            let texts: Vec<_> = shown.meters.iter().map(|meter| (meter.text.as_str(), meter.label.as_str())).collect();
            assert_eq!(texts.first(), Some(&("31\u{a0}%", "CPU: 31\u{a0}% of 1\u{a0}CPU")));
            assert_eq!(texts.len(), 2, "nobody counts the disk");
            assert!(texts.get(1).is_some_and(|(_, label)| label.starts_with("Memory: ") && label.contains(" of ")));
            assert_eq!((shown.activity, shown.sleeps_at), (Activity::Working, Some(600)));
        }

        fn the_disk_is_shown_where_it_is_counted() {
            let mut usage = usage();
            usage.now.disk_bytes = Some(1 << 30);
            let shown = shown(&usage, &VecDeque::new());
            assert_eq!(shown.meters.last().map(|meter| meter.name), Some("Disk"));
            assert!(shown.meters.iter().all(|meter| meter.line.is_empty()), "without samples there is no line");
        }

        fn parts_of_cpus_are_said_without_noughts_at_the_end() {
            for (millis, said) in [(250, "0.25 CPU"), (1_000, "1 CPU"), (1_500, "1.5 CPUs"), (6_000, "6 CPUs")] {
                assert_eq!(cpus(millis).replace('\u{a0}', " "), said);
            }
            assert_eq!((percent(5, 0), percent(2, 3), percent(3, 2)), (0, 67, 150));
        }
    }
}
