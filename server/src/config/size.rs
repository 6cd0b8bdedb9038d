//! Sizes in bytes as people write them.

/// Units, longest first where one ends with another.
const UNITS: [(&str, u64); 9] = [
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
    ("TiB", 1 << 40),
    ("kB", 1_000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
    ("TB", 1_000_000_000_000),
    ("B", 1),
];

/// Bytes in text such as `3GiB`, `4 GB` or `1048576`.
pub(super) fn parse(text: &str) -> Result<u64, String> {
    let text = text.trim();
    let (digits, unit) =
        UNITS.iter().find_map(|(name, unit)| Some((text.strip_suffix(name)?, *unit))).unwrap_or((text, 1));
    let digits = digits.trim_end();
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number
        .then(|| digits.parse::<u64>().ok()?.checked_mul(unit))
        .flatten()
        .ok_or_else(|| "expected a size such as 512MiB, 3GiB or 4GB".to_owned())
}

/// `bytes` in the largest unit that leaves no remainder.
pub(super) fn print(bytes: u64) -> String {
    UNITS
        .iter()
        .filter(|(_, unit)| bytes > 0 && bytes.is_multiple_of(*unit))
        .max_by_key(|(_, unit)| *unit)
        .map_or_else(|| format!("{bytes}B"), |(name, unit)| format!("{}{name}", bytes / unit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_as_people_write_them() {
        for (text, bytes) in [("0", 0), ("4096", 4096), ("3GiB", 3 << 30), (" 4 GB ", 4_000_000_000), ("7B", 7)] {
            assert_eq!(parse(text), Ok(bytes), "{text}");
        }
        for wrong in ["", "GiB", "-1", "1.5GiB", "3gib", "3 Gi", "99999999999TiB", "+1"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
        assert_eq!(print(3 << 30), "3GiB");
        assert_eq!(print(4_000_000_000), "4GB");
    }
}
