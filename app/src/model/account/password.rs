//! What a password must be. Length is what counts (NIST SP 800-63B §5.1.1.2); there are no rules on kinds of
//! characters, and no limit that a sentence would meet.

/// The fewest characters.
pub const MIN_PASSWORD: usize = 12;
/// The most bytes, so that nobody has a megabyte hashed.
pub const MAX_PASSWORD: usize = 1024;
/// The fewest different characters: `aaaaaaaaaaaa` is twelve characters and no password.
const MIN_DIFFERENT: usize = 5;

/// Whether `password` may be used; else why not.
///
/// # Errors
/// What is wrong with it, in words for the person who chose it.
pub fn check_password(password: &str) -> Result<(), &'static str> {
    if password.len() > MAX_PASSWORD {
        return Err("at most 1,024 bytes");
    }
    if password.chars().count() < MIN_PASSWORD {
        return Err("at least 12 characters; a few words that only you would put together are good");
    }
    let mut different: Vec<char> = password.chars().collect();
    different.sort_unstable();
    different.dedup();
    if different.len() < MIN_DIFFERENT {
        return Err("too much alike; at least 5 different characters");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn length_counts_and_sameness_does_not() {
        assert_eq!(check_password("correct horse battery"), Ok(()));
        assert_eq!(check_password("日本語で書いた長い合言葉"), Ok(()));
        assert_eq!(check_password(&"ab1-x".repeat(200)), Ok(()));
        for bad in ["", "short", "eleven char", "aaaaaaaaaaaaaaaa", "abababababab", &"abcdef".repeat(200)] {
            assert!(check_password(bad).is_err(), "{bad}");
        }
    }
}
